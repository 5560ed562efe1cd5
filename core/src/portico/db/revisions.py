"""Whether a database's tables are at the newest revision, told without Alembic.

Nearly every start finds nothing to migrate, and Alembic is a large part of what a process would
load for that.
"""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
from databases.core import DatabaseURL

from portico.db.database import check_url
from portico.db.schema import SchemaOwner

__all__ = ["up_to_date"]


async def up_to_date(url: str, owners: Sequence[SchemaOwner]) -> bool:
    """Whether every owner's tables are at the newest of its revisions.

    Also False where the database does not answer: what is wrong then, `upgrade` says.
    """
    newest = {owner.version_table: _newest(owner.scripts) for owner in owners}
    wanted = {(table, revision) for table, revisions in newest.items() for revision in revisions}
    # The names of tables are ours and our plugins', checked when they were loaded.
    sql = " UNION ALL ".join(
        f"SELECT '{table}', version_num FROM \"{table}\""  # noqa: S608 - see above
        for table, revisions in newest.items()
        if revisions
    )
    if not sql:
        return True
    try:
        rows = await _fetch(url, sql)
    except (OSError, TimeoutError, asyncpg.PostgresError, sqlite3.Error):
        return False
    return {(str(table), str(revision)) for table, revision in rows} == wanted


async def _fetch(url: str, sql: str) -> Sequence[Sequence[Any]]:
    if check_url(url) == "postgresql":
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()
    # Opened as it is or not at all: looking must not create the file.
    path = Path(DatabaseURL(url).database).as_uri()
    with closing(sqlite3.connect(f"{path}?mode=rw", uri=True)) as opened:
        return opened.execute(sql).fetchall()


def _newest(scripts: Path) -> set[str]:
    """The revisions that no other one follows, from the files' own ``revision`` and
    ``down_revision`` (https://alembic.sqlalchemy.org/en/latest/tutorial.html)."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in scripts.glob("*.py"):
        said = _assigned(ast.parse(path.read_bytes()))
        if "revision" in said:
            revisions.add(said["revision"])
            before = said.get("down_revision") or ()
            followed.update((before,) if isinstance(before, str) else before)
    return revisions - followed


def _assigned(module: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = list(zip(names, values, strict=True))
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = [(target, value)]
            case _:
                continue
        for target, value in pairs:
            if isinstance(target, ast.Name) and target.id in ("revision", "down_revision"):
                found[target.id] = ast.literal_eval(value)
    return found
