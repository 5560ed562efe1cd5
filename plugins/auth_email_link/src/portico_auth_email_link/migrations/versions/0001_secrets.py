"""Hashes of links and codes."""

import sqlalchemy as sa
from alembic import op
from portico.api import UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "auth_email_link_secrets",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index(
        "ix_auth_email_link_secrets_attempt_id", "auth_email_link_secrets", ["attempt_id"]
    )
    op.create_index(
        "ix_auth_email_link_secrets_created_at", "auth_email_link_secrets", ["created_at"]
    )


def downgrade() -> None:
    op.drop_table("auth_email_link_secrets")
