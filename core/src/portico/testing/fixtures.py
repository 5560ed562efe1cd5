"""Fixtures for tests of Portico and of its plugins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from portico.db import Database
from portico.testing import postgres

__all__ = ["database", "database_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'portico.db'}"
        return
    url = postgres.create_database(postgres.server_url())
    yield url
    postgres.drop_database(url)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A connected, empty database; the test runs once on SQLite and once on PostgreSQL."""
    async with Database(database_url) as connected:
        yield connected
