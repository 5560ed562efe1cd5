"""Tables of e-mail templates and the history of mails."""

import sqlalchemy as sa

from portico.db.columns import choice, json, moment, ref, store_table
from portico.db.schema import metadata
from portico.emails.models import EmailState

email_templates = store_table(
    "email_templates",
    sa.Column("product_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("locale", sa.Text),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    moment("updated_at"),
    ref("product_id", "products"),
    sa.UniqueConstraint("store_id", "kind", "product_id", "locale"),
)

# Mails to sellers belong to no store, so the key is the id alone.
emails = sa.Table(
    "emails",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id")),
    sa.Column("customer_id", sa.Text),
    sa.Column("order_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("to_address", sa.Text, nullable=False),
    sa.Column("message_id", sa.Text, nullable=False, unique=True),
    sa.Column("subject", sa.Text),
    json("params"),
    choice("state", EmailState),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    moment("created_at"),
    moment("sent_at", nullable=True),
    ref("customer_id", "customers"),
    ref("order_id", "orders"),
    sa.Index("ix_emails_customer", "store_id", "customer_id", "created_at"),
    sa.Index("ix_emails_order", "store_id", "order_id"),
)
