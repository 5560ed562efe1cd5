"""Tables of plugin activations and health."""

import sqlalchemy as sa

from portico.activation.models import Activation
from portico.db.columns import choice, json, moment, store_table
from portico.db.schema import metadata

store_plugins = sa.Table(
    "store_plugins",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("plugin", sa.Text, primary_key=True),
    choice("state", Activation),
    json("settings"),
    sa.Column("secrets", sa.Text),
    moment("updated_at"),
)

plugin_secrets = sa.Table(
    "plugin_secrets",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("plugin", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False),
    moment("created_at"),
    moment("expires_at", nullable=True),
)
"""What plugins keep secret themselves, such as what a provider has given them; encrypted."""

# store_id is '' for calls in the installation's scope: a key column cannot be NULL.
hook_health = sa.Table(
    "hook_health",
    metadata,
    sa.Column("plugin", sa.Text, primary_key=True),
    sa.Column("store_id", sa.Text, primary_key=True),
    sa.Column("hook", sa.Text, primary_key=True),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("errors", sa.BigInteger, nullable=False),
    sa.Column("timeouts", sa.BigInteger, nullable=False),
    sa.Column("total_ms", sa.BigInteger, nullable=False),
    sa.Column("last_error", sa.Text),
    moment("last_error_at", nullable=True),
)

hook_times = sa.Table(
    "hook_times",
    metadata,
    sa.Column("plugin", sa.Text, primary_key=True),
    sa.Column("store_id", sa.Text, primary_key=True),
    sa.Column("hook", sa.Text, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("calls", sa.BigInteger, nullable=False),
)
"""Calls by how long they took (``portico.hooks.timing``)."""

findings = store_table(
    "findings",
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    moment("first_seen_at"),
    moment("last_seen_at"),
    moment("resolved_at", nullable=True),
    sa.UniqueConstraint("store_id", "kind", "subject_id"),
)
