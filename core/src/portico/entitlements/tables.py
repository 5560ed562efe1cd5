"""The table of manual grants. Everything else about access is derived."""

import sqlalchemy as sa

from portico.db.columns import choice, moment, ref, store_table
from portico.entitlements.models import Effect

grants = store_table(
    "grants",
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("product_id", sa.Text, nullable=False),
    choice("effect", Effect),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("granted_by", sa.Text, nullable=False),
    moment("created_at"),
    moment("ends_at", nullable=True),
    moment("revoked_at", nullable=True),
    ref("customer_id", "customers"),
    ref("product_id", "products"),
    sa.Index("ix_grants_customer", "store_id", "customer_id"),
    sa.Index("ix_grants_product", "store_id", "product_id"),
)
