"""Figures of days that are over: added up once by the worker, and kept.

A kept day must stay true although an order of that day may be refunded, or a payment reported, a
year later. So whoever changes what a past day counts says so in the same transaction (``changed``):
the day's mark is set to open, and pages read that day from the rows themselves until the worker
has added it up again. The mark is also the lock between the two. The worker sets it before it
reads: a change that comes later waits for it and opens the day again, and one that was earlier is
waited for and then seen.

Days that are not kept, of whatever reason, are always read from the rows: deleting everything here
changes no figure.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portico.events.models import Delivery
from portico.figures import queries
from portico.figures.models import Period, Span
from portico.figures.queries import CLOSED, DayRow
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Mode, Store

EVERY = timedelta(hours=1)
SETTLED = timedelta(hours=1)
"""How long after a day's end it is added up: far longer than any transaction that began in it,
and than the clocks of two nodes differ."""
_MOST_GAPS = 3
_ONE_DAY = timedelta(days=1)


class Kept(NamedTuple):
    """What is known of a period, and the parts of it that are to be read from the rows."""

    rows: list[DayRow]
    missing: list[Period]


async def changed(rt: Runtime, store: Store, mode: Mode, *moments: datetime | None) -> None:
    """Say that what happened then counts differently from now on. In the change's transaction."""
    zone = ZoneInfo(store.timezone)
    today = rt.clock.now().astimezone(zone).date()
    days = {moment.astimezone(zone).date() for moment in moments if moment is not None}
    # In order, as the worker takes them, so that the two never wait for each other.
    about = {"store_id": store.id, "mode": mode, "timezone": store.timezone, "closed": 0}
    await rt.db.run_many(
        queries.MARK_DAY, [about | {"day": day} for day in sorted(days) if day < today]
    )


async def kept(rt: Runtime, store: Store, period: Period) -> Kept:
    """What is kept of a period in the store's mode and the period's time zone."""
    rows = await rt.db.all(
        queries.KEPT_DAYS, store_id=store.id, mode=store.mode, timezone=period.timezone,
        first=period.first, last=period.last,
    )  # fmt: skip
    closed = {row.day for row in rows if row.what == CLOSED and row.number}
    gaps = list(_gaps(period, closed))
    if len(gaps) > _MOST_GAPS:  # one statement for more than is needed beats many
        gaps = [Period(gaps[0].first, gaps[-1].last, period.timezone)]
    open_days = {day for gap in gaps for day in gap.days()}
    return Kept([row for row in rows if row.what != CLOSED and row.day not in open_days], gaps)


def _gaps(period: Period, closed: set[date]) -> Iterable[Period]:
    """The parts of a period without a closed day in them."""
    first: date | None = None
    for day in period.days():
        if day in closed:
            if first is not None:
                yield Period(first, day - _ONE_DAY, period.timezone)
            first = None
        elif first is None:
            first = day
    if first is not None:
        yield Period(first, period.last, period.timezone)


async def count(rt: Runtime, store: Store, period: Period) -> list[DayRow]:
    """The figures of a period from the rows themselves."""
    found: list[DayRow] = []
    for start, end, offset in period.stretches():
        found += await rt.db.all(
            queries.DAYS, store_id=store.id, mode=store.mode, start=start, end=end, offset=offset
        )
    return found


async def look(rt: Runtime, delivery: Delivery) -> timedelta:
    """The worker's handler: close every store's days that are over."""
    for store in await stores.all_stores(rt):
        await close(rt, store)
    return EVERY


async def close(rt: Runtime, store: Store) -> int:
    """Add up the days of the longest period that are over and not kept; returns how many."""
    now = rt.clock.now()
    first = Period.of(Span.YEAR, now, store.timezone).first
    last = (now - SETTLED).astimezone(ZoneInfo(store.timezone)).date() - _ONE_DAY
    about = {"store_id": store.id, "mode": store.mode, "timezone": store.timezone}
    period = Period(first, last, store.timezone)
    if last < first or not (await kept(rt, store, period)).missing:
        return 0
    async with rt.db.transaction():
        await rt.db.run(queries.DROP_DAYS_OF_OTHERS, **about, first=first)
        gaps = (await kept(rt, store, period)).missing
        days = [day for gap in gaps for day in gap.days()]
        await rt.db.run_many(queries.MARK_DAY, [about | {"day": day, "closed": 1} for day in days])
        for gap in gaps:
            await rt.db.run(queries.DROP_DAYS, **about, first=gap.first, last=gap.last)
            rows = _sums(await count(rt, store, gap))
            await rt.db.run_many(queries.ADD_DAY, [about | row._asdict() for row in rows])
    return len(days)


def _sums(rows: Sequence[DayRow]) -> list[DayRow]:
    """One row for each figure of a day: one on which clocks change was counted in two parts."""
    sums: dict[tuple[str, str, date], DayRow] = {}
    for row in rows:
        key = row[:3]
        old = sums.get(key)
        sums[key] = row if old is None else DayRow(
            *key, old.number + row.number, old.amount + row.amount, old.refunded + row.refunded
        )  # fmt: skip
    return list(sums.values())
