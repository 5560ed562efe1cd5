"""The table of figures that are added up already."""

import sqlalchemy as sa

from portico.db.columns import choice
from portico.db.schema import metadata
from portico.stores.models import Mode

# What a store sold and counted on each day that is over, so that a page need not add up a year.
# The row `closed` of a day says with its number whether the others are to be used (1) or were
# overtaken by a change (0); `portico.figures.days` says how it stays true.
figure_days = sa.Table(
    "figure_days",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("mode", choice("mode", Mode).type, primary_key=True),
    sa.Column("timezone", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("currency", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("refunded", sa.BigInteger, nullable=False),
)
