"""The plugin's own tables."""

from datetime import datetime

import sqlalchemy as sa
from portico.api import UTCDateTime

metadata = sa.MetaData()


def _table(name: str, *parts: sa.schema.SchemaItem, key: tuple[str, ...] = ("id",)) -> sa.Table:
    return sa.Table(
        f"payments_stripe_{name}",
        metadata,
        sa.Column("store_id", sa.Text, nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("store_id", *key),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UTCDateTime, nullable=nullable)


accounts = _table(
    "accounts",
    _text("mode"),
    _text("id"),
    _text("name"),
    _text("webhook_id", nullable=True),
    _text("webhook_url", nullable=True),
    _text("event_cursor", nullable=True),
    _moment("last_event_at", nullable=True),
    _moment("reconciled_at", nullable=True),
    _moment("failing_since", nullable=True),
    _text("problem", nullable=True),
    _moment("updated_at"),
    key=("mode",),
)
customers = _table(
    "customers",
    _text("mode"),
    _text("id"),
    _text("customer_id"),
    _moment("created_at"),
    sa.Index("ix_payments_stripe_customers_customer", "store_id", "customer_id"),
)
prices = _table(
    "prices",
    _text("mode"),
    _text("id"),
    _text("product"),
    _text("price_id"),
    _text("product_id"),
    _text("tax_behavior"),
    sa.Column("ours", sa.Boolean, nullable=False),
    _moment("created_at"),
    sa.Index("ix_payments_stripe_prices_price", "store_id", "price_id"),
    sa.Index("ix_payments_stripe_prices_product", "store_id", "product_id"),
)
payment_refs = _table(
    "payment_refs",
    _text("id"),
    _text("payment_ref"),
)
method_updates = _table(
    "method_updates",
    _text("id"),
    _text("mode"),
    _text("customer"),
    _text("default_before", nullable=True),
    _moment("created_at"),
)
events = _table(
    "events",
    _text("id"),
    _moment("seen_at"),
    sa.Index("ix_payments_stripe_events_seen", "seen_at"),
)
disputes = _table(
    "disputes",
    _text("id"),
    _text("mode"),
    _text("payment_ref", nullable=True),
    _number("amount"),
    _text("currency"),
    _text("reason"),
    _text("status"),
    _moment("due_by", nullable=True),
    _moment("created_at"),
    _moment("updated_at"),
    sa.Index("ix_payments_stripe_disputes_store", "store_id", "mode", "created_at"),
)
syncs = _table(
    "syncs",
    _text("id"),
    _text("mode"),
    _text("state"),
    _text("phase"),
    _text("cursor", nullable=True),
    _moment("since", nullable=True),
    _number("seen"),
    _number("repaired"),
    _text("problem", nullable=True),
    _moment("started_at"),
    _moment("updated_at"),
    _moment("finished_at", nullable=True),
    sa.Index("ix_payments_stripe_syncs_store", "store_id", "mode", "id"),
)
