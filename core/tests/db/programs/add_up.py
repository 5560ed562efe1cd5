"""Add 1 to a shared account, in 16 tasks x ROUNDS transactions that read before they write."""

from __future__ import annotations

import asyncio
import sys

from accounts import LOCKED_ACCOUNT, SET_BALANCE
from portico.db import Database


async def main(url: str, rounds: int) -> None:
    async with Database(url) as database:

        async def add() -> None:
            for _ in range(rounds):
                async with database.transaction():
                    account = await database.one(LOCKED_ACCOUNT, id="shared")
                    assert account is not None
                    await asyncio.sleep(0)
                    await database.run(SET_BALANCE, id="shared", balance=account.balance + 1)

        await asyncio.gather(*(add() for _ in range(16)))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
