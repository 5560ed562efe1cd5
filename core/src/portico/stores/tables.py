"""Tables of stores and the settings of the installation."""

import sqlalchemy as sa

from portico.db.columns import choice, json, moment, number, store_table
from portico.db.schema import metadata
from portico.stores.models import Mode

stores = sa.Table(
    "stores",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    number("stores"),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    choice("mode", Mode),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("support_email", sa.Text),
    sa.Column("domain", sa.Text, unique=True),
    moment("domain_verified_at", nullable=True),
    sa.Column("theme", sa.Text, nullable=False),
    json("theme_settings"),
    json("settings"),
    sa.Column("plugins_version", sa.Integer, nullable=False, default=1),
    sa.Column("catalog_version", sa.Integer, nullable=False, default=1, server_default="1"),
    moment("created_at"),
)

store_images = store_table(
    "store_images",
    sa.Column("content", sa.LargeBinary, nullable=False),
    moment("created_at"),
    moment("unused_since", nullable=True),
)
