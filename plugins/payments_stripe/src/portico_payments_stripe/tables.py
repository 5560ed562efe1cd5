"""The plugin's own tables."""

from datetime import datetime

import sqlalchemy as sa
from portico.api import UTCDateTime

metadata = sa.MetaData()


def table(name: str, *parts: sa.schema.SchemaItem, key: tuple[str, ...] = ("id",)) -> sa.Table:
    return sa.Table(
        f"payments_stripe_{name}",
        metadata,
        sa.Column("store_id", sa.Text, nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("store_id", *key),
    )


def text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UTCDateTime, nullable=nullable)


accounts = table(
    "accounts",
    text("mode"),
    text("id"),
    text("name"),
    text("webhook_id", nullable=True),
    text("webhook_url", nullable=True),
    text("event_cursor", nullable=True),
    moment("last_event_at", nullable=True),
    moment("reconciled_at", nullable=True),
    moment("failing_since", nullable=True),
    text("problem", nullable=True),
    moment("updated_at"),
    key=("mode",),
)
customers = table(
    "customers",
    text("mode"),
    text("id"),
    text("customer_id"),
    moment("created_at"),
    sa.Index("ix_payments_stripe_customers_customer", "store_id", "customer_id"),
)
prices = table(
    "prices",
    text("mode"),
    text("id"),
    text("product"),
    text("price_id"),
    text("product_id"),
    text("tax_behavior"),
    sa.Column("ours", sa.Boolean, nullable=False),
    moment("created_at"),
    sa.Index("ix_payments_stripe_prices_price", "store_id", "price_id"),
    sa.Index("ix_payments_stripe_prices_product", "store_id", "product_id"),
)
payment_refs = table(
    "payment_refs",
    text("id"),
    text("payment_ref"),
)
method_updates = table(
    "method_updates",
    text("id"),
    text("mode"),
    text("customer"),
    text("default_before", nullable=True),
    moment("created_at"),
)
events = table(
    "events",
    text("id"),
    moment("seen_at"),
    sa.Index("ix_payments_stripe_events_seen", "seen_at"),
)
disputes = table(
    "disputes",
    text("id"),
    text("mode"),
    text("payment_ref", nullable=True),
    number("amount"),
    text("currency"),
    text("reason"),
    text("status"),
    moment("due_by", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    sa.Index("ix_payments_stripe_disputes_store", "store_id", "mode", "created_at"),
)
syncs = table(
    "syncs",
    text("id"),
    text("mode"),
    text("state"),
    text("phase"),
    text("cursor", nullable=True),
    moment("since", nullable=True),
    number("seen"),
    number("repaired"),
    text("problem", nullable=True),
    moment("started_at"),
    moment("updated_at"),
    moment("finished_at", nullable=True),
    sa.Index("ix_payments_stripe_syncs_store", "store_id", "mode", "id"),
)
