"""News about something: what waits for it takes it in, what is over is done once more."""

from datetime import timedelta

from portico.clock import FixedClock
from portico.events.models import Delivery
from portico.hooks.errors import Refused, RetryLater
from portico.runtime import Runtime
from portico.worker import Worker

from .test_outbox import ALL, Recorder, put


async def test_what_is_put_again_while_it_is_done_is_done_once_more(
    rt: Runtime, clock: FixedClock
) -> None:
    record = Recorder()

    async def meanwhile(rt: Runtime, delivery: Delivery) -> timedelta | None:
        if not record.seen:
            clock.advance(timedelta(milliseconds=1))
            await put(rt, "news", again=True)
        return await record(rt, delivery)

    await put(rt, "news", again=True)
    await put(rt, "news", again=True)  # it waits still: that is one
    assert await Worker(rt, {"test": meanwhile}).drain() == 2
    assert record.keys == ["news", "news"]
    assert await rt.db.all(ALL) == []


async def test_what_is_put_again_lives_again_and_is_not_put_off(rt: Runtime) -> None:
    record = Recorder(Refused("never"), RetryLater(timedelta(hours=1)))
    worker = Worker(rt, {"test": record})
    for _ in range(3):  # dead, put off, done
        await put(rt, "news", again=True)
        await worker.drain()
    assert record.keys == ["news"] * 3
    assert await rt.db.all(ALL) == []
