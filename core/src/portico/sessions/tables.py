"""Tables of sessions, sign-in attempts and rate counters.

A session or attempt of a seller belongs to no store, hence the plain keys.
"""

import sqlalchemy as sa

from portico.db.columns import choice, moment, ref
from portico.db.schema import metadata
from portico.sessions.models import AttemptState, Audience

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    choice("audience", Audience),
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id")),
    sa.Column("customer_id", sa.Text),
    sa.Column("seller_id", sa.Text, sa.ForeignKey("sellers.id"), index=True),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("ip", sa.Text, nullable=False),
    moment("created_at"),
    moment("last_seen_at"),
    moment("expires_at"),
    ref("customer_id", "customers"),
    sa.Index("ix_sessions_customer", "store_id", "customer_id"),
    sa.Index("ix_sessions_expires_at", "expires_at"),
)

sign_in_attempts = sa.Table(
    "sign_in_attempts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    choice("audience", Audience),
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id")),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Text),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("next_path", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("ip", sa.Text, nullable=False),
    choice("state", AttemptState),
    sa.Column("tries", sa.Integer, nullable=False),
    moment("created_at"),
    moment("expires_at"),
    sa.Index("ix_sign_in_attempts_device", "device"),
    sa.Index("ix_sign_in_attempts_expires_at", "expires_at"),
)

rate_counters = sa.Table(
    "rate_counters",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("hits", sa.Integer, nullable=False),
    moment("expires_at"),
    sa.Index("ix_rate_counters_expires_at", "expires_at"),
)
