"""Pages of a list by keyset: ``?before=<order>`` and ``?after=<order>``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portico.orders.models import Order
from portico.web.portal.here import not_found


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: ``first``, or ``before`` (older) or ``after`` (newer) an order."""

    direction: str = "first"
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class OrdersPage:
    """The orders of a page, newest first, and the queries of the pages beside it."""

    orders: tuple[Order, ...]
    newer: dict[str, str] | None
    older: dict[str, str] | None


def cursor(args: Mapping[str, str]) -> Cursor:
    """The cursor of a URL's query."""
    for direction in ("before", "after"):
        if args.get(direction):
            return Cursor(direction, args[direction])
    return Cursor()


def page_of(found: Sequence[Order], start: Cursor, size: int) -> OrdersPage:
    """Cut one more than a page down to a page. 404 where a cursor finds nothing at all."""
    more = len(found) > size
    orders = tuple(found[:size])
    if start.direction == "first":
        return OrdersPage(orders, None, {"before": orders[-1].id} if more else None)
    if not orders:
        not_found()
    if start.direction == "before":
        return OrdersPage(
            orders, {"after": orders[0].id}, {"before": orders[-1].id} if more else None
        )
    orders = orders[::-1]
    # Without a newer page this is the first one, which has an address of its own.
    return OrdersPage(orders, {"after": orders[0].id} if more else None, {"before": orders[-1].id})
