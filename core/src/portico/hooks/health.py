"""How plugins' hooks do: counted in memory, added to the database every few seconds.

Counters are added, not set, so any number of nodes count into the same row.
"""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from portico.activation import queries
from portico.clock import Clock
from portico.db import Database, DatabaseError
from portico.hooks.timing import step_of

FLUSH_SECONDS = 5.0
_log = structlog.get_logger("portico.plugins")

Key = tuple[str, str, str]
"""Plugin, store id ('' for none), hook."""


@dataclass(slots=True)
class Counts:
    """What happened since the last flush."""

    calls: int = 0
    errors: int = 0
    timeouts: int = 0
    total_ms: float = 0.0
    steps: dict[int, int] = field(default_factory=dict)
    """Calls by how long they took (``portico.hooks.timing``)."""
    last_error: str | None = None
    last_error_at: datetime | None = None

    def took(self, seconds: float) -> None:
        """Count a call of this length."""
        self.calls += 1
        self.total_ms += seconds * 1000
        step = step_of(seconds)
        self.steps[step] = self.steps.get(step, 0) + 1

    def add(self, other: "Counts") -> None:
        """Take over what another one counted earlier."""
        self.calls += other.calls
        self.errors += other.errors
        self.timeouts += other.timeouts
        self.total_ms += other.total_ms
        for step, calls in other.steps.items():
            self.steps[step] = self.steps.get(step, 0) + calls
        if self.last_error is None:
            self.last_error, self.last_error_at = other.last_error, other.last_error_at


class Health:
    """Counts calls, and writes the counts now and then."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._counts: dict[Key, Counts] = {}
        self.totals: Counter[tuple[str, str, str]] = Counter()
        """Calls of this process by plugin, hook and outcome, for metrics."""
        self._task: asyncio.Task[None] | None = None

    def answered(self, key: Key, seconds: float) -> None:
        """A hook answered."""
        self.totals[key[0], key[2], "answered"] += 1
        self._of(key).took(seconds)

    def failed(self, key: Key, seconds: float, what: str) -> None:
        """A hook raised, or answered with a wrong type."""
        self.totals[key[0], key[2], "failed"] += 1
        counts = self._failure(key, what)
        counts.took(seconds)
        counts.errors += 1

    def timed_out(self, key: Key, seconds: float, what: str) -> None:
        """A hook did not answer in time."""
        self.totals[key[0], key[2], "timed_out"] += 1
        counts = self._failure(key, what)
        counts.took(seconds)
        counts.timeouts += 1

    def noticed(self, key: Key, what: str) -> None:
        """Something is wrong with a hook besides the answer of one call."""
        self.totals[key[0], key[2], "noticed"] += 1
        self._failure(key, what).errors += 1

    def _failure(self, key: Key, what: str) -> Counts:
        counts = self._of(key)
        counts.last_error, counts.last_error_at = what[:500], self._clock.now()
        return counts

    def _of(self, key: Key) -> Counts:
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = Counts()
        return counts

    async def flush(self) -> None:
        """Write what has been counted. What cannot be written now is kept for the next time."""
        taken, self._counts = self._counts, {}
        if not taken:
            return
        rows = [
            {
                "plugin": plugin, "store_id": store_id, "hook": hook, "calls": one.calls,
                "errors": one.errors, "timeouts": one.timeouts, "total_ms": round(one.total_ms),
                "last_error": one.last_error, "last_error_at": one.last_error_at,
            }
            for (plugin, store_id, hook), one in sorted(taken.items())  # one order: no deadlock
        ]  # fmt: skip
        steps = [
            {"plugin": plugin, "store_id": store_id, "hook": hook, "step": step, "calls": calls}
            for (plugin, store_id, hook), one in sorted(taken.items())
            for step, calls in sorted(one.steps.items())
        ]
        try:
            async with self._db.transaction():
                await self._db.run_many(queries.ADD_HEALTH, rows)
                await self._db.run_many(queries.ADD_STEPS, steps)
        except DatabaseError as error:
            _log.warning("plugin_health_not_written", error=str(error))
            for key, counts in taken.items():
                self._of(key).add(counts)

    def start(self) -> None:
        """Flush every few seconds from now on."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop, and write what is left."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self.flush()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()
