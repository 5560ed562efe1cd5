"""The plugin's one table."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from portico.api import UTCDateTime

metadata = sa.MetaData()

statements = sa.Table(
    "withdrawal_eu_statements",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("store_id", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("order_number", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text),
    sa.Column("customer_id", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("statement", sa.Text, nullable=False),
    sa.Column("submitted_at", UTCDateTime, nullable=False),
    sa.Column("period_ends_at", UTCDateTime),
    sa.Column("handled_at", UTCDateTime),
    sa.Column("handled_by", sa.Text),
    sa.Column("note", sa.Text, nullable=False),
    sa.Index("ix_withdrawal_eu_statements_open", "store_id", "handled_at", "id"),
    sa.Index("ix_withdrawal_eu_statements_order", "store_id", "order_id"),
    sa.Index("ix_withdrawal_eu_statements_customer", "store_id", "customer_id"),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Somebody withdraws from a contract, as they submitted it.

    ``order_id`` and ``customer_id`` are None where nobody with this address has bought under this
    number. ``statement`` is the full text in the consumer's language. ``handled_by`` is the
    seller's address, ``note`` what they decided.
    """

    id: str
    store_id: str
    mode: str
    order_number: str
    order_id: str | None
    customer_id: str | None
    name: str
    email: str
    part: str
    locale: str
    statement: str
    submitted_at: datetime
    period_ends_at: datetime | None
    handled_at: datetime | None
    handled_by: str | None
    note: str

    @property
    def in_time(self) -> bool | None:
        """Whether it came within the period; None where no order is known."""
        return None if self.period_ends_at is None else self.submitted_at < self.period_ends_at
