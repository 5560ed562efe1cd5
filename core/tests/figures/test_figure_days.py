"""Figures of past days are kept, and are those that counting the rows would give."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from portico.db import Command, Query
from portico.events.handlers import schedule
from portico.figures import days
from portico.figures import service as figures
from portico.figures.models import Period, Span
from portico.orders.tables import orders
from portico.stores import service as stores
from portico.testing import factories
from portico.worker import Worker

# Clocks go forward on the last Sunday of March.
NOW = datetime(2026, 4, 2, 12, tzinfo=UTC)
REFUND = Command(
    sa.update(orders)
    .where(orders.c.store_id == sa.bindparam("the_store"), orders.c.id == sa.bindparam("order"))
    .values(refunded=orders.c.total)
)
ORDERS_OF = Query(str, sa.select(orders.c.id).where(orders.c.store_id == sa.bindparam("store_id")))


@pytest.fixture
def berlin(clock, runtime):
    """A store that has sold on five days, the last of them today."""

    async def making(**options):
        clock.current = NOW
        store = await factories.make_store(runtime, timezone="Europe/Berlin", **options)
        customer = await factories.make_customer(runtime, store)
        product = await factories.make_product(runtime, store)
        price = await factories.make_price(runtime, store, product)
        for moment in (
            datetime(2025, 5, 1, 22, 30, tzinfo=UTC),  # the second, in Berlin
            datetime(2026, 3, 28, 23, 30, tzinfo=UTC),  # the day on which clocks change
            datetime(2026, 3, 29, 12, 0, tzinfo=UTC),
            datetime(2026, 4, 1, 21, 59, tzinfo=UTC),
            NOW - timedelta(minutes=1),
        ):
            await factories.make_paid_order(
                runtime, store, customer, product, price=price, created_at=moment, paid_at=moment
            )
        return store

    return making


async def year(rt, store):
    return await figures.of_store(rt, store, Period.of(Span.YEAR, rt.clock.now(), store.timezone))


async def open_days(rt, store):
    period = Period.of(Span.YEAR, rt.clock.now(), store.timezone)
    return [day for gap in (await days.kept(rt, store, period)).missing for day in gap.days()]


async def test_the_worker_keeps_all_days_but_today_and_no_figure_changes(runtime, berlin, clock):
    store, other = await berlin(), await berlin()
    counted = await year(runtime, store)
    assert counted.sales[0].orders == 5
    await schedule(runtime)
    await Worker(runtime).drain()
    assert await open_days(runtime, store) == [date(2026, 4, 2)]
    assert await year(runtime, store) == counted
    assert (await year(runtime, other)).sales[0].orders == 5
    month = Period(date(2026, 3, 29), date(2026, 3, 29), "Europe/Berlin")
    assert (await figures.of_store(runtime, store, month)).sales[0].orders == 2
    # Half an hour after midnight somebody may still be writing down what happened before.
    clock.current = datetime(2026, 4, 2, 22, 30, tzinfo=UTC)
    assert await days.close(runtime, store) == 0
    clock.current += timedelta(hours=1)
    assert await days.close(runtime, store) == 1
    assert (await year(runtime, store)).sales[0].orders == 5


async def test_a_late_change_opens_its_day_until_it_is_added_up_again(runtime, berlin):
    store = await berlin()
    await days.close(runtime, store)
    first = (await runtime.db.all(ORDERS_OF, store_id=store.id))[0]
    async with runtime.db.transaction():
        await runtime.db.run(REFUND, the_store=store.id, order=first)
        await days.changed(runtime, store, store.mode, datetime(2025, 5, 1, 22, 30, tzinfo=UTC))
    assert await open_days(runtime, store) == [date(2025, 5, 2), date(2026, 4, 2)]
    assert (await year(runtime, store)).sales[0].refunded == 2000
    assert await days.close(runtime, store) == 1
    assert (await year(runtime, store)).sales[0].refunded == 2000


@pytest.mark.parametrize("changed_first", [True, False])
async def test_a_change_while_the_worker_adds_up_is_not_lost(
    runtime, berlin, monkeypatch, changed_first
):
    store = await berlin()
    first = (await runtime.db.all(ORDERS_OF, store_id=store.id))[0]
    inside, count = asyncio.Event(), days.count

    async def change():
        async with runtime.db.transaction():
            await runtime.db.run(REFUND, the_store=store.id, order=first)
            moment = datetime(2025, 5, 1, 22, 30, tzinfo=UTC)
            await days.changed(runtime, store, store.mode, moment)
            if changed_first:
                inside.set()
                await asyncio.sleep(0.3)

    async def slowly(*args):
        found = await count(*args)
        inside.set()
        await asyncio.sleep(0.3)
        return found

    if not changed_first:
        monkeypatch.setattr(days, "count", slowly)
    begin, follow = (change, close_of(runtime, store))
    if not changed_first:
        begin, follow = follow, begin
    one = asyncio.create_task(begin())
    await inside.wait()
    await asyncio.gather(one, follow())
    monkeypatch.setattr(days, "count", count)
    assert (await year(runtime, store)).sales[0].refunded == 2000


def close_of(runtime, store):
    async def closing():
        await days.close(runtime, store)

    return closing


async def test_another_time_zone_makes_days_anew(runtime, berlin):
    store = await berlin()
    await days.close(runtime, store)
    moved = await stores.update_settings(runtime, store.id, by="test", timezone="Asia/Tokyo")
    assert len(await open_days(runtime, moved)) > 300
    assert (await year(runtime, moved)).sales[0].orders == 5
    await days.close(runtime, moved)
    assert await open_days(runtime, moved) == [date(2026, 4, 2)]
    assert len(await open_days(runtime, store)) > 300


async def test_counting_anew_repairs_what_was_lost(runtime, berlin):
    store = await berlin()
    counted = await year(runtime, store)
    await days.close(runtime, store)
    for table in ("figure_days", "product_orders"):
        await runtime.db.run(BREAK[table], store_id=store.id)
    assert await year(runtime, store) != counted
    assert await figures.recount(runtime, store) > 300
    assert await year(runtime, store) == counted
    assert await runtime.db.one(LISTED, store_id=store.id) == 5


_of_store = sa.bindparam("store_id")
_days, _listed = (sa.table(name, sa.column("store_id"), sa.column("number"))
                  for name in ("figure_days", "product_orders"))  # fmt: skip
BREAK = {
    "figure_days": Command(
        sa.update(_days).where(_days.c.store_id == _of_store, _days.c.number > 0).values(number=7)
    ),
    "product_orders": Command(sa.delete(_listed).where(_listed.c.store_id == _of_store)),
}
LISTED = Query(
    int, sa.select(sa.func.count()).select_from(_listed).where(_listed.c.store_id == _of_store)
)
