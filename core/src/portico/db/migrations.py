"""Bringing a database's tables up to date, with Alembic.

Core and each plugin with tables is an owner: its own MetaData, its own scripts, and its own
version table, so that a plugin can come or go without touching another's history.
"""

from __future__ import annotations

import asyncio
import io
import logging
import sqlite3
import warnings
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from databases.core import DatabaseURL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from portico.db.database import check_url
from portico.db.errors import DatabaseError, translate
from portico.db.schema import SchemaOwner
from portico.db.types import EnumType, JSONType, UTCDateTime

__all__ = ["SchemaOwner", "autogenerate", "create_all", "pending", "upgrade"]

_log = logging.getLogger(__name__)

_ENVIRONMENT = Path(__file__).parent / "alembic"
_LOCK = 0x706F727469636F  # number of the advisory lock on PostgreSQL: "portico"
_LOCK_PAUSE = 0.2  # seconds between tries
_BUSY_SECONDS = 300.0  # how long a process waits for another one's migration on SQLite

_alembic = asyncio.Lock()  # Alembic keeps the migration that runs in a global


async def upgrade(url: str, owners: Sequence[SchemaOwner]) -> list[str]:
    """Apply what is missing, in the order of the owners; returns `owner:revision` for each.

    The revisions of an owner are one transaction: all or none. Of several processes one migrates
    while the others wait and then find nothing to do. Raises DatabaseUnavailable, DatabaseError
    when the tables are newer than the scripts, and what a migration itself raises.
    """
    applied: list[str] = []
    async with _alembic, _only_migrator(url):
        for owner in owners:
            if await _missing_for(url, owner):
                async with _transaction(url, write=True) as connection:
                    applied += await connection.run_sync(_upgrade, owner)
    return applied


async def pending(url: str, owners: Sequence[SchemaOwner]) -> list[str]:
    """What `upgrade` would apply. Changes nothing; raises as `upgrade` does."""
    async with _alembic:
        return [revision for owner in owners for revision in await _missing_for(url, owner)]


async def autogenerate(url: str, owner: SchemaOwner, message: str) -> list[Path]:
    """Write a revision file for how the database differs from the owner's MetaData, if it does.

    For developers, on a database at the newest revision. Read the file before you keep it: it has
    no sequences, and does not drop tables, as those might be another owner's. Returns the path.
    """
    async with _alembic, _transaction(url) as connection:
        return await connection.run_sync(_autogenerate, owner, message)


async def create_all(url: str, metadatas: Iterable[sa.MetaData]) -> None:
    """Make all tables at once, without migrations; for tests."""
    async with _transaction(url, write=True) as connection:
        for metadata in metadatas:
            await connection.run_sync(metadata.create_all)


async def _missing_for(url: str, owner: SchemaOwner) -> list[str]:
    async with _transaction(url) as connection:
        return await connection.run_sync(_missing, owner)


def _missing(connection: sa.Connection, owner: SchemaOwner) -> list[str]:
    context = MigrationContext.configure(connection, opts={"version_table": owner.version_table})
    scripts = ScriptDirectory.from_config(_config(owner))
    try:
        current = context.get_current_heads() or "base"
        missing = [script.revision for script in scripts.iterate_revisions("heads", current)]
    except (CommandError, RevisionError) as error:
        raise DatabaseError(
            f"The tables of {owner.name} are newer than this version of it: {error}"
        ) from error
    return [f"{owner.name}:{revision}" for revision in reversed(missing)]


def _upgrade(connection: sa.Connection, owner: SchemaOwner) -> list[str]:
    applied: list[str] = []

    def remember(step: Any, **_: Any) -> None:
        applied.extend(f"{owner.name}:{revision}" for revision in step.up_revision_ids)

    command.upgrade(_config(owner, connection, on_version_apply=remember), "heads")
    if connection.dialect.name == "sqlite" and (
        broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    ):
        raise DatabaseError(f"A migration of {owner.name} left a row without its parent: {broken}")
    for revision in applied:
        _log.info("Migrated the database: %s", revision)
    return applied


def _autogenerate(connection: sa.Connection, owner: SchemaOwner, message: str) -> list[Path]:
    config = _config(owner, connection, process_revision_directives=_leave_out_empty)
    with warnings.catch_warnings():
        # SQLAlchemy cannot read these back from SQLite; from PostgreSQL it compares them.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based")
        made = command.revision(
            config, message, autogenerate=True, version_path=str(owner.scripts.resolve())
        )
    scripts = made if isinstance(made, list) else [made]
    return [Path(script.path) for script in scripts if script is not None]


def _leave_out_empty(_: Any, __: Any, directives: list[MigrationScript]) -> None:
    if directives[0].upgrade_ops is not None and directives[0].upgrade_ops.is_empty():
        directives.clear()


def _config(owner: SchemaOwner, connection: sa.Connection | None = None, **options: Any) -> Config:
    """Alembic's configuration for an owner, with what `alembic/env.py` passes on."""
    config = Config(stdout=io.StringIO())
    for name, path in (("script_location", _ENVIRONMENT), ("version_locations", owner.scripts)):
        config.set_main_option(name, str(path).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["configure"] = {
        "connection": connection,
        "target_metadata": owner.metadata,
        "version_table": owner.version_table,
        "include_object": _is_of(owner),
        "render_item": _render_item,
        # SQLite cannot alter a table in place; Alembic copies it instead.
        "render_as_batch": True,
        **options,
    }
    return config


def _is_of(owner: SchemaOwner) -> Any:
    def include(item: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return not (kind == "table" and reflected and name not in owner.metadata.tables)

    return include


def _render_item(kind: str, item: Any, context: AutogenContext) -> str | bool:
    """Write Portico's column types as plain ones: a migration must not change when they do."""
    if kind != "type":
        return False
    if isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, JSONType):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    if isinstance(item, EnumType):
        return "sa.Text()"
    if isinstance(item, sa.Enum) and not item.native_enum and not item.create_constraint:
        return f"sa.String(length={item.length})"
    return False


@asynccontextmanager
async def _only_migrator(url: str) -> AsyncIterator[None]:
    """Wait until no other node migrates. (On SQLite the write transaction does that.)"""
    if check_url(url) == "sqlite":
        yield
        return
    try:
        connection = await asyncpg.connect(url)
    except Exception as error:
        raise translate(error) from error
    try:
        # Not pg_advisory_lock: a waiting statement would hold up CREATE INDEX CONCURRENTLY.
        locked = "SELECT pg_try_advisory_lock($1)"
        while not await connection.fetchval(locked, _LOCK):  # noqa: ASYNC110 - another process
            await asyncio.sleep(_LOCK_PAUSE)
        yield
    finally:
        await connection.close()  # gives up the lock


@asynccontextmanager
async def _transaction(url: str, *, write: bool = False) -> AsyncIterator[AsyncConnection]:
    """A connection of SQLAlchemy's own kind, which Alembic needs, in one transaction."""
    if check_url(url) == "postgresql":
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(url), poolclass=NullPool
        )
    else:
        path = DatabaseURL(url).database
        if not write and not Path(path).exists():  # noqa: ASYNC240 - instant, and not in a server
            path = ":memory:"  # looking must not create the file
        # The thread of a connection that cannot be opened would outlive the loop, and complain.
        try:
            sqlite3.connect(path).close()
        except sqlite3.Error as error:
            raise translate(error) from error
        engine = create_async_engine(
            sa.URL.create("sqlite+aiosqlite", database=path),
            connect_args={"timeout": _BUSY_SECONDS, "isolation_level": None},
            poolclass=NullPool,
        )
        # The module's own BEGIN would leave out DDL: a failed migration would stay half done.
        begin = "BEGIN IMMEDIATE" if write else "BEGIN"
        sa.event.listen(engine.sync_engine, "begin", lambda c: c.exec_driver_sql(begin))
    try:
        async with engine.begin() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        driver: Any = error.orig
        raise translate(getattr(driver, "__cause__", None) or driver) from error
    except OSError as error:
        raise translate(error) from error
    finally:
        await engine.dispose()
