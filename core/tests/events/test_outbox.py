"""The outbox and its worker: order, leases, retries, dead letters."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa
from portico import worker as worker_module
from portico.clock import FixedClock
from portico.db import Command, Query, check_url
from portico.events import queries
from portico.events import service as events
from portico.events.models import MAX_ATTEMPTS, Delivery, DeliveryState, Lane
from portico.events.tables import outbox
from portico.hooks.errors import Refused, RetryLater
from portico.runtime import Runtime
from portico.worker import Handler, Worker

ALL = Query(Delivery, sa.select(outbox).order_by(outbox.c.id))
ADD = Command(sa.insert(outbox))


class Recorder:
    """A handler that remembers what it was given, in order."""

    def __init__(self, *errors: Exception) -> None:
        self.seen: list[Delivery] = []
        self.errors = list(errors)

    async def __call__(self, rt: Runtime, delivery: Delivery) -> timedelta | None:
        self.seen.append(delivery)
        if self.errors:
            raise self.errors.pop(0)
        return None

    @property
    def keys(self) -> list[str]:
        return [delivery.key for delivery in self.seen]


async def put(rt: Runtime, key: str, **options: Any) -> None:
    await events.put(rt, "test", key, {"of": key}, store_id=None, **options)


async def test_a_delivery_is_handled_once_and_then_gone(rt: Runtime) -> None:
    record = Recorder()
    await put(rt, "one")
    assert await Worker(rt, {"test": record}).drain() == 1
    assert [(d.key, d.payload, d.attempts) for d in record.seen] == [("one", {"of": "one"}, 1)]
    assert await rt.db.all(ALL) == []


async def test_what_is_put_in_a_transaction_that_fails_is_never_delivered(rt: Runtime) -> None:
    record = Recorder()
    with pytest.raises(ZeroDivisionError):
        async with rt.db.transaction():
            await put(rt, "lost")
            raise ZeroDivisionError
    await Worker(rt, {"test": record}).drain()
    assert record.seen == []
    assert not rt.wake.is_set()


async def test_the_same_key_twice_is_one_delivery(rt: Runtime) -> None:
    record = Recorder()
    async with rt.db.transaction():
        await put(rt, "once")
        await put(rt, "once")
    await Worker(rt, {"test": record}).drain()
    assert record.keys == ["once"]


async def test_lanes_come_before_age(rt: Runtime, clock: FixedClock) -> None:
    record = Recorder()
    await put(rt, "newsletter", lane=Lane.BULK)
    clock.advance(timedelta(seconds=1))
    await put(rt, "receipt")
    clock.advance(timedelta(seconds=1))
    await put(rt, "receipt 2")
    await put(rt, "sign-in", lane=Lane.INTERACTIVE)
    await Worker(rt, {"test": record}).drain()
    assert record.keys == ["sign-in", "receipt", "receipt 2", "newsletter"]


async def test_not_before_keeps_it_until_then(rt: Runtime, clock: FixedClock) -> None:
    record = Recorder()
    worker = Worker(rt, {"test": record})
    await put(rt, "later", not_before=clock.now() + timedelta(minutes=5))
    assert await worker.drain() == 0
    clock.advance(timedelta(minutes=5))
    assert await worker.drain() == 1


async def explain(url: str, query: Query[Any], **params: Any) -> str:
    """How the database would run the statement."""
    plan = query.plan(check_url(url))
    arguments = plan.bind(params)
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            rows = file.execute(f"EXPLAIN QUERY PLAN {plan.sql}", arguments).fetchall()
    else:
        connection = await asyncpg.connect(url)
        rows = await connection.fetch(f"EXPLAIN {plan.sql}", *arguments)
        await connection.close()
    return "\n".join(str(row[-1]) for row in rows)


async def test_a_claim_walks_the_index_behind_a_long_queue(rt: Runtime, tables_url: str) -> None:
    now = rt.clock.now()
    backlog: list[dict[str, Any]] = [
        {
            "id": f"dlv_{n:06}", "store_id": None, "kind": "test", "key": f"news {n}",
            "lane": Lane.BULK, "payload": {}, "state": DeliveryState.PENDING, "attempts": 0,
            "next_at": now, "lease_until": None, "leased_by": None, "last_error": None,
            "created_at": now,
        }
        for n in range(5000)
    ]  # fmt: skip
    await rt.db.run_many(ADD, backlog)
    plan = await explain(
        tables_url, queries.CLAIM, last_lane=20, now=now, limit=10, lease_until=now, worker="w"
    )
    assert "ix_outbox_due" in plan
    assert "TEMP B-TREE" not in plan and "Sort" not in plan
    await put(rt, "sign-in", lane=Lane.INTERACTIVE)
    record = Recorder()
    await Worker(rt, {"test": record}).drain(limit=1)
    assert record.keys[0] == "sign-in"


async def test_slow_newsletters_leave_slots_for_a_sign_in_mail(rt: Runtime) -> None:
    release, started, signed_in = asyncio.Event(), asyncio.Event(), asyncio.Event()
    running = 0

    async def handle(rt: Runtime, delivery: Delivery) -> None:
        nonlocal running
        if delivery.lane == Lane.INTERACTIVE:
            signed_in.set()
            return
        running += 1
        started.set()
        await release.wait()

    for n in range(30):
        await put(rt, f"news {n}", lane=Lane.BULK)
    worker = Worker(rt, {"test": handle}, slots=6)
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(started.wait(), 5)
    await asyncio.sleep(0.2)
    assert running == 4
    await put(rt, "sign-in", lane=Lane.INTERACTIVE)
    await asyncio.wait_for(signed_in.wait(), 2)
    assert running == 4
    release.set()
    worker.stop()
    await asyncio.wait_for(task, 5)


async def test_a_put_wakes_the_worker_without_waiting_for_a_poll(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 60)
    done = asyncio.Event()

    async def handle(rt: Runtime, delivery: Delivery) -> None:
        done.set()

    worker = Worker(rt, {"test": handle})
    task = asyncio.create_task(worker.run())
    await asyncio.sleep(0.3)
    async with rt.db.transaction():
        await put(rt, "now")
        await asyncio.sleep(0.1)
        assert not done.is_set()
    await asyncio.wait_for(done.wait(), 2)
    worker.stop()
    await asyncio.wait_for(task, 5)


async def test_a_failure_is_tried_again_later_and_later(rt: Runtime, clock: FixedClock) -> None:
    record = Recorder(ValueError("first"), ValueError("second"))
    worker = Worker(rt, {"test": record})
    await put(rt, "bumpy")
    waits = []
    while await worker.drain():
        for left in await rt.db.all(ALL):
            waits.append(left.next_at - clock.now())
            assert left.state is DeliveryState.PENDING
            assert left.last_error in ("ValueError: first", "ValueError: second")
            clock.advance(waits[-1])
    assert len(record.seen) == 3
    assert timedelta(seconds=2) <= waits[0] <= timedelta(seconds=4) <= waits[1]
    assert await rt.db.all(ALL) == []


async def test_after_many_failures_it_is_dead_until_somebody_replays_it(
    rt: Runtime, clock: FixedClock
) -> None:
    record = Recorder(*[ValueError("broken")] * MAX_ATTEMPTS)
    worker = Worker(rt, {"test": record})
    await put(rt, "bad")
    for _ in range(MAX_ATTEMPTS + 3):
        await worker.drain()
        clock.advance(timedelta(hours=1))
    assert len(record.seen) == MAX_ATTEMPTS
    (letter,) = await events.dead(rt)
    assert (letter.key, letter.last_error) == ("bad", "ValueError: broken")
    assert await events.dead(rt, after=letter.id) == []
    assert await events.dead(rt, store_id="sto_other") == []

    assert await events.replay(rt, letter.id)
    assert not await events.replay(rt, letter.id)
    assert await worker.drain() == 1
    assert record.keys == ["bad"] * (MAX_ATTEMPTS + 1)
    assert await rt.db.all(ALL) == []


async def test_retry_later_waits_as_asked_and_counts_no_failure(
    rt: Runtime, clock: FixedClock
) -> None:
    record = Recorder(*[RetryLater(timedelta(minutes=7), "greylisted")] * (MAX_ATTEMPTS + 5))
    worker = Worker(rt, {"test": record})
    await put(rt, "patient")
    await worker.drain()
    (left,) = await rt.db.all(ALL)
    assert left.next_at == clock.now() + timedelta(minutes=7)
    assert left.last_error == "greylisted"
    for _ in range(MAX_ATTEMPTS + 5):
        clock.advance(timedelta(minutes=7))
        await worker.drain()
    assert await rt.db.all(ALL) == []


async def test_retry_later_ends_after_three_days(rt: Runtime, clock: FixedClock) -> None:
    record = Recorder(*[RetryLater(timedelta(hours=30), "still down")] * 5)
    worker = Worker(rt, {"test": record})
    await put(rt, "stuck")
    for _ in range(5):
        await worker.drain()
        clock.advance(timedelta(hours=30))
    (letter,) = await events.dead(rt)
    assert letter.last_error == "still down"


async def test_what_is_refused_is_dead_at_once(rt: Runtime) -> None:
    await put(rt, "no")
    await Worker(rt, {"test": Recorder(Refused("The plugin is off in this store."))}).drain()
    (letter,) = await events.dead(rt)
    assert letter.last_error == "The plugin is off in this store."
    assert letter.attempts == 1


async def test_an_unknown_kind_waits_for_a_worker_that_knows_it(
    rt: Runtime, clock: FixedClock
) -> None:
    await put(rt, "new")
    await Worker(rt, {}).drain()
    (left,) = await rt.db.all(ALL)
    assert left.state is DeliveryState.PENDING
    assert left.last_error == "This version has no handler for 'test'."
    clock.advance(timedelta(minutes=5))
    record = Recorder()
    await Worker(rt, {"test": record}).drain()
    assert record.keys == ["new"]


async def test_what_a_killed_worker_held_is_taken_over(rt: Runtime, clock: FixedClock) -> None:
    await put(rt, "orphan")
    killed = Worker(rt, {})
    (held,) = await killed._claim(1, Lane.BULK)  # and then it is gone, without a word
    record = Recorder()
    successor = Worker(rt, {"test": record})
    assert await successor.drain() == 0
    clock.advance(killed.lease + timedelta(seconds=1))
    assert await successor.drain() == 1
    assert [(d.id, d.attempts) for d in record.seen] == [(held.id, 2)]


async def test_a_delivery_that_kills_every_worker_ends_dead(rt: Runtime, clock: FixedClock) -> None:
    await put(rt, "poison")
    for _ in range(MAX_ATTEMPTS):
        killed = Worker(rt, {})
        assert await killed._claim(1, Lane.BULK)
        clock.advance(killed.lease + timedelta(seconds=1))
        await Worker(rt, {})._take_back()
    record = Recorder()
    await Worker(rt, {"test": record}).drain()
    assert record.seen == []
    (letter,) = await events.dead(rt)
    assert letter.last_error is not None and letter.last_error.startswith("Given up")


async def test_a_worker_that_lost_its_lease_does_not_undo_its_successor(
    rt: Runtime, clock: FixedClock
) -> None:
    await put(rt, "contested")
    slow = Worker(rt, {"test": Recorder()})
    (held,) = await slow._claim(1, Lane.BULK)
    clock.advance(slow.lease + timedelta(seconds=1))
    quick = Worker(rt, {"test": Recorder(RetryLater(timedelta(minutes=1)))})
    await quick.drain()
    await slow._work(held)  # ends late: the row is no longer its to delete
    (left,) = await rt.db.all(ALL)
    assert left.state is DeliveryState.PENDING


async def test_leases_are_renewed_while_a_handler_works(rt: Runtime, clock: FixedClock) -> None:
    started, release, record = asyncio.Event(), asyncio.Event(), Recorder()

    async def handle(rt: Runtime, delivery: Delivery) -> None:
        started.set()
        await release.wait()

    await put(rt, "long")
    worker = Worker(rt, {"test": handle})
    worker.lease = timedelta(seconds=0.6)
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(started.wait(), 5)
    for _ in range(4):
        clock.advance(timedelta(seconds=0.4))
        await asyncio.sleep(0.3)
    assert await Worker(rt, {"test": record}).drain() == 0
    release.set()
    worker.stop()
    await asyncio.wait_for(task, 5)
    assert record.seen == []
    assert await rt.db.all(ALL) == []


async def test_several_workers_share_the_queue(rt: Runtime) -> None:
    seen: list[str] = []

    async def handle(rt: Runtime, delivery: Delivery) -> None:
        await asyncio.sleep(0.001)
        seen.append(delivery.key)

    for n in range(100):
        await put(rt, f"job {n}")
    workers = [Worker(rt, {"test": handle}) for _ in range(3)]
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    async with asyncio.timeout(20):
        while len(seen) < 100 or await rt.db.all(ALL):
            await asyncio.sleep(0.05)
    for worker in workers:
        worker.stop()
    await asyncio.wait_for(asyncio.gather(*tasks), 5)
    assert sorted(seen) == sorted(f"job {n}" for n in range(100))


async def test_a_stopped_worker_gives_back_what_takes_too_long(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "SHUTDOWN_SECONDS", 0.1)
    started = asyncio.Event()

    async def handle(rt: Runtime, delivery: Delivery) -> None:
        started.set()
        await asyncio.sleep(60)

    handlers: dict[str, Handler] = {"test": handle}
    await put(rt, "slow")
    worker = Worker(rt, handlers)
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(started.wait(), 5)
    worker.stop()
    await asyncio.wait_for(task, 5)
    (left,) = await rt.db.all(ALL)
    assert (left.state, left.attempts) == (DeliveryState.PENDING, 0)


async def test_a_recurring_delivery_comes_back_when_it_says(rt: Runtime, clock: FixedClock) -> None:
    runs = []

    async def handle(rt: Runtime, delivery: Delivery) -> timedelta:
        runs.append(delivery.attempts)
        return timedelta(hours=1)

    await put(rt, "hourly")
    worker = Worker(rt, {"test": handle})
    for _ in range(3):
        await worker.drain()
        clock.advance(timedelta(minutes=59))
        assert await worker.drain() == 0
        clock.advance(timedelta(minutes=1))
    assert runs == [1, 1, 1]


async def test_counts_say_how_much_waits(rt: Runtime) -> None:
    await put(rt, "one")
    await put(rt, "two")
    await put(rt, "three", lane=Lane.BULK)
    found = sorted((c.lane, c.count) for c in await events.counts(rt))
    assert found == [(10, 2), (20, 1)]
