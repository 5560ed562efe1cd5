"""The demo never touches a real installation, not even to look after its tables."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from portico.cli import demo as cli
from portico.db import Command, Database
from portico.db.migrations import create_all
from portico.demo.seed import refuse_real
from portico.errors import PorticoError
from portico.settings import Settings

# As some other version may have it.
OLD = sa.MetaData()
STORES = sa.Table("stores", OLD, sa.Column("settings", sa.JSON), sa.Column("old", sa.Text))


@pytest.mark.parametrize(
    ("settings", "real"), [([], False), ([{"demo": True}], False), ([{"demo": True}, {}], True)]
)
async def test_a_database_with_a_store_that_is_no_demo_is_refused(
    database_url: str, settings: list[dict[str, Any]], real: bool
) -> None:
    demo = Settings(_env_file=None, database_url=database_url, demo=True)
    await refuse_real(demo)  # there are no tables
    await create_all(database_url, [OLD])
    async with Database(database_url) as db:
        for one in settings:
            await db.run(Command(sa.insert(STORES).values(settings=one, old="x")))
    if real:
        with pytest.raises(PorticoError, match="real installation"):
            await refuse_real(demo)
    else:
        await refuse_real(demo)


def test_a_real_installation_is_refused_before_anything_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DEMO", "BASE_URL", "DATA_DIR", "SECRET_KEYS"):
        monkeypatch.setenv(f"PORTICO_{name}", "")  # put back when the test is over
    with closing(sqlite3.connect(tmp_path / "portico.db")) as old:
        old.execute("CREATE TABLE stores (settings TEXT)")
        old.execute("INSERT INTO stores VALUES ('{}')")
        old.commit()
    monkeypatch.setattr(cli, "migrate_first", lambda settings: pytest.fail("it was migrated"))
    with pytest.raises(PorticoError, match="real installation"):
        cli.demo(data_dir=tmp_path)
