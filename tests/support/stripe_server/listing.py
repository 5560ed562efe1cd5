"""Lists as Stripe pages them: newest first, with cursors and filters."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.routes import Call
from tests.support.stripe_server.store import POINTERS, points_to
from tests.support.stripe_server.world import World

Keep = Callable[[Json], bool]
Filter = Callable[[Json, Any], bool]
_PAGING = ("limit", "starting_after", "ending_before", "expand")
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
}  # fmt: skip


def in_range(value: int | None, wanted: Any) -> bool:
    """Whether a time is the wanted one, or within ``{gte: ..., lt: ...}``."""
    if value is None:
        return False
    if isinstance(wanted, dict):
        return all(_COMPARE[how](value, limit) for how, limit in wanted.items())
    return bool(value == wanted)


def page(
    call: Call, things: Sequence[Json], *, newest_first: bool = True, keep: Keep | None = None
) -> Json:
    """One page of these objects, given oldest first; ``keep`` tells which of them count."""
    limit = call.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Invalid integer: limit must be between 1 and 100.", "limit",
                      "parameter_invalid_integer")  # fmt: skip
    after, before = call.get("starting_after"), call.get("ending_before")
    if after and before:
        raise invalid("You may only specify one of these parameters: starting_after, "
                      "ending_before.", "starting_after")  # fmt: skip
    # backwards from a cursor is forwards in the opposite order
    ordered = reversed(things) if newest_first != bool(before) else iter(things)
    if after or before:
        _skip_to(ordered, after or before, "starting_after" if after else "ending_before")
    found = list(islice((one for one in ordered if keep is None or keep(one)), limit + 1))
    data = found[:limit][::-1] if before else found[:limit]
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": call.path}


def _skip_to(ordered: Iterator[Json], identity: str, param: str) -> None:
    for thing in ordered:
        if thing["id"] == identity:
            return
    raise invalid(f"No such object: '{identity}'", param, "resource_missing")


def listed(world: World, call: Call, kind: str, **special: Filter) -> Json:
    """A page of a kind, by the filters in the request.

    A filter is a field that has to be equal, or within a range; ``special`` are those that are
    not, each with the test for an object and the value asked for.
    """
    wanted = {name: value for name, value in call.params.items() if name not in _PAGING}
    tests = {name: wanted.pop(name) for name in special if name in wanted}

    def keep(one: Json) -> bool:
        return matches(one, wanted) and all(
            special[name](one, value) for name, value in tests.items()
        )

    return page(call, _narrowed(world, kind, call.params), keep=keep)


def _narrowed(world: World, kind: str, params: Json) -> list[Json]:
    pointing = params | params.get("payment", {}) if kind == "invoice_payment" else params
    for name in POINTERS:
        if isinstance(pointing.get(name), str):
            return world.store.pointing(kind, name, pointing[name])
    return world.store.all(kind)


def matches(thing: Json, wanted: Json) -> bool:
    """Whether an object's fields are as wanted; times may be ranges."""
    for name, value in wanted.items():
        have = points_to(thing, name)
        if isinstance(value, dict) and value.keys() <= _COMPARE.keys():
            if not in_range(have, value):
                return False
        elif have != value:
            return False
    return True


_CLAUSE = re.compile(
    r"""(-?)([a-z_.]+)(?:\[["']([^"']+)["']\])?\s*(:|~|>=|<=|>|<)\s*(?:["']([^"']*)["']|(\S+))"""
)
_SIGNS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}


def searched(world: World, call: Call, kind: str) -> Json:
    """A page of a search: ``field:'value'``, ``~`` for a part, ``>`` for numbers, AND or OR."""
    clauses = [match.groups() for match in _CLAUSE.finditer(call.get("query"))]
    if not clauses:
        raise invalid("We were unable to parse your search query.", "query")
    any_of = " OR " in call.get("query")
    found = [one for one in reversed(world.store.all(kind))
             if (any if any_of else all)(_holds(one, *clause) for clause in clauses)]  # fmt: skip
    limit, start = call.get("limit", 10), int(call.get("page", "0"))
    more = len(found) > start + limit
    return {"object": "search_result", "data": found[start : start + limit], "has_more": more,
            "next_page": str(start + limit) if more else None, "url": call.path}  # fmt: skip


def _holds(
    thing: Json, negated: str, field: str, key: str | None, sign: str, quoted: str | None, bare: str
) -> bool:
    value: Any = thing.get(field)
    if key is not None and isinstance(value, dict):
        value = value.get(key)
    wanted = quoted if quoted is not None else bare
    if sign in _SIGNS:
        yes = value is not None and _COMPARE[_SIGNS[sign]](int(value), int(wanted))
    elif sign == "~":
        yes = wanted.lower() in str(value or "").lower()
    elif wanted == "null":
        yes = value is None
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value or "")
        yes = text.lower() == wanted.lower()
    return yes != (negated == "-")
