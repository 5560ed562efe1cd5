"""Pages of a list by keyset: ``?before=<id>`` and ``?after=<id>``, the newest first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from quart import abort

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: ``first``, or ``before`` (older) or ``after`` (newer) a row's id."""

    direction: str = "first"
    id: str = ""


@dataclass(frozen=True, slots=True)
class PageOf(Generic[T]):
    """The rows of a page, newest first, and the queries of the pages beside it."""

    rows: tuple[T, ...]
    newer: dict[str, str] | None
    older: dict[str, str] | None


def cursor(args: Mapping[str, str]) -> Cursor:
    """The cursor of a URL's query."""
    for direction in ("before", "after"):
        if args.get(direction):
            return Cursor(direction, args[direction])
    return Cursor()


def _id(row: Any) -> str:
    return str(row.id)


def page_of(
    found: Sequence[T], start: Cursor, size: int, key: Callable[[T], str] = _id
) -> PageOf[T]:
    """Cut one more than a page down to a page. 404 where a cursor finds nothing at all.

    ``found`` is in the order of the direction: for ``after`` the oldest first.
    """
    more = len(found) > size
    rows = tuple(found[:size])
    if start.direction == "first":
        return PageOf(rows, None, {"before": key(rows[-1])} if more else None)
    if not rows:
        abort(404)
    if start.direction == "before":
        return PageOf(rows, {"after": key(rows[0])}, {"before": key(rows[-1])} if more else None)
    rows = rows[::-1]
    # Without a newer page this is the first one, which has an address of its own.
    return PageOf(rows, {"after": key(rows[0])} if more else None, {"before": key(rows[-1])})
