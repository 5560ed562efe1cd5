"""Tables of customers."""

import sqlalchemy as sa

from portico.db.columns import json, moment, number, ref, store_table
from portico.db.schema import metadata

customers = store_table(
    "customers",
    number("customers"),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("locale", sa.Text),
    json("billing"),
    moment("created_at"),
    moment("last_seen_at", nullable=True),
    sa.UniqueConstraint("store_id", "email"),
    # What PostgreSQL finds the beginning of an address by, whatever its collation.
    sa.Index(
        "ix_customers_email_start", "store_id", "email",
        postgresql_ops={"email": "text_pattern_ops"},
    ),
)  # fmt: skip

provider_customers = sa.Table(
    "provider_customers",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("provider_ref", sa.Text, primary_key=True),
    sa.Column("customer_id", sa.Text, nullable=False),
    ref("customer_id", "customers"),
    sa.Index("ix_provider_customers_customer", "store_id", "customer_id"),
)

email_changes = store_table(
    "email_changes",
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("new_email", sa.Text, nullable=False),
    sa.Column("token_hash", sa.Text, unique=True),
    moment("created_at"),
    moment("expires_at"),
    moment("confirmed_at", nullable=True),
    ref("customer_id", "customers"),
)
