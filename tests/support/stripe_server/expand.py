"""``expand[]``: objects in the place of their ids, and fields that are shown on request only."""

from collections.abc import Callable
from typing import Any

from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.shapes import ON_REQUEST
from tests.support.stripe_server.world import World

Show = Callable[[World, Json], Any]
_SHOWS: dict[tuple[str, str], Show] = {}
DEPTH = 4


def shows(kind: str, field: str) -> Callable[[Show], Show]:
    """Marks the function that makes a field which is left out until asked for."""
    assert field in ON_REQUEST[kind]

    def mark(function: Show) -> Show:
        _SHOWS[kind, field] = function
        return function

    return mark


def expanded(world: World, answer: Json, paths: list[str]) -> Json:
    """A copy of the answer with these paths expanded; the stored objects stay as they are."""
    if not paths:
        return answer
    for path in paths:
        if path.count(".") >= DEPTH + path.startswith("data."):
            raise invalid(f"You cannot expand more than {DEPTH} levels of a property "
                          f"(the property was {path}).", "expand")  # fmt: skip
        answer = _walk(world, answer, path.split("."), path)
    return answer


def _walk(world: World, spot: Any, parts: list[str], path: str) -> Any:
    if not parts or spot is None:
        return spot
    if isinstance(spot, list):
        return [_walk(world, _resolved(world, one), parts, path) for one in spot]
    if not isinstance(spot, dict):
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    head, rest = parts[0], parts[1:]
    value = _field(world, spot, head, path)
    if isinstance(value, list) and not rest:
        value = [_resolved(world, one) for one in value]
    elif not isinstance(value, list):
        value = _resolved(world, value)
    return {**spot, head: _walk(world, value, rest, path)}


def _field(world: World, thing: Json, name: str, path: str) -> Any:
    if name in thing:
        return thing[name]
    show = _SHOWS.get((str(thing.get("object")), name))
    if show is None:
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    return show(world, thing)


def _resolved(world: World, value: Any) -> Any:
    if isinstance(value, str):
        found = world.store.find(value)
        if found is None and value in world.store.removed:
            return {"id": value, "object": world.store.removed[value], "deleted": True}
        return value if found is None else found
    return value
