"""Events for plugins, periodic jobs and housekeeping."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import (
    Context,
    Event,
    EventHooks,
    EventType,
    Job,
    LifecycleHooks,
    Plugin,
    Refused,
    RetryLater,
    hookimpl,
)
from portico.clock import FixedClock
from portico.db import Command, Query
from portico.events import handlers
from portico.events import service as events
from portico.events.models import Delivery
from portico.events.tables import outbox
from portico.runtime import Runtime
from portico.sessions.tables import rate_counters
from portico.testing.factories import make_store
from portico.worker import Worker, all_handlers

OUTBOX = Query(Delivery, sa.select(outbox).order_by(outbox.c.id))


class Listener(Plugin, EventHooks, LifecycleHooks):
    """Hears events and has jobs."""

    name, title = "listener", "Listener"

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.errors: list[Exception] = []
        self.ran: list[tuple[str, Mapping[str, Any]]] = []

    @hookimpl
    async def on_event(self, ctx: Context, event: Event) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.heard.append(event)

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("sweep", self.work, timedelta(hours=6)), Job("once", self.work)]

    async def work(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.ran.append((ctx.require_store().slug, payload))


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def portico_plugins(listener: Listener) -> list[Plugin]:
    return [listener]


async def drain(rt: Runtime) -> None:
    await Worker(rt, all_handlers()).drain()


async def test_an_event_reaches_the_plugin_and_keeps_its_id_over_retries(
    runtime: Runtime, listener: Listener, clock: FixedClock
) -> None:
    store = await make_store(runtime)
    listener.errors = [RetryLater(timedelta(minutes=1), "not now")]
    async with runtime.db.transaction():
        await events.publish(runtime, store, EventType.ORDER_PAID, "ord_1", {"total": 5})
    await drain(runtime)
    (waiting,) = await runtime.db.all(OUTBOX)
    clock.advance(timedelta(minutes=1))
    await drain(runtime)
    (event,) = listener.heard
    assert event.id == waiting.payload["id"] and event.type is EventType.ORDER_PAID
    assert (event.store_id, event.subject_id, event.data) == (store.id, "ord_1", {"total": 5})
    assert await runtime.db.all(OUTBOX) == []


async def test_an_event_for_a_plugin_that_is_gone_is_a_dead_letter_with_the_reason(
    runtime: Runtime, clock: FixedClock
) -> None:
    store = await make_store(runtime)
    told = {
        "id": "evt_1", "type": "order.paid", "subject_id": "ord_1", "data": {},
        "created_at": clock.now().isoformat(), "plugin": "removed",
    }  # fmt: skip
    await events.put(runtime, "plugin_event", "event:evt_1:removed", told, store_id=store.id)
    await drain(runtime)
    (letter,) = await events.dead(runtime, store_id=store.id)
    assert "'removed' is off" in (letter.last_error or "") and letter.attempts == 1


async def test_a_retiring_plugin_still_hears_events_and_off_hears_none(
    runtime: Runtime, listener: Listener
) -> None:
    store = await make_store(runtime)
    await activation.retire(runtime, store, "listener", by="test")
    await events.publish(runtime, store, EventType.ORDER_PAID, "ord_1", {})
    await drain(runtime)
    await activation.disable(runtime, store, "listener", by="test")
    await events.publish(runtime, store, EventType.ORDER_PAID, "ord_2", {})
    await drain(runtime)
    assert [event.subject_id for event in listener.heard] == ["ord_1"]
    assert await runtime.db.all(OUTBOX) == []


async def test_a_job_that_was_asked_for_runs_once(runtime: Runtime, listener: Listener) -> None:
    store = await make_store(runtime, "acme")
    for _ in range(2):
        await events.put_job(
            runtime, "listener", "once", {"n": 1}, store_id=store.id, key="the same"
        )
    await drain(runtime)
    assert listener.ran == [("acme", {"n": 1})]


async def test_a_job_nobody_has_is_a_dead_letter(runtime: Runtime) -> None:
    store = await make_store(runtime)
    await events.put_job(runtime, "listener", "gone", {}, store_id=store.id)
    await drain(runtime)
    (letter,) = await events.dead(runtime)
    assert "has no job 'gone'" in (letter.last_error or "")


async def test_a_periodic_job_runs_once_per_interval_in_each_store_however_many_nodes(
    runtime: Runtime, listener: Listener, clock: FixedClock
) -> None:
    await make_store(runtime, "one")
    two = await make_store(runtime, "two")
    for _ in range(3):  # three nodes
        await handlers.schedule(runtime)
    await drain(runtime)
    assert listener.ran == []
    for _ in range(2):
        clock.advance(timedelta(hours=6))
        await handlers.schedule(runtime)
        await drain(runtime)
        await drain(runtime)
    assert sorted(slug for slug, _ in listener.ran) == ["one", "one", "two", "two"]
    await activation.retire(runtime, two, "listener", by="test")
    await activation.disable(runtime, two, "listener", by="test")
    clock.advance(timedelta(hours=6))
    await drain(runtime)
    assert sorted(slug for slug, _ in listener.ran) == ["one", "one", "one", "two", "two"]
    assert await events.dead(runtime) == []


async def test_a_periodic_job_that_fails_comes_back_at_its_next_time(
    runtime: Runtime, listener: Listener, clock: FixedClock
) -> None:
    await make_store(runtime, "acme")
    await handlers.schedule(runtime)
    clock.advance(timedelta(hours=6))
    listener.errors = [ValueError("broken")] * 3
    for _ in range(3):
        await drain(runtime)
        clock.advance(timedelta(minutes=1))
    assert listener.ran == [] and await events.dead(runtime) == []
    clock.advance(timedelta(hours=6))
    await drain(runtime)
    assert listener.ran == [("acme", {})]


@pytest.mark.parametrize(
    "error", [RetryLater(timedelta(days=9), "not now"), Refused("never")], ids=["later", "refused"]
)
async def test_a_periodic_job_goes_on_whatever_it_raises_however_old_it_is(
    runtime: Runtime, listener: Listener, clock: FixedClock, error: Exception
) -> None:
    await make_store(runtime, "acme")
    await handlers.schedule(runtime)
    for _ in range(20):  # five days: longer than a delivery may be put off
        clock.advance(timedelta(hours=6))
        await drain(runtime)
    assert len(listener.ran) == 20
    listener.errors = [error]
    clock.advance(timedelta(hours=6))
    await drain(runtime)
    assert len(listener.ran) == 20 and await events.dead(runtime) == []
    clock.advance(timedelta(hours=6))
    await drain(runtime)
    assert len(listener.ran) == 21


async def test_housekeeping_deletes_what_has_expired(runtime: Runtime, clock: FixedClock) -> None:
    add = Command(sa.insert(rate_counters))
    await runtime.db.run(add, key="old", hits=1, expires_at=clock.now() - timedelta(seconds=1))
    await runtime.db.run(add, key="new", hits=1, expires_at=clock.now() + timedelta(days=1))
    await handlers.schedule(runtime)
    clock.advance(handlers.HOUSEKEEPING)
    await drain(runtime)
    left = await runtime.db.all(Query(str, sa.select(rate_counters.c.key)))
    assert left == ["new"]
    again = sorted(d.kind for d in await runtime.db.all(OUTBOX))
    # The periodic work of core itself.
    assert again == ["card_expiring", "domains", "figure_days", "housekeeping"]
