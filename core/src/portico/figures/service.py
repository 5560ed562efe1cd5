"""A store's figures for a period, and how far its setting up has come."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from portico.activation import service as activation
from portico.figures import days, queries
from portico.figures.models import Figures, Period, Sales, Series, SetUp
from portico.figures.queries import FAILING_STATUSES, RUNNING, DayRow
from portico.hooks.checkout import CheckoutHooks
from portico.orders.listed import relist
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.subscriptions import counts

FAILING = 5
"""Failing payments that are listed."""


async def of_store(rt: Runtime, store: Store, period: Period) -> Figures:
    """The store's figures, in its mode. Sign-ins and downloads have none."""
    found, missing = await days.kept(rt, store, period)
    for part in missing:
        found += await days.count(rt, store, part)
    counted = await rt.db.all(queries.NOW, store_id=store.id, mode=store.mode)
    count = {row.status: row.total for row in counted}
    running = sum(count.get(status, 0) for status in RUNNING)
    failing_count = sum(count.get(status, 0) for status in FAILING_STATUSES)
    failing = await rt.db.all(
        queries.FAILING, store_id=store.id, mode=store.mode, limit=FAILING
    ) if failing_count else []  # fmt: skip
    rows: dict[str, list[DayRow]] = defaultdict(list)
    for row in found:
        rows[row.what].append(row)
    started, ended = (_counts(period, rows[name]) for name in ("started", "ended"))
    return Figures(
        sales=_sales(store, period, rows["sales"]),
        active=running,
        started=started.total,
        ended=ended.total,
        running=_running(period, running, started, ended),
        sign_ins=_counts(period, rows["sign_ins"]),
        downloads=_counts(period, rows["downloads"]),
        failing=tuple(failing),
        failing_count=failing_count,
    )


def _series(period: Period, counted: Iterable[tuple[date, int]]) -> Series:
    steps: dict[date, int] = defaultdict(int)
    for day, number in counted:
        steps[period.step(day)] += number
    return Series(steps)


def _counts(period: Period, rows: list[DayRow]) -> Series:
    return _series(period, ((row.day, row.number) for row in rows))


def _sales(store: Store, period: Period, rows: list[DayRow]) -> tuple[Sales, ...]:
    by_currency: dict[str, list[DayRow]] = {store.currency: []}
    for row in sorted(rows, key=lambda row: row.currency):
        by_currency.setdefault(row.currency, []).append(row)
    return tuple(
        Sales(
            currency,
            orders=sum(row.number for row in found),
            refunded=sum(row.refunded for row in found),
            amounts=_series(period, ((row.day, row.amount) for row in found)),
        )
        for currency, found in by_currency.items()
    )


def _running(period: Period, now: int, started: Series, ended: Series) -> dict[date, int]:
    """How many ran at the end of each step: from today's number backwards."""
    running = {}
    for step in reversed(period.steps()):
        running[step] = now
        now -= started.steps.get(step, 0) - ended.steps.get(step, 0)
    return running


async def set_up(rt: Runtime, store: Store) -> SetUp:
    """How far the store's setting up has come."""
    done = await rt.db.one(queries.DONE, store_id=store.id)
    assert done is not None  # a SELECT without a FROM has one row
    on = await activation.enabled(rt, store)
    modes = [
        modes
        for plugin, modes in rt.registry.contributed(CheckoutHooks.checkout_modes).items()
        if plugin in on
    ]
    return SetUp(
        product=done.product,
        file=done.file,
        live_payments=any(Mode.LIVE in some for some in modes),
        any_payments=any(modes),
        test_mail=done.test_mail,
        signed_in=done.signed_in,
    )


async def recount(rt: Runtime, store: Store) -> int:
    """Make anew what is kept so that pages need not count: orders by product and how many
    there are, subscriptions by status, figures of past days; returns how many days. For a store
    whose figures seem wrong."""
    async with rt.db.transaction():
        await relist(rt, store)
        await counts.recount(rt, store)
        await rt.db.run(queries.DROP_ALL_DAYS, store_id=store.id)
    return await days.close(rt, store)
