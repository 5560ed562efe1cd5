"""Transactions: atomic, nested, of one task, and alike on both databases."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from accounts import ACCOUNT, ADD_ENTRY, ADD_JOB, CLAIM, COUNT, OPEN, SET_BALANCE, TOTAL, Account
from portico.db import (
    ConflictError,
    Database,
    DatabaseUnavailable,
    ForeignKeyError,
    IntegrityError,
    TransactionAborted,
)


async def test_an_exception_rolls_everything_back(bank: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with bank.transaction():
            await bank.run(OPEN, id="a", balance=1)
            assert bank.in_transaction
            raise ZeroDivisionError
    assert not bank.in_transaction
    assert await bank.one(COUNT) == 0


async def test_a_nested_transaction_is_a_savepoint(bank: Database) -> None:
    async with bank.transaction():
        await bank.run(OPEN, id="a", balance=1)
        with pytest.raises(ConflictError):
            async with bank.transaction():
                await bank.run(OPEN, id="b", balance=1)
                await bank.run(OPEN, id="a", balance=1)
        async with bank.transaction():
            await bank.run(OPEN, id="c", balance=1)
    assert await bank.one(ACCOUNT, id="b") is None
    assert await bank.one(COUNT) == 2


async def test_a_transaction_in_which_a_statement_failed_cannot_be_committed(
    bank: Database,
) -> None:
    with pytest.raises(TransactionAborted):
        async with bank.transaction():
            await bank.run(OPEN, id="a", balance=1)
            with pytest.raises(ConflictError):
                await bank.run(OPEN, id="a", balance=1)
            with pytest.raises(TransactionAborted):
                await bank.one(COUNT)
    assert await bank.one(COUNT) == 0


async def test_many_rows_are_written_all_or_none(bank: Database) -> None:
    rows = [{"id": name, "balance": 1} for name in "abca"]
    with pytest.raises(ConflictError):
        await bank.run_many(OPEN, rows)
    assert await bank.one(COUNT) == 0
    await bank.run_many(OPEN, rows[:3])
    assert await bank.one(COUNT) == 3


async def test_a_readonly_transaction_sees_one_snapshot_and_cannot_write(bank: Database) -> None:
    await bank.run(OPEN, id="a", balance=1)
    started, changed = asyncio.Event(), asyncio.Event()

    async def change() -> None:
        await started.wait()
        await bank.run(SET_BALANCE, id="a", balance=2)
        changed.set()

    other = asyncio.create_task(change())
    async with bank.transaction(readonly=True):
        assert await bank.one(TOTAL) == 1
        started.set()
        await changed.wait()
        assert await bank.one(TOTAL) == 1
        with pytest.raises(RuntimeError, match="read-only"):
            await bank.run(SET_BALANCE, id="a", balance=3)
        with pytest.raises(RuntimeError, match="read-only"):
            async with bank.transaction():
                pass
    await other
    assert await bank.one(TOTAL) == 2


async def begin(database: Database) -> None:
    async with database.transaction():
        pass


async def test_a_child_task_cannot_use_its_parents_transaction(bank: Database) -> None:
    await bank.run(OPEN, id="a", balance=1)
    async with bank.transaction():
        calls: list[Callable[[], Coroutine[Any, Any, object]]] = [
            lambda: bank.run(OPEN, id="b", balance=1),
            lambda: bank.one(COUNT),
            lambda: begin(bank),
        ]
        for call in calls:
            with pytest.raises(RuntimeError, match="started inside a transaction"):
                await asyncio.gather(call())
            with pytest.raises(RuntimeError, match="started inside a transaction"):
                await asyncio.create_task(call())
            if sys.version_info < (3, 12):
                with pytest.raises(RuntimeError, match="started inside a transaction"):
                    await asyncio.wait_for(call(), timeout=5)
        await bank.run(SET_BALANCE, id="a", balance=5)
    assert await bank.one(TOTAL) == 5


async def test_a_child_task_may_use_the_database_when_the_transaction_has_ended(
    bank: Database,
) -> None:
    ended = asyncio.Event()

    async def later() -> int | None:
        await ended.wait()
        return await bank.one(COUNT)

    async with bank.transaction():
        child = asyncio.create_task(later())
        await bank.run(OPEN, id="a", balance=1)
    ended.set()
    assert await child == 1


async def test_integrity_errors_name_the_constraint(bank: Database) -> None:
    await bank.run(OPEN, id="a", balance=1, owner="ann")
    with pytest.raises(ConflictError) as conflict:
        await bank.run(OPEN, id="b", balance=1, owner="ann")
    assert conflict.value.constraint == "uq_accounts_owner"
    with pytest.raises(ConflictError) as conflict:
        await bank.run(OPEN, id="a", balance=1)
    assert conflict.value.constraint == "pk_accounts"
    with pytest.raises(IntegrityError) as negative:
        await bank.run(OPEN, id="c", balance=-1)
    assert negative.value.constraint == "ck_accounts_not_negative"
    with pytest.raises(ForeignKeyError):
        await bank.run(ADD_ENTRY, id="1", account_id="nobody")


async def test_two_workers_never_claim_the_same_job(bank: Database) -> None:
    await bank.run_many(ADD_JOB, [{"id": number} for number in range(60)])
    claimed: dict[str, list[int]] = {"one": [], "two": []}

    async def work(name: str) -> None:
        while True:
            async with bank.transaction():
                found = await bank.all(CLAIM, worker=name, limit=4)
                await asyncio.sleep(0.002)  # the other one meets our locks
            if not found:
                return
            claimed[name] += found

    await asyncio.gather(work("one"), work("two"))
    assert sorted(claimed["one"] + claimed["two"]) == list(range(60))
    assert claimed["one"] and claimed["two"]


async def test_a_closed_database_says_so(bank: Database) -> None:
    await bank.disconnect()
    with pytest.raises(DatabaseUnavailable):
        await bank.one(COUNT)
    with pytest.raises(DatabaseUnavailable):
        async with bank.transaction():
            pass
    await bank.connect()
    assert await bank.one(COUNT) == 0


async def test_two_transactions_of_different_databases_do_not_mix(
    bank: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('other') / 'other.db'}"
    async with Database(url) as other, bank.transaction():
        await bank.run(OPEN, id="a", balance=1)
        assert not other.in_transaction
        async with other.transaction():
            assert await bank.one(ACCOUNT, id="a") == Account("a", 1)
