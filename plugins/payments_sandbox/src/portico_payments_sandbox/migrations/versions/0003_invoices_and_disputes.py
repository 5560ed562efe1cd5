"""What customers want on invoices; payments that banks take back."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from portico.api import JSONType, UTCDateTime

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "payments_sandbox_customers",
        sa.Column("billing", JSONType(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_table(
        "payments_sandbox_disputes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("due_by", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_payments_sandbox_disputes_payment",
        "payments_sandbox_disputes",
        ["store_id", "payment"],
    )


def downgrade() -> None:
    op.drop_index("ix_payments_sandbox_disputes_payment", table_name="payments_sandbox_disputes")
    op.drop_table("payments_sandbox_disputes")
    op.drop_column("payments_sandbox_customers", "billing")
