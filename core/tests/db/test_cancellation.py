"""Clients that go away at any moment leave every connection idle and usable."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from accounts import ACCOUNT, COUNT, LOCKED_ACCOUNT, OPEN, SET_BALANCE, TOTAL, Account
from portico.db import Command, Database, DatabaseUnavailable, Query, sqlite

PROGRAM = Path(__file__).parent / "programs" / "add_up.py"


async def settled(database: Database) -> None:
    """Wait until what was cancelled has been cleaned up."""
    deadline = time.monotonic() + 15
    while database.idle_connections[0] < database.idle_connections[1]:
        assert time.monotonic() < deadline, f"not all came back: {database.idle_connections}"
        await asyncio.sleep(0.01)


async def use_every_connection(database: Database) -> None:
    """Run as many transactions at once as there are connections: none is left in one."""

    async def read(readonly: bool) -> int | None:
        async with database.transaction(readonly=readonly):
            return await database.one(COUNT)

    readers = (read(readonly=True) for _ in range(database.idle_connections[1]))
    counts = await asyncio.wait_for(asyncio.gather(read(readonly=False), *readers), 15)
    assert len(set(counts)) == 1


async def request(database: Database, number: int) -> None:
    """What a request may do: read, write, or read then write in a transaction."""
    if number % 4 == 0:
        await database.one(ACCOUNT, id="shared")
    elif number % 4 == 1:
        await database.run(OPEN, id=f"single-{number}", balance=0)
    else:
        async with database.transaction():
            account = await database.one(LOCKED_ACCOUNT, id="shared")
            assert account is not None
            if number % 4 == 3:
                async with database.transaction():
                    await database.run(OPEN, id=f"pair-{number}", balance=1)
            else:
                await database.run(OPEN, id=f"pair-{number}", balance=1)
            await database.run(SET_BALANCE, id="shared", balance=account.balance - 1)


@pytest.mark.slow
async def test_2000_requests_half_of_them_cancelled_leave_every_connection_usable(
    bank: Database,
) -> None:
    chance = random.Random(20261123)
    await bank.run(OPEN, id="shared", balance=10_000)
    cancelled = 0

    async def client(numbers: range) -> None:
        nonlocal cancelled
        for number in numbers:
            task = asyncio.create_task(request(bank, number))
            if number % 8 < 4:
                await asyncio.sleep(chance.random() ** 3 * 0.02)
                task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                cancelled += 1

    await asyncio.wait_for(
        asyncio.gather(*(client(range(start, 2000, 20)) for start in range(20))), 120
    )
    await settled(bank)
    assert 300 < cancelled < 1001
    # every transaction happened as a whole or not at all
    assert await bank.one(TOTAL) == 10_000
    await use_every_connection(bank)
    await settled(bank)


async def test_a_transaction_cancelled_at_any_moment_is_whole_or_not_there(bank: Database) -> None:
    await bank.run(OPEN, id="shared", balance=1000)
    for step in range(80):
        task = asyncio.create_task(request(bank, 3 + 4 * step))
        for _ in range(step):
            await asyncio.sleep(0.0001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await settled(bank)
        assert await bank.one(TOTAL) == 1000
    await use_every_connection(bank)


async def test_a_long_query_ends_when_its_client_goes_away(bank: Database) -> None:
    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT count(*) AS n FROM n",
        "postgresql": "SELECT count(*) AS n FROM (SELECT pg_sleep(60)) AS nap",
    }[bank.dialect]
    query = Query(int, sa.text(endless).columns(sa.column("n", sa.Integer)))
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await bank.one(query)
    assert time.monotonic() - started < 10
    await settled(bank)
    await use_every_connection(bank)


async def test_a_statement_that_fails_leaves_its_connection_usable(bank: Database) -> None:
    wrong = Command(sa.text("INSERT INTO no_such_table VALUES (1)"))
    for _ in range(20):
        with pytest.raises(Exception, match="no_such_table"):
            await bank.run(wrong)
        with pytest.raises(Exception, match="no_such_table"):
            async with bank.transaction():
                await bank.run(wrong)
    await settled(bank)
    await use_every_connection(bank)


@pytest.mark.slow
async def test_two_processes_of_16_writers_add_up_without_a_lock_error(bank: Database) -> None:
    await bank.run(OPEN, id="shared", balance=0)
    url = str(bank._library.url)

    def add_up() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(PROGRAM), url, "100"]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)

    results = await asyncio.gather(*(asyncio.to_thread(add_up) for _ in range(2)))
    assert [result.stderr for result in results] == ["", ""]
    assert await bank.one(ACCOUNT, id="shared") == Account("shared", 2 * 16 * 100)


async def test_beginning_waits_for_another_process_and_gives_up_in_the_end(
    bank: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bank.dialect == "postgresql":
        return  # has no such lock
    other = sqlite3.connect(bank._library.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.5, other.execute, "ROLLBACK")
    started = time.monotonic()
    await bank.run(OPEN, id="single", balance=0)
    async with bank.transaction():
        await bank.run(OPEN, id="pair", balance=0)
    assert 0.4 < time.monotonic() - started < 5

    monkeypatch.setattr(sqlite, "WAIT_SECONDS", 0.2)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseUnavailable, match="locked"):
        await bank.run(OPEN, id="late", balance=0)
    assert await bank.one(COUNT) == 2  # reading goes on meanwhile
    other.execute("ROLLBACK")
    other.close()
    await bank.run(OPEN, id="late", balance=0)
