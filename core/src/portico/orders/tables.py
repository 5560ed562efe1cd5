"""Tables of orders, payments and refunds."""

import sqlalchemy as sa

from portico.db.columns import choice, moment, number, ref, store_table
from portico.db.schema import metadata
from portico.orders.models import DisputeState, OrderKind, OrderState, PaymentState, RefundState
from portico.stores.models import Mode

orders = store_table(
    "orders",
    number("orders"),
    sa.Column("customer_id", sa.Text, nullable=False),
    choice("kind", OrderKind),
    choice("mode", Mode),
    choice("state", OrderState),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("refunded", sa.BigInteger, nullable=False),
    sa.Column("provider", sa.Text),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("subscription_id", sa.Text),
    moment("created_at"),
    moment("paid_at", nullable=True),
    ref("customer_id", "customers"),
    ref("subscription_id", "subscriptions"),
    sa.Index("ix_orders_customer", "store_id", "customer_id", "created_at"),
    sa.Index("ix_orders_mode", "store_id", "mode", "created_at", "id"),
    sa.Index("ix_orders_state", "store_id", "mode", "state", "created_at", "id"),
    sa.Index("ix_orders_subscription", "store_id", "subscription_id"),
    # With what the figures add up, so that they are read from the index alone.
    sa.Index("ix_orders_paid", "store_id", "mode", "paid_at", "currency", "total", "refunded"),
)

order_items = store_table(
    "order_items",
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("product_id", sa.Text, nullable=False),
    sa.Column("price_id", sa.Text),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("unit_amount", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    ref("order_id", "orders"),
    ref("product_id", "products"),
    ref("price_id", "prices"),
    sa.Index("ix_order_items_order", "store_id", "order_id"),
    sa.Index("ix_order_items_product", "store_id", "product_id", "order_id"),
)

# Which orders have a product, with what lists of them are narrowed by: written with each change of
# an order's state (`portico.orders.listed`), since no index spans an order and its lines.
product_orders = sa.Table(
    "product_orders",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("order_id", sa.Text, primary_key=True),
    sa.Column("product_id", sa.Text, primary_key=True),
    choice("kind", OrderKind),
    choice("mode", Mode),
    choice("state", OrderState),
    moment("created_at"),
    ref("order_id", "orders"),
    ref("product_id", "products"),
    sa.Index(
        "ix_product_orders_product", "store_id", "product_id", "mode", "created_at", "order_id"
    ),
    sa.Index(
        "ix_product_orders_state",
        "store_id", "product_id", "mode", "state", "created_at", "order_id", "kind",
    ),
)  # fmt: skip


# How often a product was sold, kept with each change of an order's state: a product's orders are
# too many to be counted for a list.
product_sales = sa.Table(
    "product_sales",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("product_id", sa.Text, primary_key=True),
    sa.Column("mode", choice("mode", Mode).type, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    ref("product_id", "products"),
)


def _attempt(name: str, state: sa.Column[object], *parts: sa.schema.SchemaItem) -> sa.Table:
    """What an attempt to pay and an attempt to pay back have in common."""
    return store_table(
        name,
        sa.Column("order_id", sa.Text, nullable=False),
        choice("mode", Mode),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("provider_ref", sa.Text),
        state,
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("idempotency_key", sa.Text, nullable=False),
        moment("created_at"),
        moment("updated_at"),
        ref("order_id", "orders"),
        sa.UniqueConstraint("store_id", "provider", "provider_ref"),
        sa.UniqueConstraint("store_id", "idempotency_key"),
        sa.Index(f"ix_{name}_order", "store_id", "order_id"),
        *parts,
    )


payments = _attempt(
    "payments",
    choice("state", PaymentState),
    sa.Column("payment_method_id", sa.Text),
    sa.Column("failure_message", sa.Text),
    ref("payment_method_id", "payment_methods"),
    sa.Index("ix_payments_method", "store_id", "payment_method_id"),
)

refunds = _attempt(
    "refunds",
    choice("state", RefundState),
    sa.Column("payment_id", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    ref("payment_id", "payments"),
)

disputes = store_table(
    "disputes",
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("payment_id", sa.Text, nullable=False),
    choice("mode", Mode),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("provider_ref", sa.Text, nullable=False),
    choice("state", DisputeState),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("reason", sa.Text),
    moment("due_by", nullable=True),
    moment("opened_at"),
    moment("updated_at"),
    ref("order_id", "orders"),
    ref("payment_id", "payments"),
    sa.UniqueConstraint("store_id", "provider", "provider_ref"),
    sa.Index("ix_disputes_order", "store_id", "order_id"),
)
