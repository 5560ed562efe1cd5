"""A worker outlives what it does not understand."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from portico import worker as worker_module
from portico.events import service as events
from portico.events.models import Delivery
from portico.runtime import Runtime
from portico.worker import Worker


@pytest.mark.parametrize("part", ["_claim", "_take_back"])
async def test_a_worker_goes_on_after_an_error_that_nobody_expected(
    rt: Runtime, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.02)
    handled, renewed = asyncio.Event(), asyncio.Event()

    async def handle(rt: Runtime, delivery: Delivery) -> None:
        handled.set()

    worker = Worker(rt, {"test": handle})
    worker.lease = timedelta(seconds=3)
    works, errors = getattr(worker, part), [ValueError("a state of the next version")]

    async def at_first_broken(*args: Any) -> Any:
        if errors:
            raise errors.pop()
        renewed.set()
        return await works(*args)

    monkeypatch.setattr(worker, part, at_first_broken)
    await events.put(rt, "test", "one", {}, store_id=None)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        await handled.wait()
        await renewed.wait()
    worker.stop()
    await asyncio.wait_for(running, 5)
