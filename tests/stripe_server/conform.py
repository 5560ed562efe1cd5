"""Holds an answer against the library's resource classes: every field there, every value fits."""

import importlib
import types
import typing
from decimal import Decimal
from typing import Any, ForwardRef, Literal, Union

from stripe import StripeObject
from stripe._expandable_field import ExpandableField

from tests.support.stripe_server.shapes import CLASSES, ON_REQUEST, fields, is_optional

del ExpandableField
_SCALARS: dict[Any, tuple[type, ...]] = {
    int: (int,), bool: (bool,), str: (str,), float: (int, float), Decimal: (str,),
}  # fmt: skip


def problems(thing: Any, cls: type[StripeObject], where: str = "") -> list[str]:
    """What about an object does not fit its class; nothing if all does."""
    if not isinstance(thing, dict):
        return [f"{where}: {thing!r} is no object"]
    known = fields(cls)
    name = str(thing.get("object", ""))
    found = [f"{where}.{key}: the library has no such field" for key in thing if key not in known
             and key not in _BESIDES]  # fmt: skip
    absent_ok = ON_REQUEST.get(name, frozenset()) | {"deleted", "last_response"}
    for key, note in known.items():
        if key in thing:
            found += _value(thing[key], note, f"{where}.{key}", cls)
        elif key not in absent_ok and not is_optional(note):
            found.append(f"{where}.{key}: missing")
    return found


_BESIDES = frozenset({"total_count"})
"""Fields of lists that Stripe sends and the library does not declare."""


def _value(value: Any, note: Any, where: str, owner: type) -> list[str]:
    if value is None:
        return [] if is_optional(note) else [f"{where}: null"]
    options = _options(note)
    tries = [_against(value, option, where, owner) for option in options]
    return min(tries, key=len) if tries else []


def _options(note: Any) -> list[Any]:
    """The alternatives of a type. A literal beside ``str`` stands for the words that exist."""
    if typing.get_origin(note) in (Union, types.UnionType):
        flat = [one for part in typing.get_args(note) for one in _options(part)]
        words = any(typing.get_origin(one) is Literal for one in flat)
        return [one for one in flat if one is not type(None) and not (words and one is str)]
    return [note]


def _against(value: Any, note: Any, where: str, owner: type) -> list[str]:
    if note in _SCALARS:
        wrong = not isinstance(value, _SCALARS[note]) or (note is int and isinstance(value, bool))
        return [f"{where}: {value!r} is no {note.__name__}"] if wrong else []
    origin = typing.get_origin(note)
    if origin is Literal:
        return [] if value in typing.get_args(note) else [f"{where}: {value!r} is no such word"]
    if origin is list:
        if not isinstance(value, list):
            return [f"{where}: {value!r} is no list"]
        inner = typing.get_args(note)[0]
        return [p for i, v in enumerate(value) for p in _value(v, inner, f"{where}[{i}]", owner)]
    if getattr(origin, "__name__", "") == "ListObject":
        return _list(value, where)
    if isinstance(note, type) and issubclass(note, StripeObject):
        return problems(value, note, where)
    if isinstance(note, str | ForwardRef):
        return _named(value, where)
    return []


def _named(value: Any, where: str) -> list[str]:
    """A resource in full: by what it says it is."""
    if not isinstance(value, dict):
        return [f"{where}: {value!r} is no object"]
    cls = CLASSES.get(str(value.get("object")))
    return problems(value, cls, where) if cls else []


def _list(value: Any, where: str) -> list[str]:
    if not isinstance(value, dict) or value.get("object") != "list":
        return [f"{where}: no list object"]
    return [p for i, one in enumerate(value["data"]) for p in _named(one, f"{where}[{i}]")]


def module_of(name: str) -> Any:
    """For reading a class by its dotted name."""
    return importlib.import_module(name)
