"""The tables of customers, cards, checkouts, subscriptions, payments, refunds and events."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "payments_sandbox_checkouts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("cancel_url", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=True),
        sa.Column("interval_count", sa.BigInteger(), nullable=False),
        sa.Column("trial_days", sa.BigInteger(), nullable=False),
        sa.Column("period_amount", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("store_id", "idempotency_key", name="uq_payments_sandbox_checkouts"),
    )
    op.create_table(
        "payments_sandbox_customers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("store_id", "customer_id", name="uq_payments_sandbox_customers"),
    )
    op.create_table(
        "payments_sandbox_events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("payments_sandbox_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_sandbox_events_store", ["store_id", "created_at"], unique=False
        )

    op.create_table(
        "payments_sandbox_methods",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("exp_month", sa.BigInteger(), nullable=False),
        sa.Column("exp_year", sa.BigInteger(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("payments_sandbox_methods", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_sandbox_methods_customer", ["store_id", "customer"], unique=False
        )

    op.create_table(
        "payments_sandbox_payments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("subscription", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("payments_sandbox_payments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_sandbox_payments_subscription", ["store_id", "subscription"], unique=False
        )

    op.create_table(
        "payments_sandbox_refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("store_id", "idempotency_key", name="uq_payments_sandbox_refunds"),
    )
    with op.batch_alter_table("payments_sandbox_refunds", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_sandbox_refunds_payment", ["store_id", "payment"], unique=False
        )

    op.create_table(
        "payments_sandbox_subscriptions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("checkout", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("interval_count", sa.BigInteger(), nullable=False),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("periods", sa.BigInteger(), nullable=False),
        sa.Column("current_period_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current_period_end", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trial_end", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("open_payment", sa.Text(), nullable=True),
        sa.Column("fail_next", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("store_id", "checkout", name="uq_payments_sandbox_subscriptions"),
    )
    with op.batch_alter_table("payments_sandbox_subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payments_sandbox_subscriptions_customer", ["store_id", "customer"], unique=False
        )
        batch_op.create_index(
            "ix_payments_sandbox_subscriptions_due", ["store_id", "next_attempt_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("payments_sandbox_subscriptions", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_sandbox_subscriptions_due")
        batch_op.drop_index("ix_payments_sandbox_subscriptions_customer")

    op.drop_table("payments_sandbox_subscriptions")
    with op.batch_alter_table("payments_sandbox_refunds", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_sandbox_refunds_payment")

    op.drop_table("payments_sandbox_refunds")
    with op.batch_alter_table("payments_sandbox_payments", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_sandbox_payments_subscription")

    op.drop_table("payments_sandbox_payments")
    with op.batch_alter_table("payments_sandbox_methods", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_sandbox_methods_customer")

    op.drop_table("payments_sandbox_methods")
    with op.batch_alter_table("payments_sandbox_events", schema=None) as batch_op:
        batch_op.drop_index("ix_payments_sandbox_events_store")

    op.drop_table("payments_sandbox_events")
    op.drop_table("payments_sandbox_customers")
    op.drop_table("payments_sandbox_checkouts")
