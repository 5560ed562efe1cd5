"""The plugin's one table, and every statement that touches it."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from portico.api import Command, Query, UTCDateTime

metadata = sa.MetaData()

questions = sa.Table(
    "helpdesk_questions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("store_id", sa.Text, nullable=False),
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("order_id", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("asked_at", UTCDateTime, nullable=False),
    sa.Column("closed_at", UTCDateTime),
    sa.Index("ix_helpdesk_questions_customer", "store_id", "customer_id"),
)


@dataclass(frozen=True)
class Question:
    """What a customer wants to know about an order."""

    id: str
    store_id: str
    customer_id: str
    order_id: str
    text: str
    asked_at: datetime
    closed_at: datetime | None


_store = questions.c.store_id == sa.bindparam("store_id")
_open = questions.c.closed_at.is_(None)

of_customer = Query(
    Question,
    sa.select(questions)
    .where(_store, questions.c.customer_id == sa.bindparam("customer_id"))
    .order_by(questions.c.id.desc()),
)
open_in_store = Query(Question, sa.select(questions).where(_store, _open).order_by(questions.c.id))
insert = Command(sa.insert(questions).values(
    {column.name: sa.bindparam(column.name) for column in questions.c if column.name != "closed_at"}
))  # fmt: skip
close = Command(
    sa.update(questions)
    .where(_store, _open, questions.c.id == sa.bindparam("question_id"))
    .values(closed_at=sa.bindparam("closed_at"))
)
close_of_order = Command(
    sa.update(questions)
    .where(_store, _open, questions.c.order_id == sa.bindparam("of_order"))
    .values(closed_at=sa.bindparam("closed_at"))
)
forget = Command(
    sa.delete(questions).where(_store, questions.c.closed_at < sa.bindparam("closed_before"))
)
