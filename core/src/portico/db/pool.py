"""Who may use which connection now: a fixed number of places, oldest waiter first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable
from typing import Any, Generic, TypeVar

from portico.db.errors import DatabaseUnavailable

__all__ = ["WAIT_SECONDS", "Places", "finish"]

C = TypeVar("C")
R = TypeVar("R")

WAIT_SECONDS = 30.0  # how long a statement waits for its turn before it gives up


class Places(Generic[C]):
    """Connections that are free, and the tasks that wait for one.

    A connection that comes back goes straight to the oldest waiter, so none starves and the
    usual case (one is free) costs a list's pop. The one used last is handed out first.
    """

    def __init__(self) -> None:
        self._open = False
        self._free: list[C] = []
        self._waiting: deque[asyncio.Future[C]] = deque()

    @property
    def free(self) -> int:
        """How many connections nobody uses."""
        return len(self._free)

    def open(self, connections: Iterable[C]) -> None:
        """Start handing out these."""
        self._free = list(connections)
        self._open = True

    async def take(self) -> C:
        """A connection. Raises DatabaseUnavailable when closed, or none is free in WAIT_SECONDS."""
        if not self._open:
            raise DatabaseUnavailable("The database is not connected")
        if self._free:
            return self._free.pop()
        place: asyncio.Future[C] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await place
        except BaseException as error:
            # Cancelled after the hand-over: the connection is ours to pass on.
            if place.done() and not place.cancelled():
                if place.exception() is None:
                    self.give(place.result())
            else:
                place.cancel()
            if isinstance(error, TimeoutError):
                raise DatabaseUnavailable(
                    f"No connection to the database became free in {WAIT_SECONDS:.0f} seconds"
                ) from None
            raise

    def give(self, connection: C, *, last: bool = False) -> None:
        """Put a connection back; with `last` it is handed out after all others."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(connection)
                return
        if last:
            self._free.insert(0, connection)
        else:
            self._free.append(connection)

    async def close(self, total: int, seconds: float) -> None:
        """Hand out no more, and wait up to `seconds` until all `total` connections are back."""
        self._open = False
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_exception(DatabaseUnavailable("The database is being closed"))
        deadline = asyncio.get_running_loop().time() + seconds
        while (  # noqa: ASYNC110 - once per process, when it ends
            len(self._free) < total and asyncio.get_running_loop().time() < deadline
        ):
            await asyncio.sleep(0.01)
        self._free = []


async def finish(work: Coroutine[Any, Any, R]) -> R:
    """Do `work` to its end even if the caller is cancelled meanwhile, then be cancelled.

    Commit, rollback and clean-up must not stop half-way when a client goes away.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
        except Exception:
            break  # the work's own error; result() raises it below
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # seen; the cancellation is what the caller gets
        raise cancelled
    return task.result()
