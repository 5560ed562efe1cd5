"""A runtime with a database and a clock, which is all the outbox needs."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest_asyncio
from portico.clock import FixedClock
from portico.db import Database
from portico.db.migrations import create_all
from portico.runtime import Runtime
from portico.settings import Settings
from portico.tables import metadata


@pytest_asyncio.fixture
async def clock() -> FixedClock:
    return FixedClock()


@pytest_asyncio.fixture
async def rt(database_url: str, clock: FixedClock) -> AsyncIterator[Runtime]:
    await create_all(database_url, [metadata])
    unused = cast(Any, None)
    async with Database(database_url) as database:
        yield Runtime(
            settings=Settings(_env_file=None),
            db=database,
            clock=clock,
            keys=unused,
            registry=unused,
            hooks=unused,
            themes=unused,
            catalog=unused,
        )
