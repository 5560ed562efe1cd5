"""Compile every statement of core and let go of what it was compiled from, as a server does."""

from __future__ import annotations

import asyncio
import sys

import portico.app  # noqa: F401 - imports every module with statements
from portico.db.dialects import DialectName
from portico.db.warm import statements_of, warm_up


async def main(dialect: DialectName) -> None:
    every = {id(one): one for one in statements_of("portico")}
    await warm_up(dialect, "portico", for_good=True)
    for one in every.values():
        one.plan(dialect)
    print(len(every))


asyncio.run(main("sqlite" if sys.argv[1] == "sqlite" else "postgresql"))
