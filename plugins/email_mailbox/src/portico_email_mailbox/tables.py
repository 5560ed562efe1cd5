"""The mailbox's one table, and every statement that touches it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from portico.api import Command, JSONType, Query, UTCDateTime

metadata = sa.MetaData()

messages = sa.Table(
    "email_mailbox_messages",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("message_id", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("sender_name", sa.Text, nullable=False),
    sa.Column("to_address", sa.Text, nullable=False),
    sa.Column("reply_to", sa.Text),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body_text", sa.Text, nullable=False),
    sa.Column("body_html", sa.Text, nullable=False),
    sa.Column("headers", JSONType, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("read", sa.Boolean, nullable=False),
    sa.Column("received_at", UTCDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as it arrived. ``size`` is in bytes."""

    id: str
    message_id: str
    sender: str
    sender_name: str
    to_address: str
    reply_to: str | None
    subject: str
    body_text: str
    body_html: str
    headers: dict[str, Any]
    size: int
    read: bool
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """How many messages there are."""

    total: int
    unread: int


_id: sa.BindParameter[str] = sa.bindparam("id")

ADD = Command(sa.insert(messages))
# Ids sort by time, and keep the order of what arrived in one millisecond.
NEWEST = Query(
    Message,
    sa.select(messages)
    .order_by(messages.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger))
    .offset(sa.bindparam("start", type_=sa.BigInteger)),
)
BY_ID = Query(Message, sa.select(messages).where(messages.c.id == _id))
TOTALS = Query(
    Totals,
    sa.select(
        sa.func.count(messages.c.id).label("total"),
        sa.func.coalesce(sa.func.sum(sa.case((messages.c.read, 0), else_=1)), 0).label("unread"),
    ).select_from(messages),
)
MARK_READ = Command(
    sa.update(messages)
    .where(messages.c.id == sa.bindparam("message"), messages.c.read.is_(False))
    .values(read=True)
)
CLEAR = Command(sa.delete(messages))
