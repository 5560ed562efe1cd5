"""Which function answers which call of the library."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.stripe_server.contract import Operation, operations
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.world import World


@dataclass
class Call:
    """A checked request: ids from the address, parameters by the library's types."""

    ids: tuple[str, ...]
    params: Json
    key: str = ""
    idempotency_key: str | None = None
    path: str = ""
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The first id in the address."""
        return self.ids[0]

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter, or what holds without it."""
        return self.params.get(name, default)


Answer = Callable[[World, Call], Json]


@dataclass(frozen=True)
class Route:
    """An operation with its function, None where this server has none yet."""

    operation: Operation
    pattern: re.Pattern[str]
    answer: Answer | None


_ANSWERS: dict[tuple[str, str], Answer] = {}


def answers(method: str, path: str) -> Callable[[Answer], Answer]:
    """Marks the function for an operation; the path is written as the library does."""

    def mark(function: Answer) -> Answer:
        _ANSWERS[method, path] = function
        return function

    return mark


def routes() -> list[Route]:
    """Every operation of the library's services, those without ids in their path first."""
    known = operations()
    unknown = _ANSWERS.keys() - known.keys()
    assert not unknown, f"the library calls no such thing: {sorted(unknown)}"
    found = [Route(one, one.pattern, _ANSWERS.get(key)) for key, one in known.items()]
    return sorted(found, key=lambda route: route.operation.path.count("{"))
