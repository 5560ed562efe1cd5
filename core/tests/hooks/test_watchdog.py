"""A plugin that holds the event loop is named."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest_asyncio
from portico.hooks.health import Key
from portico.hooks.watchdog import Watchdog
from structlog.testing import capture_logs

LIMIT = 0.1


class Watched:
    def __init__(self) -> None:
        self.blocked: list[tuple[Key, str]] = []
        self.watchdog = Watchdog({"nothing": "nothing"}, self.note, LIMIT)

    def note(self, key: Key, what: str) -> None:
        self.blocked.append((key, what))

    async def settle(self) -> None:
        for _ in range(100):
            if self.blocked:
                return
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def watched() -> AsyncIterator[Watched]:
    found = Watched()
    found.watchdog.start()
    await asyncio.sleep(LIMIT)
    yield found
    found.watchdog.stop()


async def test_the_hook_that_blocks_is_named_and_counted(watched: Watched) -> None:
    key = ("slow", "sto_1", "portal_panels")
    watched.watchdog.running[asyncio.current_task()] = key
    with capture_logs() as logs:
        time.sleep(LIMIT * 6)  # what is tested
        await watched.settle()
    assert [one for one, _ in watched.blocked] == [key]
    assert watched.blocked[0][1].startswith("blocked the event loop for")
    (entry,) = [one for one in logs if one["event"] == "event_loop_blocked"]
    assert (entry["plugin"], entry["store_id"], entry["hook"]) == key
    assert any("test_the_hook_that_blocks" in line for line in entry["where"])


async def test_code_outside_of_a_hook_is_found_by_its_package(watched: Watched) -> None:
    package = __name__.partition(".")[0]
    watched.watchdog._packages = {package: "spawner"}
    with capture_logs():
        time.sleep(LIMIT * 6)  # what is tested
        await watched.settle()
    assert [key[0] for key, _ in watched.blocked] == ["spawner"]


async def test_waiting_is_not_blocking(watched: Watched) -> None:
    watched.watchdog.running[asyncio.current_task()] = ("patient", "", "hook")
    await asyncio.sleep(LIMIT * 3)
    assert watched.blocked == []
