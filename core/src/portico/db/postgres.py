"""PostgreSQL through asyncpg."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

import asyncpg
from databases.core import DatabaseURL
from typing_extensions import override

from portico.db.backend import Backend, Operation
from portico.db.dialects import DialectName
from portico.db.errors import DatabaseUnavailable, TransactionAborted, translate
from portico.db.plan import Plan
from portico.db.pool import Places, finish

__all__ = ["PLAN_ONCE", "PostgresBackend"]

_CONNECT_SECONDS = 10.0
_CLEAN_SECONDS = 10.0
_COMMIT_SECONDS = 30.0
_CLOSE_SECONDS = 10.0
_IDLE_SECONDS = 300.0  # firewalls forget silent connections; a new one is opened instead
_CACHED_STATEMENTS = 512
# Each statement is planned once per connection: left alone, the server plans the first five runs
# anew (20 ms for a page's statement), and may decide to compile one that takes a millisecond.
PLAN_ONCE = "SET plan_cache_mode = force_generic_plan; SET jit = off"
# Times that are written as text (portico.db.packing) are in UTC and in ISO 8601.
_SETTINGS = {"timezone": "UTC", "datestyle": "ISO"}


if TYPE_CHECKING:
    _Base = asyncpg.Connection[asyncpg.Record]
else:
    _Base = asyncpg.Connection  # generic in its stubs only


class _Connection(_Base):
    """A connection that remembers when it was last used."""

    last_used: float

    @override
    def get_reset_query(self) -> str:
        return ""  # Portico uses no session state (no SET, LISTEN, advisory locks) on these


class PostgresBackend(Backend[_Connection]):
    """A few connections, opened when first needed.

    asyncpg's own pool costs half a round trip per statement and can hang when a statement is
    cancelled; here a connection that was cancelled is rolled back or replaced before reuse.
    """

    dialect: ClassVar[DialectName] = "postgresql"

    def __init__(self, url: DatabaseURL | str, *, pool_size: int, **_: object) -> None:
        self._url = str(url)
        self._size = pool_size
        self._places: Places[_Connection | None] = Places()  # None: not open yet, or broken
        self._opened: set[_Connection] = set()

    @override
    async def connect(self) -> None:
        first = await self._open()
        self._places.open([*[None] * (self._size - 1), first])

    @override
    async def disconnect(self) -> None:
        await self._places.close(self._size, _CLOSE_SECONDS)
        opened, self._opened = self._opened, set()
        try:
            for connection in opened:
                with suppress(Exception):  # the server may be gone already
                    await connection.close(timeout=_CLEAN_SECONDS)
        finally:
            for connection in opened:
                connection.terminate()

    @override
    def idle(self) -> tuple[int, int]:
        return self._places.free, self._size

    async def _open(self) -> _Connection:
        connection = await asyncpg.connect(
            self._url,
            connection_class=_Connection,
            timeout=_CONNECT_SECONDS,
            statement_cache_size=_CACHED_STATEMENTS,
            server_settings=_SETTINGS,
        )
        await connection.execute(PLAN_ONCE)
        connection.last_used = time.monotonic()
        self._opened.add(connection)
        return connection

    async def _take(self) -> _Connection:
        connection = await self._places.take()
        if (
            connection is not None
            and not connection.is_closed()
            and time.monotonic() - connection.last_used < _IDLE_SECONDS
        ):
            return connection
        if connection is not None:
            self._drop(connection)
        try:
            return await self._open()
        except BaseException as error:
            self._places.give(None, last=True)
            if isinstance(error, Exception):
                raise translate(error) from error
            raise

    def _give(self, connection: _Connection) -> None:
        connection.last_used = time.monotonic()
        self._places.give(connection)

    def _drop(self, connection: _Connection) -> None:
        self._opened.discard(connection)
        connection.terminate()

    async def _clean(self, connection: _Connection) -> None:
        """Give back a connection of which nothing is known, or replace it when it is broken."""
        try:
            async with asyncio.timeout(_CLEAN_SECONDS):
                # An empty query waits for what was cancelled, and tells the transaction's state.
                await connection.execute("")
                if connection.is_in_transaction():
                    await connection.execute("ROLLBACK")
        except BaseException as error:
            self._drop(connection)
            self._places.give(None, last=True)
            if not isinstance(error, Exception):
                raise
        else:
            self._give(connection)

    @override
    async def outside(
        self, operation: Operation[_Connection], plan: Plan, arguments: Sequence[Any]
    ) -> Any:
        connection = await self._take()
        try:
            result = await operation(connection, plan, arguments)
        except BaseException as error:
            if isinstance(error, asyncpg.PostgresError) and not connection.is_closed():
                self._give(connection)  # the server refused the statement; nothing is pending
            else:
                await finish(self._clean(connection))
            if isinstance(error, Exception):
                raise translate(error, plan.table) from error
            raise
        self._give(connection)
        return result

    @override
    async def rows(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        return await connection.fetch(plan.sql, *arguments)

    @override
    async def row(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        row = await connection.fetchrow(plan.sql, *arguments)
        return () if row is None else (row,)

    @override
    async def count(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        # the command's tag, e.g. "UPDATE 3" or "INSERT 0 1"
        tag = (await connection.execute(plan.sql, *arguments)).rpartition(" ")[2]
        return int(tag) if tag.isdigit() else 0

    @override
    async def many(self, connection: _Connection, plan: Plan, arguments: Sequence[Any]) -> Any:
        await connection.executemany(plan.sql, arguments)

    @override
    async def begin(self, *, readonly: bool) -> _Connection:
        connection = await self._take()
        try:
            await connection.execute(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if readonly else "BEGIN"
            )
        except BaseException as error:
            await finish(self._clean(connection))
            if isinstance(error, Exception):
                raise translate(error) from error
            raise
        return connection

    @override
    async def command(self, connection: _Connection, sql: str) -> None:
        await connection.execute(sql)

    @override
    async def commit(self, connection: _Connection) -> None:
        await finish(self._commit(connection))

    async def _commit(self, connection: _Connection) -> None:
        try:
            async with asyncio.timeout(_COMMIT_SECONDS):
                tag = await connection.execute("COMMIT")
        except TimeoutError:
            self._drop(connection)
            self._places.give(None, last=True)
            raise DatabaseUnavailable("The database did not answer a commit in time") from None
        except BaseException as error:
            await self._clean(connection)
            if isinstance(error, Exception):
                raise translate(error) from error
            raise
        self._give(connection)
        if tag == "ROLLBACK":
            raise TransactionAborted("The transaction was rolled back instead of committed")

    @override
    async def rollback(self, connection: _Connection) -> None:
        await finish(self._clean(connection))
