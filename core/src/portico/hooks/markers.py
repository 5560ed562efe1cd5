"""The pluggy markers. A hook's *verb* says how core asks: see ``portico.hooks.dispatch``."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

import pluggy

PROJECT = "portico"
_spec = pluggy.HookspecMarker(PROJECT)
_F = TypeVar("_F", bound=Callable[..., Any])
hookimpl = pluggy.HookimplMarker(PROJECT)


class Verb(StrEnum):
    """How core asks a hook, and what a failure means."""

    CONTRIBUTION = "contribution"
    """Called once at start, without a context; a failure refuses the plugin."""
    OWNER = "owner"
    """The one plugin that owns the record answers; its error reaches the caller."""
    FIRST = "first"
    """The first answer that is not None; errors reach the caller."""
    EACH = "each"
    """Everybody's answer; one that fails or is late is left out."""


def hookspec(verb: Verb) -> Callable[[_F], _F]:
    """Mark a method of a spec class as a hook asked in the manner of ``verb``."""

    def mark(function: _F) -> _F:
        function.portico_verb = verb  # type: ignore[attr-defined]  # read back by the loader
        return _spec(function)

    return mark


contribution = hookspec(Verb.CONTRIBUTION)
owner = hookspec(Verb.OWNER)
first = hookspec(Verb.FIRST)
each = hookspec(Verb.EACH)
