"""Changes, discounts, pauses."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from portico.api import UTCDateTime

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "payments_sandbox_changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("payments_sandbox_checkouts", sa.Column("price", sa.Text(), nullable=True))

    op.add_column(
        "payments_sandbox_payments",
        sa.Column("is_change", sa.Boolean(), server_default=sa.false(), nullable=False),
    )

    op.add_column("payments_sandbox_subscriptions", sa.Column("price", sa.Text(), nullable=True))
    op.add_column(
        "payments_sandbox_subscriptions",
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "payments_sandbox_subscriptions",
        sa.Column("percent_off", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.add_column(
        "payments_sandbox_subscriptions",
        sa.Column("discount_ends_at", UTCDateTime(), nullable=True),
    )
    op.add_column(
        "payments_sandbox_subscriptions",
        sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "payments_sandbox_subscriptions", sa.Column("resumes_at", UTCDateTime(), nullable=True)
    )
    op.add_column(
        "payments_sandbox_subscriptions",
        sa.Column("scheduled", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("payments_sandbox_subscriptions", "scheduled")
    op.drop_column("payments_sandbox_subscriptions", "resumes_at")
    op.drop_column("payments_sandbox_subscriptions", "paused")
    op.drop_column("payments_sandbox_subscriptions", "discount_ends_at")
    op.drop_column("payments_sandbox_subscriptions", "percent_off")
    op.drop_column("payments_sandbox_subscriptions", "balance")
    op.drop_column("payments_sandbox_subscriptions", "price")

    op.drop_column("payments_sandbox_payments", "is_change")

    op.drop_column("payments_sandbox_checkouts", "price")

    op.drop_table("payments_sandbox_changes")
