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
    moment("signed_in_at", nullable=True),
    sa.Column("merged_into", sa.Text),
    moment("erased_at", nullable=True),
    ref("merged_into", "customers"),
    sa.UniqueConstraint("store_id", "email"),
    # What PostgreSQL finds the beginning of an address by, whatever its collation.
    sa.Index(
        "ix_customers_email_start", "store_id", "email",
        postgresql_ops={"email": "text_pattern_ops"},
    ),
)  # fmt: skip
NAME_START = sa.func.lower(customers.c.name).label("name_start")
sa.Index(
    "ix_customers_name_start", customers.c.store_id, NAME_START,
    postgresql_ops={"name_start": "text_pattern_ops"},
)  # fmt: skip
"""What the beginning of a name is found by."""
for _name, _condition in (
    ("ix_customers_signed_in", customers.c.signed_in_at.is_not(None)),
    ("ix_customers_never_signed_in", customers.c.signed_in_at.is_(None)),
):
    # Either may be rare, and the list is then not walked through for them.
    sa.Index(
        _name, customers.c.store_id, customers.c.id,
        postgresql_where=_condition, sqlite_where=_condition,
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
