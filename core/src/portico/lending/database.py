"""The database, lent for a plugin's own tables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.selectable import TableClause

from portico.db import Command, Database, Query

T = TypeVar("T")
_REMEMBERED = 1000
"""Statements are constants; a plugin that builds them anew each time must not fill the memory."""


class TableGuard:
    """Keeps a plugin to its own tables, so that core may change what lies behind its services."""

    def __init__(self, plugin: str, tables: frozenset[str]) -> None:
        self._plugin = plugin
        self._tables = tables
        self._allowed: set[Query[Any] | Command] = set()

    def check(self, statement: Query[T] | Command) -> None:
        """Raises PermissionError for a statement that reaches beyond the plugin's tables."""
        if statement in self._allowed:
            return
        for found in _reached(statement.statement):
            if found not in self._tables:
                raise PermissionError(
                    f"plugin {self._plugin!r} may use the tables it declares, not {found}"
                )
        if len(self._allowed) >= _REMEMBERED:
            self._allowed.clear()
        self._allowed.add(statement)


def _reached(statement: sa.ClauseElement) -> Iterator[str]:
    """The tables a statement names, and (quoted) SQL text, in which anything may be named."""
    target = getattr(statement, "table", None)
    if isinstance(target, TableClause):
        yield target.fullname if isinstance(target, sa.Table) else target.name
    for part in visitors.iterate(statement):
        if isinstance(part, sa.Table):
            yield part.fullname
        elif isinstance(part, TableClause):
            yield part.name
        elif isinstance(part, TextClause):
            yield repr(part.text)
        elif isinstance(part, ColumnClause) and part.is_literal and not _plain(part.name):
            yield repr(part.name)


def _plain(text: str) -> bool:
    """Literals such as ``*`` (of ``count(*)``), ``1`` or ``excluded.name`` name no table."""
    return text == "*" or text.replace(".", "").replace("_", "").isalnum()


class LentDatabase:
    """``PluginDatabase`` for one plugin."""

    __slots__ = ("_db", "_guard")

    def __init__(self, db: Database, guard: TableGuard) -> None:
        self._db = db
        self._guard = guard

    async def all(self, query: Query[T], /, **params: object) -> list[T]:
        self._guard.check(query)
        return await self._db.all(query, **params)

    async def one(self, query: Query[T], /, **params: object) -> T | None:
        self._guard.check(query)
        return await self._db.one(query, **params)

    async def run(self, command: Command, /, **params: object) -> int:
        self._guard.check(command)
        return await self._db.run(command, **params)

    async def run_many(self, command: Command, rows: Sequence[Mapping[str, object]]) -> None:
        self._guard.check(command)
        await self._db.run_many(command, rows)

    def transaction(self) -> AbstractAsyncContextManager[None]:
        return self._db.transaction()
