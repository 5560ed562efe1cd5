"""Indexes of the figures on a store's home."""

from collections.abc import Sequence

from alembic import op

revision: str = '0005'
down_revision: str | Sequence[str] | None = '0004'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ADDED = (
    ('ix_orders_paid', 'orders',
     ['store_id', 'mode', 'paid_at', 'currency', 'total', 'refunded']),
    ('ix_subscriptions_ended', 'subscriptions', ['store_id', 'mode', 'ended_at']),
    ('ix_audit_log_action', 'audit_log', ['store_id', 'action', 'created_at']),
)
"""Name, table, columns."""


def upgrade() -> None:
    for name, table, columns in ADDED:
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    for name, table, _ in reversed(ADDED):
        op.drop_index(name, table)
