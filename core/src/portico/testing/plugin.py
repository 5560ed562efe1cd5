"""The pytest plugin `portico.testing`: what a plugin author's tests get without an import."""

from __future__ import annotations

import pytest

from portico.logs import configure_logging
from portico.testing import postgres
from portico.testing.app import app, client, clock, portico_plugins, portico_settings, runtime
from portico.testing.fixtures import database, database_url, dialect, tables_url

__all__ = [
    "app",
    "client",
    "clock",
    "database",
    "database_url",
    "dialect",
    "portico_plugins",
    "portico_settings",
    "pytest_configure",
    "pytest_unconfigure",
    "runtime",
    "tables_url",
]

pytest.register_assert_rewrite("portico.testing.contracts")
_first = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the run before pytest-xdist starts its workers."""
    config.stash[_first] = postgres.join_run()
    configure_logging()  # structlog's own way prints the variables of every frame, and is slow
    config.addinivalue_line("markers", "plugins(*plugins): the plugins that the test runs with")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the PostgreSQL server that the run started, after its workers have ended."""
    if config.stash.get(_first, False):
        postgres.leave_run()
