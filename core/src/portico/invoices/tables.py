"""The table of invoices."""

import sqlalchemy as sa

from portico.db.columns import choice, moment, ref, store_table
from portico.invoices.models import InvoiceState
from portico.stores.models import Mode

invoices = store_table(
    "invoices",
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text),
    sa.Column("subscription_id", sa.Text),
    choice("mode", Mode),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("provider_ref", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    choice("state", InvoiceState),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("amount_due", sa.BigInteger, nullable=False),
    sa.Column("hosted_url", sa.Text),
    moment("issued_at"),
    moment("due_at", nullable=True),
    moment("paid_at", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    ref("customer_id", "customers"),
    ref("order_id", "orders"),
    ref("subscription_id", "subscriptions"),
    sa.UniqueConstraint("store_id", "provider", "provider_ref"),
    sa.Index("ix_invoices_customer", "store_id", "customer_id", "issued_at"),
    sa.Index("ix_invoices_order", "store_id", "order_id"),
)
