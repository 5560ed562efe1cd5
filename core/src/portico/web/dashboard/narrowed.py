"""What the lists of orders, subscriptions, keys and downloads have in common: how they are
narrowed, and rows that are chosen to have something done to them."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from quart import Response, request

from portico.listings.models import EVER, NEVER, Wanted
from portico.listings.service import Listing, R
from portico.stores.models import Mode, Store
from portico.web.dashboard import exports
from portico.web.dashboard.here import Here, not_found
from portico.web.dashboard.lists import PAGE, ListFilter, cursor, page_of, url_with

MOST_AT_ONCE = 100
"""Rows that something may be done to at once; a page has fewer."""


class Period(StrEnum):
    """How far a list goes back."""

    WEEK = "7d"
    MONTH = "30d"
    YEAR = "365d"

    @property
    def days(self) -> int:
        """As a number."""
        return int(self.value[:-1])


class Narrowed(ListFilter):
    """Filters that several lists have. Days are the store's; ``until`` is part of it."""

    mode: Mode | None = None
    product: str = ""
    period: Period | None = None
    since: date | None = None
    until: date | None = None


def wanted_of(at: Here, narrowed: Narrowed, state: StrEnum | None = None) -> Wanted:
    """What to ask for. A list shows one mode, the store's unless chosen; a search shows both."""
    mode = narrowed.mode or (None if narrowed.q else at.store.mode)
    since = _midnight(at.store, narrowed.since, EVER)
    if narrowed.period is not None:
        since = max(since, at.rt.clock.now() - timedelta(days=narrowed.period.days))
    until = _midnight(at.store, narrowed.until, NEVER, days=1)
    return Wanted(narrowed.q, mode, state, narrowed.product, since, until)


def _midnight(store: Store, day: date | None, otherwise: datetime, days: int = 0) -> datetime:
    """When the day begins in the store, or so many days later."""
    if day is None or not 1970 < day.year < 9000:
        return otherwise
    return datetime.combine(day + timedelta(days=days), time(), ZoneInfo(store.timezone))


class Chosen(NamedTuple):
    """Rows that were ticked, what to do with them, and whether that was asked already."""

    ids: list[str]
    do: str
    confirmed: bool


async def chosen() -> Chosen:
    """What the form below a list sent, or the page that asked about it."""
    sent = await request.form
    ids = sent.getlist("id") or sent.get("ids", "").split(",")
    known = dict.fromkeys(one.strip() for one in ids if one.strip() and "\0" not in one)
    return Chosen(list(known)[:MOST_AT_ONCE], sent.get("do", ""), "confirmed" in sent)


async def listed(
    at: Here, listing: Listing[Any], narrowed: Narrowed, state: StrEnum | None = None
) -> dict[str, Any]:
    """What the page of a list shows, from the cursor in the address on."""
    start, wanted = cursor(request.args), wanted_of(at, narrowed, state)
    found = await listing.page(at.rt, at.store.id, wanted, start.direction, start.id, PAGE + 1)
    if found is None:
        not_found()
    return {
        "wanted": narrowed, "mode": wanted.mode, "page": page_of(found.rows, start, PAGE),
        "capped": found.capped, "url_with": url_with,
    }  # fmt: skip


async def exported(
    at: Here,
    listing: Listing[R],
    header: Sequence[str],
    cells: Callable[[R], Sequence[object]],
    narrowed: Narrowed,
    state: StrEnum | None = None,
) -> Response:
    """The list as it is narrowed, as a CSV file."""
    rows = listing.every(at.rt, at.store.id, wanted_of(at, narrowed, state), exports.PAGE)
    return await exports.csv_answer(at, listing.name, header, _in_cells(rows, cells))


async def _in_cells(
    pages: AsyncIterator[Sequence[R]], cells: Callable[[R], Sequence[object]]
) -> AsyncIterator[Sequence[Sequence[object]]]:
    """Rows as lines of a CSV file."""
    async for rows in pages:
        yield [cells(row) for row in rows]
