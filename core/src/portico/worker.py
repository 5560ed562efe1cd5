"""The worker: takes deliveries from the outbox and hands them to the handler of their kind.

Any number of workers share one outbox. A delivery is *leased*: the worker renews the lease while
it works, and what a killed worker held is taken over when its lease runs out. Handlers run outside
a transaction and may run twice for one delivery, so each is idempotent.
"""

import asyncio
import contextlib
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import structlog

from portico.db import Command, DatabaseError
from portico.domains import watch as domains
from portico.emails import cards
from portico.emails import deliver as emails
from portico.entitlements import file_news
from portico.events import handlers as own
from portico.events import queries
from portico.events.models import GIVE_UP, MAX_ATTEMPTS, Delivery, Lane
from portico.figures import days as figure_days
from portico.hooks.dispatch import PluginOff
from portico.hooks.errors import Refused, RetryLater
from portico.ids import new_id
from portico.licenses import past as past_licenses
from portico.licenses import service as licenses
from portico.orders import service as orders
from portico.runtime import Runtime

Handler = Callable[[Runtime, Delivery], Awaitable[timedelta | None]]
"""Does what the delivery says. What it returns: None when that is done, or when to do it again.

Raises ``RetryLater`` for what may pass, ``Refused`` for what never will (the delivery is dead at
once); after any other error it is tried again a few times before it is dead.
"""

SLOTS = 10
"""Deliveries worked on at a time, by each worker."""
RESERVED = 2
"""Slots that only the interactive lane may take: a sign-in mail always finds one free."""
POLL_SECONDS = 0.4
SCHEDULE_TURNS = 6
"""Every so many sixths of a lease a worker sees that periodic jobs are in the outbox."""
SHUTDOWN_SECONDS = 20.0

_log = structlog.get_logger("portico.worker")


def backoff(attempt: int) -> timedelta:
    """How long to wait after the ``attempt``-th failure: 4 s, 8 s ... 20 min, half of it chance."""
    seconds = min(2.0 * 2**attempt, 1200.0)
    return timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries


class Worker:
    """Works the outbox of one installation. ``handlers`` maps a delivery's kind to its handler."""

    def __init__(
        self, rt: Runtime, handlers: Mapping[str, Handler] | None = None, *, slots: int = SLOTS
    ) -> None:
        self._rt = rt
        self._handlers = all_handlers() if handlers is None else handlers
        self._schedules = handlers is None
        self._slots = slots
        self._general = max(slots - RESERVED, 1)
        self._running: dict[asyncio.Task[None], Delivery] = {}
        self._stopping = False
        self.lease = timedelta(seconds=rt.settings.worker_lease)
        self.id = new_id("wrk")

    async def run(self) -> None:
        """Work until ``stop`` is called; what is in hand then is finished, or given back."""
        keeper = asyncio.create_task(self._keep_leases())
        try:
            while not self._stopping:
                self._rt.wake.clear()
                if not await self._fill():
                    await self._rest()
        finally:
            keeper.cancel()
            await self._finish()

    def stop(self) -> None:
        """Claim nothing more; ``run`` returns when what is in hand is finished."""
        self._stopping = True
        self._rt.wake.set()

    async def drain(self, limit: int = 100_000) -> int:
        """Do everything that is due now, and what that causes; returns how much that was."""
        done = 0
        while done < limit:
            await self._take_back()
            claimed = await self._claim(self._general, Lane.BULK)
            if not claimed:
                break
            for delivery in claimed:
                await self._work(delivery)
            done += len(claimed)
        return done

    async def _fill(self) -> bool:
        """Start as many deliveries as there are free slots; whether there were any."""
        free = self._slots - len(self._running)
        if free <= 0:
            return False
        busy = sum(1 for one in self._running.values() if one.lane > Lane.INTERACTIVE)
        try:
            claimed = await self._claim(free, Lane.INTERACTIVE)
            if (room := min(free - len(claimed), self._general - busy)) > 0:
                claimed += await self._claim(room, Lane.BULK)
        except Exception as error:
            # Whatever it is (a row that this version cannot read, a database that is away): a
            # worker that ends says nothing and does nothing, one that goes on is heard.
            self._unavailable(error)
            return False
        for delivery in claimed:
            task = asyncio.create_task(self._work(delivery))
            self._running[task] = delivery
            task.add_done_callback(self._ended)
        return bool(claimed)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._rt.wake.set()  # a slot is free

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS * random.uniform(0.75, 1.25)):  # noqa: S311
                await self._rt.wake.wait()

    async def _claim(self, limit: int, last_lane: Lane) -> list[Delivery]:
        db, now = self._rt.db, self._rt.clock.now()
        lane = int(last_lane)
        if await db.one(queries.DUE, last_lane=lane, now=now) is None:
            return []
        claimed = await db.all(
            queries.CLAIM,
            last_lane=lane,
            now=now,
            limit=limit,
            lease_until=now + self.lease,
            worker=self.id,
        )
        return sorted(claimed, key=lambda one: (one.lane, one.next_at))

    async def _work(self, delivery: Delivery) -> None:
        log = _log.bind(delivery=delivery.id, kind=delivery.kind, store=delivery.store_id)
        try:
            again = await self._handle(delivery)
        except RetryLater as error:
            await self._put_off(delivery, error)
        except (Refused, PluginOff) as error:
            log.warning("delivery_refused", error=str(error))
            await self._bury(delivery, str(error))
        except Exception as error:
            # What a plugin raises is its own business; here it is one failed attempt.
            log.warning("delivery_failed", attempt=delivery.attempts, exc_info=True)
            await self._retry(delivery, error)
        else:
            await self._settle(delivery, again)

    async def _handle(self, delivery: Delivery) -> timedelta | None:
        if delivery.attempts > MAX_ATTEMPTS:
            raise Refused(f"Given up: {delivery.last_error or 'its worker stopped each time'}")
        handler = self._handlers.get(delivery.kind)
        if handler is None:
            # A newer node may have put it here during an upgrade; another worker may know it.
            raise RetryLater(
                timedelta(minutes=5), f"This version has no handler for {delivery.kind!r}."
            )
        return await handler(self._rt, delivery)

    async def _settle(self, delivery: Delivery, again: timedelta | None) -> None:
        if again is None:
            claimed = {"claimed_at": delivery.next_at}
            await self._change(delivery, queries.DONE, queries.ONCE_MORE, **claimed)
        else:
            await self._later(delivery, again, attempts=0, error=None)

    async def _put_off(self, delivery: Delivery, error: RetryLater) -> None:
        if self._rt.clock.now() - delivery.created_at > GIVE_UP:
            await self._bury(delivery, str(error))
        else:
            # Waiting is not failing: it does not count towards MAX_ATTEMPTS.
            attempts = delivery.attempts - 1
            await self._later(delivery, error.after, attempts=attempts, error=str(error))

    async def _retry(self, delivery: Delivery, error: Exception) -> None:
        message = f"{type(error).__name__}: {error}"
        if delivery.attempts >= MAX_ATTEMPTS:
            await self._bury(delivery, message)
        else:
            wait = backoff(delivery.attempts)
            await self._later(delivery, wait, attempts=delivery.attempts, error=message)

    async def _later(
        self, delivery: Delivery, after: timedelta, *, attempts: int, error: str | None
    ) -> None:
        next_at = self._rt.clock.now() + after
        await self._change(delivery, queries.LATER, next_at=next_at, attempts=attempts, error=error)

    async def _bury(self, delivery: Delivery, message: str) -> None:
        await self._change(delivery, queries.BURY, error=message)

    async def _change(self, delivery: Delivery, *commands: Command, **values: object) -> None:
        """Run the first of these commands that fits the delivery."""
        mine = {"delivery_id": delivery.id, "worker": self.id, "attempt": delivery.attempts}
        try:
            for command in commands:
                if await self._rt.db.run(command, **mine, **values):
                    return
            _log.warning("lease_lost", delivery=delivery.id, kind=delivery.kind)
        except DatabaseError as error:
            # The lease runs out and the delivery is done once more.
            _log.warning("outbox_unavailable", delivery=delivery.id, error=str(error))

    async def _keep_leases(self) -> None:
        """Renew what is in hand, take back what others' deaths have freed, see to the rounds."""
        for turn in itertools.count():
            try:
                if self._schedules and turn % SCHEDULE_TURNS == 0:
                    await own.schedule(self._rt)
                ids = [one.id for one in self._running.values()]
                if ids:
                    until = self._rt.clock.now() + self.lease
                    await self._rt.db.run(queries.RENEW, worker=self.id, ids=ids, lease_until=until)
                await self._take_back()
            except Exception as error:  # as in _fill; without its leases all is done twice
                self._unavailable(error)
            await asyncio.sleep(self.lease.total_seconds() / 6)

    def _unavailable(self, error: Exception) -> None:
        trace = None if isinstance(error, DatabaseError) else error
        _log.warning("outbox_unavailable", error=str(error), exc_info=trace)

    async def _take_back(self) -> None:
        now = self._rt.clock.now()
        if await self._rt.db.one(queries.ANY_EXPIRED, now=now) is not None:
            taken = await self._rt.db.run(queries.TAKE_BACK, now=now)
            _log.warning("leases_expired", count=taken)

    async def _finish(self) -> None:
        """Let what is in hand end; cancel and give back what takes too long."""
        if self._running:
            _, late = await asyncio.wait(list(self._running), timeout=SHUTDOWN_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        with contextlib.suppress(DatabaseError):
            await self._rt.db.run(queries.GIVE_BACK, worker=self.id)


def all_handlers() -> dict[str, Handler]:
    """Every kind of delivery core knows."""
    return {
        "mail": emails.deliver,
        "event": own.fan_out,
        "plugin_event": own.plugin_event,
        "job": own.job,
        "housekeeping": own.housekeeping,
        "license": licenses.deliver,
        "past_licenses": past_licenses.deliver,
        "hint": orders.read_back,
        "file_news": file_news.deliver,
        "card_expiring": cards.look,
        "domains": domains.look,
        "figure_days": figure_days.look,
    }
