"""Checks what a hook returned against what its spec says, one level of containers deep."""

import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Check = Callable[[object], bool]


class WrongAnswer(TypeError):
    """A plugin returned something else than the hook's spec says."""


def shape(value: object) -> str:
    """The types in ``value``, one level deep, such as ``list of int, str``."""
    name = type(value).__name__
    inside: Iterable[object] = ()
    if isinstance(value, Mapping):
        inside = (one for pair in value.items() for one in pair)
    elif isinstance(value, list | tuple | set | frozenset):
        inside = value
    kinds = sorted({type(one).__name__ for one in inside})
    return f"{name} of {', '.join(kinds)}" if kinds else name


def checker(function: Callable[..., Any]) -> Check:
    """A test for values that ``function`` may return, made once from its annotations."""
    return _check(typing.get_type_hints(function)["return"])


def _check(hint: Any) -> Check:
    if hint is Any:
        return lambda value: True
    if hint is None or hint is type(None):
        return lambda value: value is None
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        options = [_check(one) for one in args]
        return lambda value: any(option(value) for option in options)
    if origin is type:
        base = args[0]
        return lambda value: isinstance(value, type) and issubclass(value, base)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(*(_check(one) for one in args))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _sequence(origin, _check(args[0]))
    kind = origin or hint
    return lambda value: isinstance(value, kind)


def _mapping(key: Check, item: Check) -> Check:
    return lambda value: (
        isinstance(value, Mapping) and all(key(k) and item(v) for k, v in value.items())
    )


def _sequence(kind: type, item: Check) -> Check:
    return lambda value: (
        isinstance(value, kind)
        and not isinstance(value, str | bytes)
        and all(item(one) for one in typing.cast("Sequence[object]", value))
    )
