"""What statements the product runs on PostgreSQL, and how they are planned there."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from portico.db import Database
from portico.db.postgres import PLAN_ONCE


@dataclass
class Statements:
    """Every statement that ran, by its text, with the arguments it ran with first."""

    seen: dict[str, list[Any]] = field(default_factory=dict)


@contextmanager
def listening() -> Iterator[Statements]:
    """Collect what this process runs on its databases."""
    found, original = Statements(), Database._run

    async def run(self: Database, operation: Any, plan: Any, arguments: Any) -> Any:
        once = arguments[0] if operation.__name__ == "many" else arguments
        found.seen.setdefault(plan.sql, list(once))
        return await original(self, operation, plan, arguments)

    Database._run = run  # type: ignore[method-assign]  # put back below
    try:
        yield found
    finally:
        Database._run = original  # type: ignore[method-assign]


@asynccontextmanager
async def planner(url: str, *, without_scans: bool = False) -> AsyncIterator[Any]:
    """A connection that plans as the product's do: once for all values, so without knowing any.

    ``without_scans``: scan a table only where no index serves.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(PLAN_ONCE)
        if without_scans:
            await connection.execute("SET enable_seqscan = off")
        yield connection
    finally:
        await connection.close()


async def large_tables(connection: Any, least: int) -> set[str]:
    """Tables with at least so many rows."""
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= $1", float(least)
    )
    return {row["relname"] for row in rows}


async def scans(connection: Any, found: Statements, large: set[str]) -> list[str]:
    """Statements whose plan reads a whole large table."""
    bad = []
    for sql, arguments in found.seen.items():
        plan = await _explain(connection, "", sql, arguments)
        tables_read = large & set(_scanned(plan))
        if tables_read:
            bad.append(f"{', '.join(sorted(tables_read))}: {sql}")
    return bad


async def blocks_read(connection: Any, found: Statements) -> int:
    """How many blocks of tables and indexes the statements read, from disk or memory.

    Those that write are left out: what has been written cannot be written once more.
    """
    total = 0
    for sql, arguments in found.seen.items():
        if sql.startswith(("SELECT", "WITH")):
            plan = await _explain(connection, "ANALYZE, BUFFERS,", sql, arguments)
            total += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return total


async def _explain(connection: Any, how: str, sql: str, arguments: Sequence[Any]) -> dict[str, Any]:
    # Explained by itself a statement's parameters would count as known, and the plan be another.
    await connection.execute(f"PREPARE explained AS {sql}")
    values = f"({', '.join(map(_literal, arguments))})" if arguments else ""
    try:
        answer = await connection.fetchval(f"EXPLAIN ({how} FORMAT JSON) EXECUTE explained{values}")
    finally:
        await connection.execute("DEALLOCATE explained")
    plan: dict[str, Any] = json.loads(answer)[0]["Plan"]
    return plan


def _literal(value: Any) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int() | float():
            return str(value).lower()
        case list():
            return f"'{{{', '.join(json.dumps(str(one)) for one in value)}}}'"
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def _scanned(node: Mapping[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _scanned(child)
