"""What tests of several features use."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from portico.db import Database


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Counts statements: ``with statements() as ran: ...; len(ran)``."""
    ran: list[str] = []
    original = Database._run

    async def count(self: Database, operation: Any, plan: Any, arguments: Any) -> Any:
        ran.append(plan.sql)
        return await original(self, operation, plan, arguments)

    monkeypatch.setattr(Database, "_run", count)

    @contextmanager
    def counting() -> Iterator[list[str]]:
        ran.clear()
        yield ran

    return counting
