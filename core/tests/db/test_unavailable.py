"""Wrong addresses and lost connections give one kind of error, and the pool recovers."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts import COUNT, OPEN
from portico.db import Database, DatabaseUnavailable, Query
from portico.errors import ConfigurationError


@pytest.mark.parametrize(
    "url",
    [
        "", "mysql://localhost/x", "sqlite:///relative.db", "sqlite://", "sqlite:////", "/tmp/x.db",
        "sqlite:///:memory:", "postgresql://host", "sqlite:////x.db?mode=memory",
    ],
)  # fmt: skip
def test_another_kind_of_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="PORTICO_DATABASE_URL"):
        Database(url)


def test_a_refused_url_does_not_show_its_password() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Database("mysql://me:hunter2@localhost/x")
    assert "hunter2" not in str(refused.value)


async def test_an_address_where_nobody_answers(tmp_path: Path) -> None:
    for url in (
        "postgresql://postgres@127.0.0.1:1/nothing",
        f"postgresql://postgres@/nothing?host={tmp_path}",
        f"sqlite:///{tmp_path}/no/such/folder/portico.db",
    ):
        database = Database(url)
        with pytest.raises(DatabaseUnavailable):
            await database.connect()


async def test_connections_that_the_server_closed_are_replaced(bank: Database) -> None:
    await bank.run(OPEN, id="a", balance=1)
    if bank.dialect == "sqlite":
        return  # there is no server
    kill = Query(
        bool,
        sa.text(
            "SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).columns(sa.column("done", sa.Boolean)),
    )
    suicide = Query(
        bool,
        sa.text("SELECT pg_terminate_backend(pg_backend_pid()) AS done").columns(
            sa.column("done", sa.Boolean)
        ),
    )
    await bank.all(kill)
    with pytest.raises(DatabaseUnavailable):
        await bank.all(suicide)
    with pytest.raises(DatabaseUnavailable):
        async with bank.transaction():
            await bank.all(suicide)
    for _ in range(5):
        assert await bank.one(COUNT) == 1
    free, total = bank.idle_connections
    assert free == total
