"""Tables of e-mail templates and the history of mails."""

import sqlalchemy as sa

from portico.db.columns import choice, json, moment, ref, store_table
from portico.db.schema import metadata
from portico.db.types import JSONType
from portico.emails.models import EmailState, TextFormat

email_templates = store_table(
    "email_templates",
    sa.Column("product_id", sa.Text),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("locale", sa.Text),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("format", choice("", TextFormat).type, nullable=False, server_default="markdown"),
    sa.Column("saved_by", sa.Text),
    moment("updated_at"),
    ref("product_id", "products"),
    sa.Index("ix_email_templates_kind", "store_id", "kind"),
)

# What a customer does not want to get: `unsubscribed_at` is when they said so.
email_choices = sa.Table(
    "email_choices",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("customer_id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    moment("unsubscribed_at"),
    ref("customer_id", "customers"),
)

# Of a store with a limit: when its next mail may go, in milliseconds since 1970.
email_pace = sa.Table(
    "email_pace",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("next_ms", sa.BigInteger, nullable=False),
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
    sa.Column("response", sa.Text),
    sa.Column("cause", sa.Text),
    moment("next_at", nullable=True),
    sa.Column("history", JSONType, nullable=False, default=list, server_default=sa.text("'[]'")),
    ref("customer_id", "customers"),
    ref("order_id", "orders"),
    sa.Index("ix_emails_customer", "store_id", "customer_id", "created_at"),
    sa.Index("ix_emails_order", "store_id", "order_id"),
    # Message-IDs begin with a sortable id: the list of a store's mails, newest first.
    sa.Index("ix_emails_list", "store_id", "message_id"),
    sa.Index("ix_emails_to", "store_id", "to_address", "message_id"),
    sa.Index("ix_emails_state", "store_id", "state", "message_id"),
)
