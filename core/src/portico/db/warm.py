"""Compiling statements ahead of the first request that needs them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from portico.db.dialects import DialectName
from portico.db.statements import Command, Query

__all__ = ["statements_of", "warm_up"]


def statements_of(package: str) -> Iterator[Query[Any] | Command]:
    """The statements that stand as constants in the package's modules, as far as imported."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != package:
            continue
        for value in list(vars(module).values()):
            for one in list(value.values()) if isinstance(value, dict) else (value,):
                if isinstance(one, (Query, Command)):
                    yield one


async def warm_up(dialect: DialectName, package: str, *, for_good: bool = False) -> int:
    """Compile the package's statements, one by one in a thread, so that requests go on meanwhile.

    Returns how many there are. One that cannot be compiled is left to whoever runs it. What they
    were compiled from is let go where it is ``for_good``: the process has one database, and
    SQLAlchemy's objects are 7 MB.
    """
    count = 0
    for statement in statements_of(package):
        try:
            await asyncio.to_thread(statement.settle if for_good else statement.plan, dialect)
        except Exception:  # noqa: S112 - its first use says what is wrong, to who can mend it
            continue
        count += 1
    return count
