"""Makes all tables of an empty test database in one go; much faster than one by one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable

import asyncpg
import sqlalchemy as sa
from databases.core import DatabaseURL
from sqlalchemy.dialects import postgresql, sqlite

_scripts: dict[tuple[str, tuple[int, ...]], str] = {}


async def create_schema(url: str, metadatas: Iterable[sa.MetaData]) -> None:
    """Create the tables of every MetaData in the empty database at ``url``."""
    wanted = tuple(metadatas)
    parsed = DatabaseURL(url)
    if parsed.scheme == "sqlite":
        await asyncio.to_thread(_create_sqlite, parsed.database, _script("sqlite", wanted))
        return
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_script("postgresql", wanted))
    finally:
        await connection.close()


def _create_sqlite(path: str, script: str) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.executescript(f"BEGIN; {script}; COMMIT;")
    finally:
        connection.close()


def _script(name: str, metadatas: tuple[sa.MetaData, ...]) -> str:
    """The statements that ``create_all`` would run, written down once per process."""
    key = (name, tuple(id(one) for one in metadatas))
    if key not in _scripts:
        statements: list[str] = []
        dialect = postgresql.dialect() if name == "postgresql" else sqlite.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves these two untyped

        def note(statement: sa.schema.ExecutableDDLElement, *_: object, **__: object) -> None:
            statements.append(str(statement.compile(dialect=dialect)).strip())

        engine = sa.create_mock_engine(f"{name}://", note)
        for metadata in metadatas:
            metadata.create_all(engine, checkfirst=False)
        _scripts[key] = ";\n".join(statements)
    return _scripts[key]
