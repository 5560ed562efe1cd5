"""The database as the rest of Portico sees it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import databases
from databases.core import DatabaseURL
from typing_extensions import override

from portico.db.backend import Backend, Operation
from portico.db.dialects import DialectName
from portico.db.errors import DatabaseError, TransactionAborted, translate
from portico.db.plan import Plan
from portico.db.statements import Command, Query
from portico.errors import ConfigurationError

__all__ = ["Database", "check_url"]

T = TypeVar("T")

# Ours replace the library's: its SQLite opens a connection per statement and begins deferred,
# its PostgreSQL loses connections when a statement is cancelled.
databases.Database.SUPPORTED_BACKENDS.update(
    postgresql="portico.db.postgres:PostgresBackend",
    sqlite="portico.db.sqlite:SQLiteBackend",
)

_savepoints = itertools.count(1)


def check_url(url: str) -> DialectName:
    """The dialect of a database URL. Raises ConfigurationError with what is accepted."""
    parsed = DatabaseURL(url)
    if parsed.scheme == "postgresql" and parsed.database:
        return "postgresql"
    absolute = parsed.scheme == "sqlite" and not parsed.netloc and parsed.database[:1] == "/"
    if absolute and len(parsed.database) > 1 and not parsed.components.query:
        return "sqlite"
    raise ConfigurationError(
        "PORTICO_DATABASE_URL must be postgresql://user:password@host/database or "
        f"sqlite:////absolute/path.db, not {parsed.obscure_password!r}"
    )


class _Scope:
    """An open root transaction: its connection and the task that may use it."""

    __slots__ = ("after_commit", "connection", "ended", "failed", "readonly", "task")

    def __init__(self, connection: Any, task: asyncio.Task[Any] | None, readonly: bool) -> None:
        self.connection = connection
        self.task = task
        self.readonly = readonly
        self.failed = False
        self.ended = False
        self.after_commit: list[Callable[[], object]] = []


class Database:
    """Runs statements on PostgreSQL or SQLite and turns rows into objects.

    `url` is `postgresql://user:password@host/database` (with libpq's options as asyncpg reads
    them) or `sqlite:////absolute/path.db`; anything else raises ConfigurationError. `pool_size`
    is how many connections to PostgreSQL there are at most, `readers` how many connections read
    from SQLite beside the one that writes.

    Every method may raise DatabaseUnavailable, and IntegrityError or another DatabaseError when
    the database refuses the statement; TypeError for a missing or an unknown parameter; and
    RuntimeError when a child task uses its parent's open transaction.
    """

    dialect: DialectName

    def __init__(self, url: str, *, pool_size: int = 10, readers: int = 4) -> None:
        self.dialect = check_url(url)
        self._library = databases.Database(url, pool_size=pool_size, readers=readers)
        self._backend = cast("Backend[Any]", self._library._backend)
        self._scope: ContextVar[_Scope | None] = ContextVar("portico.db.scope", default=None)

    async def connect(self) -> None:
        """Open the connections (PostgreSQL: one, the others when needed)."""
        try:
            await self._library.connect()
        except Exception as error:
            raise translate(error) from error

    async def disconnect(self) -> None:
        """Wait a few seconds for what is running, then close the connections."""
        await self._library.disconnect()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()

    @property
    def idle_connections(self) -> tuple[int, int]:
        """How many connections nobody uses right now, and how many there are."""
        return self._backend.idle()

    @property
    def in_transaction(self) -> bool:
        """Whether the current task is inside a transaction."""
        scope = self._scope.get()
        return scope is not None and not scope.ended and scope.task is asyncio.current_task()

    async def all(self, query: Query[T], /, **params: object) -> list[T]:
        """All rows."""
        plan = query.plan(self.dialect)
        return plan.build(await self._run(self._backend.rows, plan, plan.bind(params)))

    async def one(self, query: Query[T], /, **params: object) -> T | None:
        """The first row, or None when there is none."""
        plan = query.plan(self.dialect)
        found = plan.build(await self._run(self._backend.row, plan, plan.bind(params)))
        return found[0] if found else None

    async def run(self, command: Command, /, **params: object) -> int:
        """Run a command and return how many rows it changed."""
        plan = command.plan(self.dialect)
        return cast(int, await self._run(self._backend.count, plan, plan.bind(params)))

    async def run_many(self, command: Command, rows: Sequence[Mapping[str, object]]) -> None:
        """Run a command once per mapping of parameters, all or none."""
        if rows:
            plan = command.plan(self.dialect)
            await self._run(self._backend.many, plan, [plan.bind(row) for row in rows])

    def after_commit(self, callback: Callable[[], object]) -> None:
        """Call `callback` once the current transaction is committed, or now if there is none.

        It is a plain function that cannot fail, such as an event's `set`; it is not called when
        the transaction is rolled back (a rolled back savepoint does not count as that).
        """
        scope = self._scope.get()
        if scope is None or scope.ended:
            callback()
        else:
            scope.after_commit.append(callback)

    def transaction(self, *, readonly: bool = False) -> AbstractAsyncContextManager[None]:
        """Commit at the end of the block, roll back when an exception leaves it.

        Inside another transaction of the same task it is a savepoint. A readonly one sees one
        snapshot of the database, and on SQLite does not wait for the writer. After a statement
        failed, only leaving the (innermost) transaction is possible: catch around a nested one.
        """
        return _Transaction(self, readonly)

    async def _run(self, operation: Operation[Any], plan: Plan, arguments: Sequence[Any]) -> Any:
        scope = self._scope.get()
        if scope is None or scope.ended:
            return await self._backend.outside(operation, plan, arguments)
        self._check(scope)
        if scope.readonly and plan.writes:
            raise RuntimeError(f"a read-only transaction cannot run: {plan.sql}")
        try:
            return await operation(scope.connection, plan, arguments)
        except BaseException as error:
            scope.failed = True
            if isinstance(error, Exception):
                raise translate(error, plan.table) from error
            raise

    def _check(self, scope: _Scope) -> None:
        if scope.task is not asyncio.current_task():
            raise RuntimeError(
                "This task was started inside a transaction of another task and cannot use the "
                "database until that has ended (gather, create_task, and wait_for before "
                "Python 3.12 start tasks). Await the calls one after the other instead."
            )
        if scope.failed:
            raise TransactionAborted(
                "An earlier statement of this transaction failed; to go on after an error, "
                "catch it around a nested transaction()"
            )


class _Transaction(AbstractAsyncContextManager[None]):
    __slots__ = ("_database", "_readonly", "_root", "_savepoint", "_scope")

    def __init__(self, database: Database, readonly: bool) -> None:
        self._database = database
        self._readonly = readonly

    @override
    async def __aenter__(self) -> None:
        database = self._database
        outer = database._scope.get()
        self._root = outer is None or outer.ended
        if outer is None or outer.ended:
            connection = await database._backend.begin(readonly=self._readonly)
            self._scope = _Scope(connection, asyncio.current_task(), self._readonly)
            database._scope.set(self._scope)
            return
        database._check(outer)
        if outer.readonly and not self._readonly:
            raise RuntimeError("a read-only transaction cannot contain one that writes")
        self._scope = outer
        self._savepoint = f"portico_{next(_savepoints)}"
        await self._command(f"SAVEPOINT {self._savepoint}")

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failed = self._scope.failed
        if self._root:
            await self._end_root(commit=kind is None and not failed)
        elif kind is not None or failed:
            # When this fails too, the scope stays failed, and the root transaction rolls back.
            with suppress(DatabaseError):
                await self._command(f"ROLLBACK TO {self._savepoint}")
                await self._command(f"RELEASE {self._savepoint}")
                self._scope.failed = False
        else:
            await self._command(f"RELEASE {self._savepoint}")
        if failed and kind is None:
            raise TransactionAborted("A statement failed, so the transaction was rolled back")

    async def _end_root(self, *, commit: bool) -> None:
        scope, backend = self._scope, self._database._backend
        scope.ended = True
        self._database._scope.set(None)
        if commit:
            await backend.commit(scope.connection)
            for callback in scope.after_commit:
                callback()
        else:
            await backend.rollback(scope.connection)

    async def _command(self, sql: str) -> None:
        try:
            await self._database._backend.command(self._scope.connection, sql)
        except BaseException as error:
            self._scope.failed = True
            if isinstance(error, Exception):
                raise translate(error) from error
            raise
