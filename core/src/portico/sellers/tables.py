"""Tables of sellers, their roles and invitations."""

import sqlalchemy as sa

from portico.db.columns import choice, moment
from portico.db.schema import metadata
from portico.sellers.models import Role

sellers = sa.Table(
    "sellers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("email", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    moment("created_at"),
)

memberships = sa.Table(
    "memberships",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("seller_id", sa.Text, sa.ForeignKey("sellers.id"), primary_key=True, index=True),
    choice("role", Role),
    moment("created_at"),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("seller_id", sa.Text, sa.ForeignKey("sellers.id"), primary_key=True, index=True),
    choice("role", Role),
    moment("created_at"),
    moment("expires_at"),
)

setup_links = sa.Table(
    "setup_links",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    moment("created_at"),
)
"""Links that a fresh installation prints on its console; gone when the first seller is there."""
