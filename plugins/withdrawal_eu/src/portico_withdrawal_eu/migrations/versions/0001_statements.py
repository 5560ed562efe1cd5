"""The table of statements."""

import sqlalchemy as sa
from alembic import op
from portico.api import UTCDateTime

revision = "withdrawal_eu_0001"
down_revision = None
branch_labels = None
depends_on = None

TABLE = "withdrawal_eu_statements"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("store_id", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("order_number", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("customer_id", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("submitted_at", UTCDateTime, nullable=False),
        sa.Column("period_ends_at", UTCDateTime),
        sa.Column("handled_at", UTCDateTime),
        sa.Column("handled_by", sa.Text),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index(f"ix_{TABLE}_open", TABLE, ["store_id", "handled_at", "id"])
    op.create_index(f"ix_{TABLE}_order", TABLE, ["store_id", "order_id"])
    op.create_index(f"ix_{TABLE}_customer", TABLE, ["store_id", "customer_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
