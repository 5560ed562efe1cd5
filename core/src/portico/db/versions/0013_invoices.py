"""Invoices of payment providers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portico.db import UTCDateTime

revision: str = "0013"
down_revision: str | Sequence[str] | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "invoices",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("subscription_id", sa.Text(), nullable=True),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("amount_due", sa.BigInteger(), nullable=False),
        sa.Column("hosted_url", sa.Text(), nullable=True),
        sa.Column("issued_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("paid_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "customer_id"],
            ["customers.store_id", "customers.id"],
            name=op.f("fk_invoices_store_id_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["orders.store_id", "orders.id"],
            name=op.f("fk_invoices_store_id_order_id_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "subscription_id"],
            ["subscriptions.store_id", "subscriptions.id"],
            name=op.f("fk_invoices_store_id_subscription_id_subscriptions"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_invoices_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_invoices")),
        sa.UniqueConstraint(
            "store_id",
            "provider",
            "provider_ref",
            name=op.f("uq_invoices_store_id_provider_provider_ref"),
        ),
    )
    op.create_index("ix_invoices_customer", "invoices", ["store_id", "customer_id", "issued_at"])
    op.create_index("ix_invoices_order", "invoices", ["store_id", "order_id"])


def downgrade() -> None:
    op.drop_index("ix_invoices_order", table_name="invoices")
    op.drop_index("ix_invoices_customer", table_name="invoices")

    op.drop_table("invoices")
