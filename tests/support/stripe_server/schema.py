"""Checks parameters against the ``TypedDict``\\ s of the ``stripe`` library, and converts them.

Nothing here knows a parameter by name: what a request may carry is what the pinned library can
send. A union of literals with ``str`` is how the library writes an enumeration that may grow; the
API of its own version knows the literals only, so another value is refused.
"""

import sys
import types
import typing
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal, Union

from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict

from tests.support.stripe_server.errors import Problem, invalid

Check = Callable[[Any, str], Any]
_OPTIONS = frozenset(RequestOptions.__annotations__)


@cache
def fields_of(kind: type) -> dict[str, Any]:
    """The fields of a TypedDict with their types, without the library's request options."""
    own = {
        name: note for name, note in kind.__annotations__.items()
        if name not in _OPTIONS or not _is_request(kind)
    }  # fmt: skip
    holder = type("Fields", (), {"__annotations__": own})
    return typing.get_type_hints(holder, globalns=vars(sys.modules[kind.__module__]))


def _is_request(kind: type) -> bool:
    return set(kind.__annotations__) >= _OPTIONS


def check(kind: type | None, raw: Any, where: str = "") -> dict[str, Any]:
    """The parameters converted to their types.

    :raises Problem: 400 for one that is unknown, missing, or of the wrong kind.
    """
    known = fields_of(kind) if kind is not None else {"expand": list[str]}
    if not isinstance(raw, dict):
        raise invalid("Invalid object", where)
    unknown = [_name(where, key) for key in raw if key not in known]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise invalid(f"Received unknown parameter{plural}: {', '.join(unknown)}", unknown[0],
                      "parameter_unknown")  # fmt: skip
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset())
    for key in known:
        if key in required and key not in raw:
            name = _name(where, key)
            raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    return {key: _checker(known[key])(value, _name(where, key)) for key, value in raw.items()}


def _name(where: str, key: str) -> str:
    return f"{where}[{key}]" if where else key


def _alternatives(kind: Any) -> list[Any]:
    if typing.get_origin(kind) in (Union, types.UnionType):
        return [one for part in typing.get_args(kind) for one in _alternatives(part)]
    return [kind]


class _Kind:
    """A parameter's type, taken apart."""

    def __init__(self, kind: Any) -> None:
        parts = _alternatives(kind)
        literals = [v for p in parts if typing.get_origin(p) is Literal for v in typing.get_args(p)]
        self.may_be_empty = "" in literals
        self.words = [str(value) for value in literals if value != ""]
        self.scalars = [p for p in parts if p in (int, float, Decimal, bool)]
        self.text = str in parts and not self.words
        self.item = next((typing.get_args(p)[0] for p in parts
                          if typing.get_origin(p) is list), None)  # fmt: skip
        self.value = next((typing.get_args(p)[1] for p in parts
                           if typing.get_origin(p) is dict), None)  # fmt: skip
        self.object = next((p for p in parts if is_typeddict(p)), None)


@cache
def _checker(kind: Any) -> Check:
    taken = _Kind(kind)

    def run(value: Any, where: str) -> Any:
        return _leaf(taken, value, where) if isinstance(value, str) else _tree(taken, value, where)

    return run


def _leaf(kind: _Kind, value: str, where: str) -> Any:
    if value in kind.words or (value == "" and kind.may_be_empty):
        return value
    if value == "" and (kind.text or kind.scalars or kind.words):
        raise invalid(
            f"You passed an empty string for '{where}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{where}' cannot be unset. You should remove '{where}' "
            "from your request or supply a non-empty value.", where, "parameter_invalid_empty",
        )  # fmt: skip
    if kind.scalars:
        return _number(kind.scalars[0], value, where)
    if kind.text:
        return value
    if kind.words:
        *most, last = kind.words
        listed = f"{', '.join(most)}, or {last}" if most else last
        raise invalid(f"Invalid {where}: must be one of {listed}", where)
    raise invalid("Invalid array" if kind.item is not None else "Invalid object", where)


def _number(kind: Any, value: str, where: str) -> Any:
    try:
        if kind is bool:
            return {"true": True, "false": False, "1": True, "0": False}[value]
        if kind is Decimal:
            Decimal(value)
            return value
        return kind(value)
    except (KeyError, ValueError, InvalidOperation):
        word = {int: "integer", bool: "boolean"}.get(kind, "decimal")
        code = "parameter_invalid_integer" if kind is int else None
        raise invalid(f"Invalid {word}: {value}", where, code) from None


def _tree(kind: _Kind, value: dict[str, Any], where: str) -> Any:
    if kind.item is not None and all(key.isdigit() for key in value):
        one = _checker(kind.item)
        ordered = sorted(value.items(), key=lambda pair: int(pair[0]))
        return [one(item, _name(where, index)) for index, item in ordered]
    if kind.object is not None:
        return check(kind.object, value, where)
    if kind.value is not None:
        return {key: _entry(kind.value, item, _name(where, key)) for key, item in value.items()}
    raise _wrong(kind, value, where)


def _entry(kind: Any, item: Any, where: str) -> Any:
    """A mapping's value; an empty one asks to remove the key (metadata)."""
    return item if item == "" else _checker(kind)(item, where)


def _wrong(kind: _Kind, value: Any, where: str) -> Problem:
    if kind.item is not None:
        return invalid("Invalid array", where)
    return invalid(f"Invalid string: {value}", where)
