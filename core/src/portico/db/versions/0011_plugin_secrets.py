"""Secrets that plugins keep themselves."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portico.db import UTCDateTime

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "plugin_secrets",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_plugin_secrets_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("store_id", "plugin", "name", name=op.f("pk_plugin_secrets")),
    )


def downgrade() -> None:
    op.drop_table("plugin_secrets")
