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
    sa.Index("ix_licenses_mode", "store_id", "mode", "created_at", "id"),
    sa.Index("ix_licenses_state", "store_id", "mode", "state", "created_at", "id"),
    sa.Index("ix_licenses_product", "store_id", "product_id", "mode", "created_at", "id"),
)

KEY_END = sa.func.upper(
    sa.func.substr(licenses.c.key, sa.func.length(licenses.c.key) - sa.literal_column("3"))
)
"""The last four characters, by which people look for a key; the index is on this expression."""
sa.Index("ix_licenses_key_end", licenses.c.store_id, KEY_END)
