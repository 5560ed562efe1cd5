"""Rate limits, counted in the database so that any number of nodes agree."""

import hashlib
from datetime import UTC, datetime, timedelta
from math import ceil

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from typing_extensions import override

from portico.clock import Clock
from portico.db import Database, DatabaseError
from portico.runtime import Runtime
from portico.sessions import queries

MAILS_PER_ADDRESS = RateLimitItemPerMinute(5, 15, "mails-per-address")
MAILS_PER_IP = RateLimitItemPerHour(30, 1, "mails-per-ip")
TEST_MAILS = RateLimitItemPerMinute(30, 15, "test-mails")
CODES_PER_IP = RateLimitItemPerMinute(30, 15, "codes-per-ip")
CHANGES_PER_CUSTOMER = RateLimitItemPerMinute(5, 15, "changes-per-customer")
CHECKOUTS_PER_IP = RateLimitItemPerMinute(300, 10, "checkouts-per-ip")
"""Each writes an order, and asks the provider: nobody is signed in there."""
DOMAIN_CHECKS = RateLimitItemPerMinute(20, 10, "domain-checks")
REPLACEMENTS_PER_CUSTOMER = RateLimitItemPerMinute(5, 10, "replacements-per-customer")


class DatabaseStorage(Storage):
    """The storage of `limits` in the table ``rate_counters``; one statement counts."""

    STORAGE_SCHEME = None

    def __init__(self, db: Database, clock: Clock) -> None:
        super().__init__()
        self.db = db
        self.clock = clock

    @property
    @override
    def base_exceptions(self) -> type[Exception]:
        return DatabaseError

    @override
    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self.clock.now()
        hits = await self.db.one(
            queries.COUNT, key=key, hits=amount, expires_at=now + timedelta(seconds=expiry), now=now
        )
        assert hits is not None  # an upsert returns its row
        return hits

    @override
    async def get(self, key: str) -> int:
        counter = await self.db.one(queries.COUNTER, key=key, now=self.clock.now())
        return counter.hits if counter else 0

    @override
    async def get_expiry(self, key: str) -> float:
        now = self.clock.now()
        counter = await self.db.one(queries.COUNTER, key=key, now=now)
        moment: datetime = counter.expires_at if counter else now
        return moment.astimezone(UTC).timestamp()

    @override
    async def check(self) -> bool:
        await self.get("")
        return True

    @override
    async def reset(self) -> int | None:
        return await self.db.run(queries.CLEAR_COUNTERS)

    @override
    async def clear(self, key: str) -> None:
        await self.db.run(queries.CLEAR_COUNTER, key=key)


async def seconds_to_wait(rt: Runtime, *counted: tuple[RateLimitItem, str]) -> int:
    """Count one more of each (a limit, and who it is about); 0, or the seconds until it is fine.

    The first limit that is exceeded ends it, so that the later ones are not used up.
    """
    limiter = FixedWindowRateLimiter(DatabaseStorage(rt.db, rt.clock))
    for item, who in counted:
        # The table need not know addresses.
        key = hashlib.sha256(who.encode(errors="replace")).hexdigest()[:32]
        if not await limiter.hit(item, key):
            stats = await limiter.get_window_stats(item, key)
            return max(1, ceil(stats.reset_time - rt.clock.now().timestamp()))
    return 0
