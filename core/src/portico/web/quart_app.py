"""Quart with two shortcuts for what it works out anew several times for each request."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from inspect import CO_COROUTINE
from typing import Any, TypeVar

from quart import Quart, Request
from typing_extensions import override

_T = TypeVar("_T")


class PageRequest(Request):
    """A request that looks the names of its blueprints up once per endpoint."""

    @property
    @override
    def blueprints(self) -> list[str]:
        return [*_blueprints(self.endpoint)] if self.endpoint else []


@lru_cache(maxsize=1024)
def _blueprints(endpoint: str) -> tuple[str, ...]:
    """The blueprint of an endpoint and those it is nested in, the innermost first."""
    names = endpoint.split(".")[:-1]
    return tuple(".".join(names[:end]) for end in range(len(names), 0, -1))


class App(Quart):
    """The application's class."""

    request_class = PageRequest

    @override
    def ensure_async(self, func: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        code = getattr(func, "__code__", None)
        if code is not None and code.co_flags & CO_COROUTINE:
            return func
        return super().ensure_async(func)
