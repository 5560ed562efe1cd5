"""Migrations: per owner, all or nothing, once however many processes ask for them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts import metadata
from portico.db import (
    NAMING_CONVENTION,
    Database,
    DatabaseError,
    EnumType,
    JSONType,
    Query,
    UTCDateTime,
)
from portico.db.migrations import autogenerate, create_all, pending, upgrade
from portico.db.revisions import up_to_date
from portico.db.schema import SchemaOwner

FIRST = """
import time
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "first", None, None, None
def upgrade():
    op.create_table("shop_items", sa.Column("id", sa.Integer, primary_key=True))
    time.sleep(0.3)
    op.execute("INSERT INTO shop_items VALUES (1)")
"""
SECOND = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "second", "first", None, None
def upgrade():
    with op.batch_alter_table("shop_items") as table:
        table.add_column(sa.Column("name", sa.Text, nullable=False, server_default="?"))
"""
BROKEN = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "third", "second", None, None
def upgrade():
    op.create_table("shop_more", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO no_such_table VALUES (1)")
"""


class Kind(StrEnum):
    A = "a"


PROGRAM = Path(__file__).parent / "programs" / "migrate.py"


@pytest.fixture
def shop(tmp_path: Path) -> SchemaOwner:
    scripts = tmp_path / "100% shop"  # a name that configuration files would trip over
    scripts.mkdir()
    (scripts / "1.py").write_text(FIRST)
    (scripts / "2.py").write_text(SECOND)
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    return SchemaOwner("shop", metadata, scripts, "shop_version")


async def count(url: str, table: str) -> int | None:
    async with Database(url) as database:
        return await database.one(
            Query(int, sa.select(sa.func.count()).select_from(sa.table(table)))
        )


async def test_an_upgrade_applies_what_is_pending_once(
    database_url: str, shop: SchemaOwner
) -> None:
    assert await pending(database_url, [shop]) == ["shop:first", "shop:second"]
    assert await upgrade(database_url, [shop]) == ["shop:first", "shop:second"]
    assert await pending(database_url, [shop]) == []
    assert await upgrade(database_url, [shop]) == []
    assert await count(database_url, "shop_items") == 1


async def test_owners_have_histories_of_their_own(
    database_url: str, shop: SchemaOwner, tmp_path: Path
) -> None:
    scripts = tmp_path / "other"
    scripts.mkdir()
    (scripts / "1.py").write_text(FIRST.replace("shop_items", "other_items").replace("0.3", "0"))
    other = SchemaOwner("other", sa.MetaData(), scripts, "other_version")
    await upgrade(database_url, [shop])
    assert await upgrade(database_url, [shop, other]) == ["other:first"]
    assert await pending(database_url, [other, shop]) == []


async def test_looking_at_what_is_pending_does_not_make_the_file(
    tmp_path: Path, shop: SchemaOwner
) -> None:
    path = tmp_path / "new.db"
    assert await pending(f"sqlite:///{path}", [shop]) == ["shop:first", "shop:second"]
    assert not path.exists()


async def test_a_migration_that_fails_changes_nothing(database_url: str, shop: SchemaOwner) -> None:
    await upgrade(database_url, [shop])
    (shop.scripts / "3.py").write_text(BROKEN)
    with pytest.raises(DatabaseError, match="no_such_table"):
        await upgrade(database_url, [shop])
    assert await pending(database_url, [shop]) == ["shop:third"]
    with pytest.raises(DatabaseError):
        await count(database_url, "shop_more")


async def test_tables_newer_than_the_code_are_refused(database_url: str, shop: SchemaOwner) -> None:
    await upgrade(database_url, [shop])
    (shop.scripts / "2.py").unlink()
    with pytest.raises(DatabaseError, match="shop are newer"):
        await upgrade(database_url, [shop])


async def test_two_processes_that_migrate_at_once_apply_each_revision_once(
    database_url: str, shop: SchemaOwner
) -> None:
    def migrate() -> str:
        command = [sys.executable, str(PROGRAM), database_url, str(shop.scripts)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    outputs = await asyncio.gather(*(asyncio.to_thread(migrate) for _ in range(3)))
    assert sorted(outputs) == ["", "", "shop:first shop:second"]
    assert await count(database_url, "shop_items") == 1


async def test_autogenerate_writes_plain_types_and_only_the_owners_tables(
    database_url: str, shop: SchemaOwner
) -> None:
    await upgrade(database_url, [shop])
    sa.Table(
        "shop_orders",
        shop.metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", UTCDateTime, nullable=False),
        sa.Column("doc", JSONType, nullable=False),
        sa.Column("kind", EnumType(Kind), nullable=False),
    )
    (path,) = await autogenerate(database_url, shop, "Add orders")
    text = path.read_text()
    assert "portico" not in text and "shop_items" not in text
    assert path.parent == shop.scripts
    assert await upgrade(database_url, [shop]) != []
    assert await autogenerate(database_url, shop, "Nothing") == []


async def test_tables_made_without_migrations_equal_their_metadata(
    database_url: str, shop: SchemaOwner
) -> None:
    await create_all(database_url, [metadata])
    owner = SchemaOwner("bank", metadata, shop.scripts.parent / "bank", "bank_version")
    owner.scripts.mkdir()
    assert await autogenerate(database_url, owner, "Nothing") == []


async def test_whether_anything_is_missing_is_told_as_alembic_tells_it(
    database_url: str, shop: SchemaOwner
) -> None:
    assert not await up_to_date(database_url, [shop])
    await upgrade(database_url, [shop])
    assert await up_to_date(database_url, [shop])
    (shop.scripts / "3.py").write_text(
        'revision: str = "third"\ndown_revision: str | None = "second"\n'
    )
    assert not await up_to_date(database_url, [shop])


async def test_an_owner_without_revisions_is_up_to_date(
    database_url: str, shop: SchemaOwner, tmp_path: Path
) -> None:
    (tmp_path / "none").mkdir()
    empty = SchemaOwner("empty", sa.MetaData(), tmp_path / "none", "empty_version")
    await upgrade(database_url, [shop])
    assert await up_to_date(database_url, [shop, empty])
    assert await up_to_date(database_url, [empty])


async def test_looking_for_revisions_makes_no_database(tmp_path: Path, shop: SchemaOwner) -> None:
    assert not await up_to_date(f"sqlite:///{tmp_path}/new.db", [shop])
    assert not (tmp_path / "new.db").exists()
