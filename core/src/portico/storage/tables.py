"""What storage plugins may hold without a row that names it."""

import sqlalchemy as sa

from portico.db.columns import moment, store_table

storage_intents = store_table(
    "storage_intents",
    sa.Column("storage", sa.Text, nullable=False),
    sa.Column("storage_key", sa.Text),
    sa.Column("collecting", sa.Boolean, nullable=False),
    moment("collect_after"),
    sa.Index("ix_storage_intents_due", "collect_after"),
)
"""Written before bytes are stored; gone with the transaction that writes the row naming them."""
