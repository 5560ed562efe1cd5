"""Tables and statements that the tests of the database share."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

# The programs that tests start as processes of their own share these tables.
sys.path.insert(0, str(Path(__file__).parent / "programs"))

from accounts import metadata
from portico.db import Database
from portico.testing.schema import create_schema


@pytest_asyncio.fixture
async def bank(tables_url: str) -> AsyncIterator[Database]:
    """A connected database with the tables of accounts.py and few connections."""
    await create_schema(tables_url, [metadata])
    async with Database(tables_url, pool_size=3, readers=2) as connected:
        yield connected
