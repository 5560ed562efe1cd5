"""A store's figures for a period, and how far its setting up has come."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from portico.activation import service as activation
from portico.figures import queries
from portico.figures.models import Figures, Period, Sales, Series, SetUp
from portico.figures.queries import DayRow
from portico.hooks.checkout import CheckoutHooks
from portico.runtime import Runtime
from portico.stores.models import Mode, Store

FAILING = 5
"""Failing payments that are listed."""


async def of_store(rt: Runtime, store: Store, period: Period) -> Figures:
    """The store's figures, in its mode. Sign-ins and downloads have none."""
    days: list[DayRow] = []
    for start, end, offset in period.stretches():
        days += await rt.db.all(
            queries.DAYS, store_id=store.id, mode=store.mode, start=start, end=end, offset=offset
        )
    now = await rt.db.all(queries.NOW, store_id=store.id, mode=store.mode)
    count = {row.what: row.number for row in now}
    failing = await rt.db.all(
        queries.FAILING, store_id=store.id, mode=store.mode, limit=FAILING
    ) if count["failing"] else []  # fmt: skip
    rows: dict[str, list[DayRow]] = defaultdict(list)
    for row in days:
        rows[row.what].append(row)
    started, ended = (_counts(period, rows[name]) for name in ("started", "ended"))
    return Figures(
        sales=_sales(store, period, rows["sales"]),
        active=count["running"],
        started=started.total,
        ended=ended.total,
        running=_running(period, count["running"], started, ended),
        sign_ins=_counts(period, rows["sign_ins"]),
        downloads=_counts(period, rows["downloads"]),
        failing=tuple(failing),
        failing_count=count["failing"],
    )


def _series(period: Period, days: Iterable[tuple[date, int]]) -> Series:
    steps: dict[date, int] = defaultdict(int)
    for day, number in days:
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
