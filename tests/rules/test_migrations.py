"""What the migrations make is what the code expects, for core and for every plugin."""

import shutil
from dataclasses import replace
from pathlib import Path

import portico.tables  # noqa: F401 - fills the metadata
from portico.assembly import schema_owners
from portico.db import Database, Query
from portico.db.migrations import autogenerate, pending, upgrade
from portico.hooks.loader import load_plugins
from sqlalchemy import func, select


async def test_migrations_make_the_tables_that_the_code_expects(
    database_url: str, tmp_path: Path
) -> None:
    owners = schema_owners(load_plugins(None, demo=True))
    assert len(owners) > 1
    assert await upgrade(database_url, owners)
    assert await pending(database_url, owners) == []
    for owner in owners:
        scripts = tmp_path / owner.name
        shutil.copytree(owner.scripts, scripts, ignore=shutil.ignore_patterns("__pycache__"))
        found = await autogenerate(database_url, replace(owner, scripts=scripts), "difference")
        assert found == [], f"{owner.name}: {found[0].read_text()}"


async def test_numbers_start_at_1001_after_a_migration(database_url: str) -> None:
    await upgrade(database_url, schema_owners(load_plugins(())))
    async with Database(database_url) as db:
        if db.dialect == "postgresql":
            first = await db.one(Query(int, select(func.nextval("orders_number"))))
            assert first == 1001
