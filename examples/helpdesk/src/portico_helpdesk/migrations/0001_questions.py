"""The table of questions."""

import sqlalchemy as sa
from alembic import op
from portico.api import UTCDateTime

revision = "helpdesk_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "helpdesk_questions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("store_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("asked_at", UTCDateTime, nullable=False),
        sa.Column("closed_at", UTCDateTime),
    )
    op.create_index(
        "ix_helpdesk_questions_customer", "helpdesk_questions", ["store_id", "customer_id"]
    )


def downgrade() -> None:
    op.drop_table("helpdesk_questions")
