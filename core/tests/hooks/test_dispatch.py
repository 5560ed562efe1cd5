"""The three verbs, and what becomes of plugins that fail, hang, block or answer nonsense."""

import asyncio
import inspect
import time
from typing import Any

import pytest
from portico.activation import service as activation
from portico.api import NavigationItem, Refused
from portico.customers.models import Customer
from portico.db import DatabaseUnavailable
from portico.hooks.answers import WrongAnswer
from portico.hooks.breaker import LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, STRIKES, Breaker
from portico.hooks.dispatch import OWNER_SECONDS, Hooks, PluginOff
from portico.hooks.health import Health
from portico.hooks.portal import PortalHooks
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.testing.factories import make_customer, make_store

from .plugins import Menu, menus

NAVIGATION = PortalHooks.portal_navigation
BUDGET = 0.3


@pytest.fixture
def portico_settings() -> dict[str, Any]:
    return {"hook_budget": BUDGET}


async def shop(rt: Runtime) -> tuple[Store, Customer]:
    store = await make_store(rt)
    return store, await make_customer(rt, store)


async def answering(rt: Runtime, store: Store, customer: Customer) -> list[str]:
    return [reply.plugin for reply in await rt.hooks.each(store, NAVIGATION, customer)]


async def fail() -> None:
    raise RuntimeError("broken")


async def hang() -> None:
    await asyncio.Event().wait()


async def block() -> None:
    time.sleep(BUDGET * 1.5)


async def end_the_process() -> None:
    raise SystemExit(3)


async def cancel_itself() -> None:
    raise asyncio.CancelledError


async def wrong_type() -> Any:
    return {"label": "not a list"}


async def wrong_item() -> Any:
    return [NavigationItem("fine", "/"), "not an item"]


async def stubborn() -> None:
    while True:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            if time.monotonic() > stop_at[0]:
                raise


stop_at = [0.0]


@pytest.mark.plugins(*menus("zoo", "apple", heavy=200, light=1))
async def test_answers_come_in_the_order_of_weight_then_name(runtime: Runtime) -> None:
    store, customer = await shop(runtime)
    assert await answering(runtime, store, customer) == ["light", "apple", "zoo", "heavy"]


@pytest.mark.parametrize(
    ("work", "counted", "noted"),
    [
        (fail, "errors", "RuntimeError: broken"),
        (hang, "timeouts", "no answer within 0.3 s"),
        (block, "timeouts", "blocked the event loop"),
        (end_the_process, "errors", "tried to end the process"),
        (cancel_itself, "errors", "CancelledError"),
        (wrong_type, "errors", "WrongAnswer"),
        (wrong_item, "errors", "WrongAnswer"),
    ],
)
async def test_a_plugin_that_misbehaves_is_left_out_and_counted(
    runtime: Runtime, misbehaving: Menu, work: Any, counted: str, noted: str
) -> None:
    misbehaving.work = work
    store, customer = await shop(runtime)
    started = time.monotonic()
    assert await answering(runtime, store, customer) == ["first", "last"]
    assert time.monotonic() - started < BUDGET * 5
    await runtime.hooks.health.flush()
    rows = {row.plugin: row for row in await activation.health(runtime, store)}
    assert rows["middle"].calls == 1
    assert {"errors": rows["middle"].errors, "timeouts": rows["middle"].timeouts} == {
        "errors": 0, "timeouts": 0, counted: 1,
    }  # fmt: skip
    assert noted in (rows["middle"].last_error or "")
    assert rows["middle"].last_error_at == runtime.clock.now()
    assert (rows["first"].calls, rows["first"].errors, rows["first"].last_error) == (1, 0, None)


@pytest.fixture
def portico_plugins(request: pytest.FixtureRequest) -> list[Menu]:
    mark = request.node.get_closest_marker("plugins")
    if mark is not None:
        return list(mark.args)
    return [Menu("first", weight=1), Menu("middle", weight=2), Menu("last", weight=3)]


@pytest.mark.parametrize("ask", [Hooks.owner, Hooks.run])
def test_nobody_waits_for_a_plugin_for_ever_unless_they_say_so(ask: Any) -> None:
    assert inspect.signature(ask).parameters["timeout"].default == OWNER_SECONDS


@pytest.fixture
def misbehaving(portico_plugins: list[Menu]) -> Menu:
    return portico_plugins[1]


async def test_plugins_are_asked_at_the_same_time(
    runtime: Runtime, portico_plugins: list[Menu]
) -> None:
    async def slow() -> None:
        await asyncio.sleep(BUDGET * 0.6)

    for one in portico_plugins:
        one.work = slow
    store, customer = await shop(runtime)
    started = time.monotonic()
    assert await answering(runtime, store, customer) == ["first", "middle", "last"]
    assert time.monotonic() - started < BUDGET * 1.5


async def test_a_plugin_that_will_not_be_cancelled_does_not_hold_the_page(
    runtime: Runtime, misbehaving: Menu
) -> None:
    stop_at[0] = time.monotonic() + 60
    misbehaving.work = stubborn
    store, customer = await shop(runtime)
    started = time.monotonic()
    assert await answering(runtime, store, customer) == ["first", "last"]
    assert time.monotonic() - started < BUDGET * 5
    stop_at[0] = 0.0
    for task in list(runtime.hooks._abandoned):
        task.cancel()
        await asyncio.wait([task])
    assert not runtime.hooks._abandoned


async def test_a_hook_that_is_late_three_times_is_left_alone_for_a_while(
    runtime: Runtime, misbehaving: Menu
) -> None:
    now = [1000.0]
    runtime.hooks.breaker._now = lambda: now[0]
    misbehaving.work = hang
    store, customer = await shop(runtime)
    for _ in range(STRIKES + 2):
        assert await answering(runtime, store, customer) == ["first", "last"]
    assert misbehaving.calls == STRIKES
    await runtime.hooks.health.flush()
    rows = {row.plugin: row for row in await activation.health(runtime, store)}
    assert rows["middle"].timeouts == STRIKES
    assert "left out for 30 s" in (rows["middle"].last_error or "")

    other = await make_store(runtime)
    misbehaving.work = None
    assert "middle" in await answering(runtime, other, await make_customer(runtime, other))
    assert "middle" not in await answering(runtime, store, customer)
    now[0] += PAUSE_SECONDS + 1
    assert "middle" in await answering(runtime, store, customer)
    assert "middle" in await answering(runtime, store, customer)


def test_the_pause_doubles_up_to_ten_minutes_and_one_call_tries() -> None:
    now = [0.0]
    breaker, key = Breaker(lambda: now[0]), ("plugin", "store", "hook")
    pauses = []
    for _ in range(9):
        assert breaker.allows(key)
        pauses.append(breaker.timed_out(key))
        now[0] += pauses[-1]
    assert pauses == [0, 0, 30, 60, 120, 240, 480, 600, LONGEST_PAUSE_SECONDS]
    assert breaker.allows(key)
    assert not breaker.allows(key), "a second caller tried at the same time"
    breaker.answered(key)
    assert breaker.allows(key)


async def test_a_caller_that_goes_away_stops_the_plugins(
    runtime: Runtime, misbehaving: Menu
) -> None:
    stopped = asyncio.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    misbehaving.work = wait
    store, customer = await shop(runtime)
    call = asyncio.create_task(runtime.hooks.each(store, NAVIGATION, customer))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.wait_for(stopped.wait(), 1)


async def test_the_owners_own_error_reaches_the_caller(runtime: Runtime, misbehaving: Menu) -> None:
    store, customer = await shop(runtime)

    async def refuse() -> None:
        raise Refused("Not today.")

    async def ask() -> list[NavigationItem]:
        return await runtime.hooks.owner(store, "middle", NAVIGATION, customer, timeout=BUDGET)

    assert await ask() == [NavigationItem("middle", "/")]
    misbehaving.work = fail
    with pytest.raises(RuntimeError, match="broken"):
        await ask()
    misbehaving.work = refuse
    with pytest.raises(Refused, match=r"Not today\."):
        await ask()
    misbehaving.work = wrong_type
    with pytest.raises(WrongAnswer, match="'portal_navigation' with dict of str") as wrong:
        await ask()
    assert "not a list" not in str(wrong.value)  # it might be a secret, and this is kept
    misbehaving.work = hang
    with pytest.raises(TimeoutError):
        await ask()
    await runtime.hooks.health.flush()
    rows = {row.plugin: row for row in await activation.health(runtime, store)}
    assert (rows["middle"].calls, rows["middle"].errors, rows["middle"].timeouts) == (5, 2, 1)


async def test_first_is_the_first_answer_that_is_not_none(
    runtime: Runtime, portico_plugins: list[Menu], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, customer = await shop(runtime)
    monkeypatch.setitem(runtime.hooks._checks, "portal_navigation", lambda value: True)
    answers = runtime.registry._methods["portal_navigation"]

    async def nothing(ctx: object, subject: object) -> None:
        return None

    monkeypatch.setitem(answers, "first", nothing)
    reply = await runtime.hooks.first(store, NAVIGATION, customer)
    assert reply is not None
    assert reply.plugin == "middle"
    assert portico_plugins[2].calls == 0
    portico_plugins[1].work = fail
    with pytest.raises(RuntimeError, match="broken"):
        await runtime.hooks.first(store, NAVIGATION, customer)
    for name in ("middle", "last"):
        monkeypatch.setitem(answers, name, nothing)
    assert await runtime.hooks.first(store, NAVIGATION, customer) is None


async def test_no_hook_is_called_inside_a_transaction(runtime: Runtime) -> None:
    store, customer = await shop(runtime)
    hooks = runtime.hooks
    async with runtime.db.transaction():
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            await hooks.each(store, NAVIGATION, customer)
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            await hooks.first(store, NAVIGATION, customer)
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            await hooks.owner(store, "middle", NAVIGATION, customer)


async def test_who_owns_nothing_here_is_not_asked(runtime: Runtime) -> None:
    store, customer = await shop(runtime)
    with pytest.raises(PluginOff):
        await runtime.hooks.owner(store, "nobody", NAVIGATION, customer)
    assert await runtime.hooks.owner(None, "middle", NAVIGATION, customer)
    await activation.disable(runtime, store, "middle", by="cli")
    with pytest.raises(PluginOff):
        await runtime.hooks.owner(store, "middle", NAVIGATION, customer)
    await activation.enable(runtime, store, "middle", by="cli")
    with pytest.raises(Refused, match="Menu does not offer this"):
        await runtime.hooks.owner(
            store,
            "middle",
            PortalHooks.portal_panels,
            None,  # type: ignore[arg-type]  # unused
        )


async def test_counts_of_several_nodes_add_up(runtime: Runtime) -> None:
    store, _ = await shop(runtime)
    key = ("middle", store.id, "portal_navigation")
    nodes = [Health(runtime.db, runtime.clock) for _ in range(3)]
    for node in nodes:
        node.answered(key, 0.25)
        node.failed(key, 0.25, "it broke")
    for node in nodes:
        await node.flush()
        await node.flush()
    nodes[0].answered(key, 0.0)
    await nodes[0].flush()
    (row,) = await activation.health(runtime, store)
    assert (row.calls, row.errors, row.timeouts, row.total_ms) == (7, 3, 0, 1500)
    assert row.last_error == "it broke"
    await activation.reset_health(runtime, store, "middle")
    assert await activation.health(runtime, store) == []


async def test_counts_that_cannot_be_written_are_kept(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, customer = await shop(runtime)
    await answering(runtime, store, customer)
    write = runtime.db.run_many

    async def unavailable(*_: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(runtime.db, "run_many", unavailable)
    await runtime.hooks.health.flush()
    monkeypatch.setattr(runtime.db, "run_many", write)
    await answering(runtime, store, customer)
    await runtime.hooks.health.flush()
    assert {row.calls for row in await activation.health(runtime, store)} == {2}
