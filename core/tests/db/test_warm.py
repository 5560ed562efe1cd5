"""Statements are compiled ahead of their first use, without holding up the loop."""

import asyncio
import gc
import subprocess
import sys
import weakref
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from portico.db import Command, Query
from portico.db.warm import warm_up

table = sa.Table("things", sa.MetaData(), sa.Column("id", sa.Text))


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package with a module of statements, one of which cannot be compiled."""
    module: Any = ModuleType("warmed.queries")
    module.ALL = Query(str, sa.select(table.c.id))
    module.BY_WORD = {"add": Command(sa.insert(table)), "drop": Command(sa.delete(table))}
    module.LATER = Query(str, lambda: sa.select(table.c.id).limit(1))
    module.BROKEN = Query(str, sa.select(table.c.id).where(table.c.id.in_(sa.bindparam("ids"))))
    monkeypatch.setitem(sys.modules, "warmed.queries", module)
    return module


async def test_every_statement_of_a_package_is_compiled_once(package: Any) -> None:
    assert await warm_up("sqlite", "warmed") == 4
    assert package.LATER.plan("sqlite").bind({}) == [1, 0]
    assert package.BY_WORD["add"]._plans.keys() == {"sqlite"}
    kept = package.ALL._plans["sqlite"]
    assert package.ALL.plan("sqlite") is kept
    assert await warm_up("sqlite", "warme") == 0  # another package, whose name begins alike


async def test_what_a_statement_was_compiled_from_is_let_go_for_good(package: Any) -> None:
    ever = weakref.ref(package.ALL.statement), weakref.ref(package.LATER.statement)
    assert await warm_up("sqlite", "warmed", for_good=True) == 4
    gc.collect()
    assert [one() for one in ever] == [None, None]
    assert package.ALL.plan("sqlite").sql == "SELECT things.id \nFROM things"


async def test_the_loop_goes_on_between_two_statements(package: Any) -> None:
    warming = asyncio.create_task(warm_up("postgresql", "warmed"))
    turns = 0
    while not warming.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 3


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_no_statement_of_core_needs_what_another_was_compiled_from(dialect: str) -> None:
    """In a process of its own: the statements are of no use to other tests afterwards."""
    program = Path(__file__).parent / "programs" / "settle.py"
    done = subprocess.run(
        [sys.executable, str(program), dialect], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert int(done.stdout) > 300
