"""Rate limits, in the database."""

import asyncio
from datetime import timedelta

from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter
from portico.sessions.limits import DatabaseStorage, seconds_to_wait

LIMIT = RateLimitItemPerMinute(3, 1, "test")
OTHER = RateLimitItemPerMinute(100, 1, "other")


async def test_what_is_over_the_limit_waits_for_the_end_of_the_window(runtime, clock):
    waits = [await seconds_to_wait(runtime, (LIMIT, "ada")) for _ in range(4)]
    assert waits == [0, 0, 0, 60]
    assert await seconds_to_wait(runtime, (LIMIT, "eve")) == 0
    clock.advance(timedelta(seconds=59.5))
    assert await seconds_to_wait(runtime, (LIMIT, "ada")) == 1
    clock.advance(timedelta(seconds=0.5))
    assert await seconds_to_wait(runtime, (LIMIT, "ada")) == 0


async def test_requests_at_the_same_time_are_all_counted(runtime):
    waits = await asyncio.gather(*(seconds_to_wait(runtime, (LIMIT, "ada")) for _ in range(20)))
    assert waits.count(0) == 3


async def test_a_limit_that_is_exceeded_does_not_use_up_the_next_one(runtime, clock):
    for _ in range(5):
        await seconds_to_wait(runtime, (LIMIT, "ada"), (OTHER, "ada"))
    storage = DatabaseStorage(runtime.db, clock)
    limiter = FixedWindowRateLimiter(storage)
    assert await storage.check()
    assert await limiter.hit(OTHER, "fresh")
    stats = await limiter.get_window_stats(OTHER, "fresh")
    assert stats.remaining == 99
    assert stats.reset_time == (clock.now() + timedelta(minutes=1)).timestamp()
    await limiter.clear(OTHER, "fresh")
    assert await limiter.test(OTHER, "fresh")
    assert await storage.reset() >= 2
    assert await seconds_to_wait(runtime, (LIMIT, "ada")) == 0
