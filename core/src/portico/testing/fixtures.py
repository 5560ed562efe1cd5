"""Fixtures for tests of Portico and of its plugins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from portico.db import Database
from portico.testing import postgres

__all__ = ["database", "database_url", "dialect", "tables_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The kind of database; the test runs once with each, unless this is overridden."""
    return str(request.param)


@pytest.fixture
def database_url(dialect: str, tmp_path: Path) -> str:
    """URL of an empty database; the test runs once on SQLite and once on PostgreSQL."""
    if dialect == "sqlite":
        return f"sqlite:///{tmp_path / 'portico.db'}"
    return postgres.empty_database()


@pytest.fixture
def tables_url(dialect: str, tmp_path: Path) -> str:
    """URL of a database for ``create_schema``, which is fastest if it has the same tables again."""
    if dialect == "sqlite":
        return f"sqlite:///{tmp_path / 'portico.db'}"
    return postgres.kept_database("tables")


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A connected, empty database; the test runs once on SQLite and once on PostgreSQL."""
    async with Database(database_url) as connected:
        yield connected
