"""Tables of the outbox and the audit log."""

import sqlalchemy as sa

from portico.db.columns import choice, json, moment, ref
from portico.db.schema import metadata
from portico.events.models import DeliveryState

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id")),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("lane", sa.Integer, nullable=False),
    json("payload"),
    choice("state", DeliveryState),
    sa.Column("attempts", sa.Integer, nullable=False),
    moment("next_at"),
    moment("lease_until", nullable=True),
    sa.Column("leased_by", sa.Text),
    sa.Column("last_error", sa.Text),
    moment("created_at"),
    sa.Index("ix_outbox_due", "state", "lane", "next_at"),
    sa.Index("ix_outbox_lease", "state", "lease_until"),
)

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id")),
    sa.Column("actor_type", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject_type", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Text, nullable=False),
    json("data"),
    moment("created_at"),
    # The customer that it is about, if any: for the customer's timeline.
    sa.Column("customer_id", sa.Text),
    ref("customer_id", "customers"),
    sa.Index("ix_audit_log_store", "store_id", "created_at"),
    sa.Index("ix_audit_log_action", "store_id", "action", "created_at"),
    sa.Index("ix_audit_log_customer", "store_id", "customer_id", "created_at"),
)
