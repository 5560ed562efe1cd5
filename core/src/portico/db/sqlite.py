"""SQLite through aiosqlite: one connection writes, a few others read."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar, TypeVar

import aiosqlite
from databases.core import DatabaseURL
from typing_extensions import override

from portico.db.backend import Backend, Operation
from portico.db.dialects import DialectName
from portico.db.errors import translate
from portico.db.plan import Plan
from portico.db.pool import WAIT_SECONDS, Places, finish

__all__ = ["SQLiteBackend"]

T = TypeVar("T")

_CLOSE_SECONDS = 10.0
_CACHED_STATEMENTS = 512
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02  # seconds between tries to begin
_READER_BUSY_MS = 5000  # readers wait only while another process recovers or closes the file


class _Connection(aiosqlite.Connection):
    """A connection and its thread. What runs on it runs one after the other, in order."""

    def __init__(self, path: str, places: Places[_Connection]) -> None:
        super().__init__(
            lambda: sqlite3.connect(
                path,
                timeout=WAIT_SECONDS,
                isolation_level=None,  # the module must not begin transactions by itself
                cached_statements=_CACHED_STATEMENTS,
                check_same_thread=False,
            ),
            iter_chunk_size=64,
        )
        # A process that ends without closing its database must not hang; SQLite is crash-safe.
        self._thread.daemon = True
        self.places = places

    def join(self) -> None:
        """Block until the thread has ended."""
        self._thread.join()

    def call(self, work: Callable[..., T], *arguments: Any) -> Awaitable[T]:
        """Run `work(sqlite3 connection, *arguments)` in the thread: one hop for several steps."""
        return self._execute(work, self._conn, *arguments)  # type: ignore[no-untyped-call]  # aiosqlite


def _fetch_all(raw: sqlite3.Connection, sql: str, arguments: Sequence[Any]) -> list[Any]:
    return raw.execute(sql, arguments).fetchall()


def _fetch_first(raw: sqlite3.Connection, sql: str, arguments: Sequence[Any]) -> list[Any]:
    # All rows of a RETURNING must be stepped through, or the change stays open.
    return raw.execute(sql, arguments).fetchall()[:1]


def _count(raw: sqlite3.Connection, sql: str, arguments: Sequence[Any]) -> int:
    return max(raw.execute(sql, arguments).rowcount, 0)


def _many(raw: sqlite3.Connection, sql: str, arguments: Sequence[Any]) -> None:
    raw.executemany(sql, arguments)


def _script(raw: sqlite3.Connection, *statements: str) -> None:
    for statement in statements:
        raw.execute(statement)


def _rollback(raw: sqlite3.Connection) -> None:
    if raw.in_transaction:
        raw.execute("ROLLBACK")


def _commit(raw: sqlite3.Connection) -> None:
    try:
        raw.execute("COMMIT")
    except BaseException:
        _rollback(raw)
        raise


class SQLiteBackend(Backend[_Connection]):
    """One writer, so that no transaction of this process ever meets another one, and readers
    that see the last committed state meanwhile (WAL).
    """

    dialect: ClassVar[DialectName] = "sqlite"

    def __init__(self, url: DatabaseURL | str, *, readers: int, **_: object) -> None:
        self._path = DatabaseURL(url).database
        self._reader_count = readers
        self._writer: Places[_Connection] = Places()
        self._readers: Places[_Connection] = Places()
        self._opened: list[_Connection] = []

    @override
    async def connect(self) -> None:
        try:
            writer = await self._open(self._writer)
            await writer.call(_script, "PRAGMA busy_timeout=0")  # see _begin
            readers = [await self._open(self._readers) for _ in range(self._reader_count)]
            for reader in readers:
                await reader.call(
                    _script, "PRAGMA query_only=ON", f"PRAGMA busy_timeout={_READER_BUSY_MS}"
                )
        except BaseException:
            await finish(self._close())
            raise
        self._writer.open([writer])
        self._readers.open(readers)

    @override
    async def disconnect(self) -> None:
        await self._readers.close(self._reader_count, _CLOSE_SECONDS)
        await self._writer.close(1, _CLOSE_SECONDS)
        await finish(self._close())

    @override
    def idle(self) -> tuple[int, int]:
        return self._writer.free + self._readers.free, len(self._opened)

    async def _open(self, places: Places[_Connection]) -> _Connection:
        connection = _Connection(self._path, places)
        try:
            await connection
        except Exception:
            # Its thread still reports to the loop that it stops; let it, before the loop closes.
            await asyncio.to_thread(connection.join)
            raise
        self._opened.append(connection)
        # Switching the file to WAL fails at once where another process opens it too.
        await _until_free(lambda: connection.call(_script, "PRAGMA journal_mode=WAL"))
        await connection.call(_script, "PRAGMA synchronous=NORMAL", "PRAGMA foreign_keys=ON")
        return connection

    async def _close(self) -> None:
        opened, self._opened = self._opened, []
        for connection in opened:
            await connection.close()

    async def _clean(self, connection: _Connection) -> None:
        """Give back a connection on which something may still run, when that has ended."""
        try:
            await connection.call(_rollback)
        finally:
            connection.places.give(connection)

    async def _recover(self, connection: _Connection, error: BaseException) -> None:
        """Give back a connection after `error`, with nothing running and no transaction on it."""
        if not isinstance(error, Exception):
            await connection.interrupt()  # the caller went away; do not finish a long query
        await finish(self._clean(connection))

    @override
    async def outside(
        self, operation: Operation[_Connection], plan: Plan, arguments: Sequence[Any]
    ) -> Any:
        if plan.writes:
            connection = await self.begin(readonly=False)
            try:
                result = await operation(connection, plan, arguments)
            except BaseException as error:
                await self._recover(connection, error)
                if isinstance(error, Exception):
                    raise translate(error, plan.table) from error
                raise
            await self.commit(connection)
            return result
        connection = await self._readers.take()
        try:
            result = await operation(connection, plan, arguments)
        except BaseException as error:
            await self._recover(connection, error)
            if isinstance(error, Exception):
                raise translate(error, plan.table) from error
            raise
        connection.places.give(connection)
        return result

    @override
    async def rows(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        return await connection.call(_fetch_all, plan.sql, arguments)

    @override
    async def row(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        return await connection.call(_fetch_first, plan.sql, arguments)

    @override
    async def count(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        return await connection.call(_count, plan.sql, arguments)

    @override
    async def many(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        await connection.call(_many, plan.sql, arguments)

    @override
    async def begin(self, *, readonly: bool) -> _Connection:
        connection = await (self._readers if readonly else self._writer).take()
        try:
            if readonly:
                await connection.call(_script, "BEGIN")
            else:
                # At the start, so that a transaction never has to turn from reading to writing.
                await _until_free(lambda: connection.call(_script, "BEGIN IMMEDIATE"))
        except BaseException as error:
            await self._recover(connection, error)
            if isinstance(error, Exception):
                raise translate(error) from error
            raise
        return connection

    @override
    async def command(self, connection: _Connection, sql: str) -> None:
        await connection.call(_script, sql)

    @override
    async def commit(self, connection: _Connection) -> None:
        await finish(self._commit(connection))

    async def _commit(self, connection: _Connection) -> None:
        try:
            await connection.call(_commit)
        except Exception as error:
            raise translate(error) from error
        finally:
            connection.places.give(connection)

    @override
    async def rollback(self, connection: _Connection) -> None:
        await finish(self._clean(connection))


async def _until_free(attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until no other process holds the lock, for at most WAIT_SECONDS.

    SQLite's own waiting sleeps ever longer, so that a newcomer overtakes; random pauses are fair.
    """
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    pause = _SHORTEST_PAUSE
    while True:
        try:
            return await attempt()
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
            if not busy or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - only spreads retries
        pause = min(pause * 2, _LONGEST_PAUSE)
