"""Customers in the dashboard: finding them, and what there is to know about one."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from portico.customers.models import Customer
from portico.people import queries
from portico.people.models import CustomerRow, DecisionRow, Spent, TimelineEvent, Wanted
from portico.people.timeline import queries as timeline_queries
from portico.runtime import Runtime
from portico.stores.models import Store

__all__ = ["by_id", "decisions", "every_page", "search", "spent", "timeline"]

_LARGEST = 2**63 - 1


async def search(
    rt: Runtime, store: Store, wanted: Wanted, direction: str, cursor: str, limit: int
) -> Sequence[CustomerRow]:
    """At most ``limit`` customers, newest first; oldest first for ``after`` and ``all``.

    ``wanted.q`` is the beginning of an e-mail address or name, an order's number, a license key
    or at least its last four characters, or the last four digits of a card. ``cursor`` is the id
    that the page stands ``before`` or ``after``.
    """
    q = wanted.q.strip()
    searches = None
    values: dict[str, object] = {}
    if q:
        number = q.isdecimal() and q.isascii() and int(q) <= _LARGEST
        key = len(q) >= 4
        searches = (number, re.fullmatch(r"[0-9]{4}", q) is not None, key)
        values = {"q": q}
        values |= {"number": int(q)} if number else {}
        values |= {"key_end": q[-4:].upper()} if key else {}
    if direction != "first":
        values["cursor"] = cursor
    query = queries.listing(direction, searches, wanted.subscribed, wanted.signed_in)
    return await rt.db.all(query, store_id=store.id, mode=store.mode, limit=limit, **values)


async def every_page(
    rt: Runtime, store: Store, wanted: Wanted, size: int
) -> AsyncIterator[Sequence[CustomerRow]]:
    """All of the list, ``size`` rows at a time, the oldest first."""
    last = ""
    while rows := await search(rt, store, wanted, "all", last, size):
        yield rows
        last = rows[-1].id


async def by_id(rt: Runtime, store_id: str, customer_id: str) -> Customer | None:
    """A customer of the store, also one who was merged into another."""
    return await rt.db.one(queries.BY_ID, store_id=store_id, customer_id=customer_id)


async def spent(rt: Runtime, store_id: str, customer_id: str) -> Sequence[Spent]:
    """What the customer has paid, by mode and currency; live first."""
    return await rt.db.all(queries.SPENT, store_id=store_id, customer_id=customer_id)


async def decisions(rt: Runtime, store_id: str, customer_id: str) -> Sequence[DecisionRow]:
    """Sellers' decisions about the customer's access that are in force, newest first."""
    return await rt.db.all(
        queries.DECISIONS, store_id=store_id, customer_id=customer_id, now=rt.clock.now()
    )


async def timeline(
    rt: Runtime, store_id: str, customer_id: str, before: str, limit: int
) -> Sequence[TimelineEvent]:
    """At most ``limit`` things that happened, newest first, before the cursor if there is one.

    ``ValueError`` for what is no cursor.
    """
    who = {"store_id": store_id, "customer_id": customer_id, "limit": limit}
    if not before:
        return await rt.db.all(timeline_queries.TIMELINE, **who)
    moment, _, key = before.partition("~")
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        raise ValueError("a cursor's time has a zone")
    return await rt.db.all(timeline_queries.TIMELINE_BEFORE, **who, before=at, before_key=key)
