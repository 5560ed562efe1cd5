"""What the plugin keeps of what Stripe said."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "payments_stripe_accounts",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=True),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column("event_cursor", sa.Text(), nullable=True),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "mode"),
    )
    op.create_table(
        "payments_stripe_customers",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id"),
    )
    with op.batch_alter_table("payments_stripe_customers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_stripe_customers_customer", ["store_id", "customer_id"], unique=False
        )

    op.create_table(
        "payments_stripe_disputes",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("due_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id"),
    )
    with op.batch_alter_table("payments_stripe_disputes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_stripe_disputes_store", ["store_id", "mode", "created_at"], unique=False
        )

    op.create_table(
        "payments_stripe_events",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id"),
    )
    with op.batch_alter_table("payments_stripe_events", schema=None) as batch_op:
        batch_op.create_index("ix_payments_stripe_events_seen", ["seen_at"], unique=False)

    op.create_table(
        "payments_stripe_method_updates",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("default_before", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id"),
    )
    op.create_table(
        "payments_stripe_payment_refs",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("payment_ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id"),
    )
    op.create_table(
        "payments_stripe_prices",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("price_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("tax_behavior", sa.Text(), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "id"),
    )
    with op.batch_alter_table("payments_stripe_prices", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_stripe_prices_price", ["store_id", "price_id"], unique=False
        )
        batch_op.create_index(
            "ix_payments_stripe_prices_product", ["store_id", "product_id"], unique=False
        )

    op.create_table(
        "payments_stripe_syncs",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("repaired", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("store_id", "id"),
    )
    with op.batch_alter_table("payments_stripe_syncs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_stripe_syncs_store", ["store_id", "mode", "id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("payments_stripe_syncs")
    op.drop_table("payments_stripe_prices")
    op.drop_table("payments_stripe_payment_refs")
    op.drop_table("payments_stripe_method_updates")
    op.drop_table("payments_stripe_events")
    op.drop_table("payments_stripe_disputes")
    op.drop_table("payments_stripe_customers")
    op.drop_table("payments_stripe_accounts")
