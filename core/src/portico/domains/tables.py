"""What was last found out about the domains of a store."""

import sqlalchemy as sa

from portico.db.columns import json, moment, store_table

domain_checks = store_table(
    "domain_checks",
    sa.Column("domain", sa.Text, nullable=False),
    json("result"),
    moment("checked_at", nullable=True),
    sa.Index("ix_domain_checks_domain", "domain"),
)
"""``id`` is ``portal`` or ``mail``. A domain that is used for a portal stands in ``stores``."""
