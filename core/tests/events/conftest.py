"""A runtime with a database and a clock, which is all the outbox needs."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest_asyncio
from portico.clock import FixedClock
from portico.db import Database
from portico.runtime import Runtime
from portico.settings import Settings
from portico.tables import metadata
from portico.testing.schema import create_schema


@pytest_asyncio.fixture
async def clock() -> FixedClock:
    return FixedClock()


@pytest_asyncio.fixture
async def rt(tables_url: str, clock: FixedClock) -> AsyncIterator[Runtime]:
    await create_schema(tables_url, [metadata])
    unused = cast(Any, None)
    async with Database(tables_url) as database:
        yield Runtime(
            settings=Settings(_env_file=None),
            db=database,
            clock=clock,
            keys=unused,
            registry=unused,
            hooks=unused,
            themes=unused,
            catalog=unused,
            hosts=unused,
        )
