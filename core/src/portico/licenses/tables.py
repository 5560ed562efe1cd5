"""The table of license keys."""

import sqlalchemy as sa

from portico.db.columns import choice, json, moment, number, ref, store_table
from portico.licenses.models import LicenseState
from portico.stores.models import Mode

licenses = store_table(
    "licenses",
    number("licenses"),
    sa.Column("grant_key", sa.Text, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("product_id", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text),
    sa.Column("order_item_id", sa.Text),
    choice("mode", Mode),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("key", sa.Text),
    choice("state", LicenseState),
    json("data"),
    moment("expires_at", nullable=True),
    sa.Column("replaced_by", sa.Text),
    moment("created_at"),
    ref("customer_id", "customers"),
    ref("product_id", "products"),
    ref("order_id", "orders"),
    ref("order_item_id", "order_items"),
    ref("replaced_by", "licenses"),
    sa.UniqueConstraint("store_id", "grant_key"),
    sa.UniqueConstraint("store_id", "key"),
    sa.Index("ix_licenses_customer", "store_id", "customer_id"),
    sa.Index("ix_licenses_order", "store_id", "order_id"),
    sa.Index("ix_licenses_issuer", "store_id", "issuer"),
)
