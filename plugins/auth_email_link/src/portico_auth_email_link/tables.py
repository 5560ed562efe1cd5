"""The plugin's own table: hashes of the links and codes that were sent."""

import sqlalchemy as sa
from portico.api import UTCDateTime

metadata = sa.MetaData()

# A mail that had to be sent twice has two rows for one attempt; either works, and once.
secrets = sa.Table(
    "auth_email_link_secrets",
    metadata,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("attempt_id", sa.Text, nullable=False),
    sa.Column("code_hash", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("used_at", UTCDateTime),
    sa.Index("ix_auth_email_link_secrets_attempt_id", "attempt_id"),
    sa.Index("ix_auth_email_link_secrets_created_at", "created_at"),
)
