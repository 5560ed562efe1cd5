"""The dashboard's lists.

A page costs the same in a store of any size: statements walk an index from the cursor on, and what
was typed into a search box is looked up first, up to ``MOST`` of each kind of thing.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from portico.db import Query
from portico.listings import queries
from portico.listings.models import (
    Choice,
    DownloadRow,
    Found,
    LicenseRow,
    Matches,
    OrderRow,
    Shape,
    SubscriptionRow,
    VersionCount,
    Wanted,
)
from portico.runtime import Runtime
from portico.stores.models import Mode


class _Row(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


R = TypeVar("R", bound=_Row)
MOST = 100
"""Customers, cards and keys that a search looks at; more than that says too little."""
MOST_PRODUCTS = 200
MOST_VERSIONS = 500


async def orders(
    rt: Runtime, store_id: str, wanted: Wanted, direction: str, row_id: str, limit: int
) -> Found[OrderRow] | None:
    """Orders and renewals: the newest, or those ``before`` or ``after`` an order.

    At most ``limit``, in the order of the direction. None for a cursor that the store has not.
    """
    return await _page(rt, "orders", queries.ORDERS, store_id, wanted, direction, row_id, limit)


async def subscriptions(
    rt: Runtime, store_id: str, wanted: Wanted, direction: str, row_id: str, limit: int
) -> Found[SubscriptionRow] | None:
    """As ``orders``."""
    return await _page(
        rt, "subscriptions", queries.SUBSCRIPTIONS, store_id, wanted, direction, row_id, limit
    )


async def licenses(
    rt: Runtime, store_id: str, wanted: Wanted, direction: str, row_id: str, limit: int
) -> Found[LicenseRow] | None:
    """As ``orders``."""
    return await _page(rt, "licenses", queries.LICENSES, store_id, wanted, direction, row_id, limit)


async def downloads(
    rt: Runtime, store_id: str, wanted: Wanted, direction: str, row_id: str, limit: int
) -> Found[DownloadRow] | None:
    """As ``orders``."""
    return await _page(
        rt, "downloads", queries.DOWNLOADS, store_id, wanted, direction, row_id, limit
    )


async def every_order(
    rt: Runtime, store_id: str, wanted: Wanted, size: int
) -> AsyncIterator[Sequence[OrderRow]]:
    """All orders that fit, the newest first, ``size`` at a time."""
    async for rows in _every(rt, "orders", queries.ORDERS, store_id, wanted, size):
        yield rows


async def every_subscription(
    rt: Runtime, store_id: str, wanted: Wanted, size: int
) -> AsyncIterator[Sequence[SubscriptionRow]]:
    """As ``every_order``."""
    async for rows in _every(rt, "subscriptions", queries.SUBSCRIPTIONS, store_id, wanted, size):
        yield rows


async def every_license(
    rt: Runtime, store_id: str, wanted: Wanted, size: int
) -> AsyncIterator[Sequence[LicenseRow]]:
    """As ``every_order``."""
    async for rows in _every(rt, "licenses", queries.LICENSES, store_id, wanted, size):
        yield rows


async def every_download(
    rt: Runtime, store_id: str, wanted: Wanted, size: int
) -> AsyncIterator[Sequence[DownloadRow]]:
    """As ``every_order``."""
    async for rows in _every(rt, "downloads", queries.DOWNLOADS, store_id, wanted, size):
        yield rows


async def products(rt: Runtime, store_id: str) -> list[Choice]:
    """The store's products to choose from, by name; of very many the first."""
    return await rt.db.all(queries.PRODUCTS, store_id=store_id, limit=MOST_PRODUCTS)


async def versions(rt: Runtime, store_id: str) -> list[VersionCount]:
    """Every version of every file, by product, and how often each was fetched."""
    return await rt.db.all(queries.VERSIONS, store_id=store_id, limit=MOST_VERSIONS)


async def version(rt: Runtime, store_id: str, version_id: str) -> VersionCount | None:
    """One of them."""
    return await rt.db.one(queries.VERSION, store_id=store_id, id=version_id)


# Pages


async def _page(
    rt: Runtime,
    table: str,
    pages: Mapping[Shape, Query[R]],
    store_id: str,
    wanted: Wanted,
    direction: str,
    row_id: str,
    limit: int,
) -> Found[R] | None:
    start: tuple[datetime, str] | None = None
    if direction != "first":
        at = await rt.db.one(queries.MARKS[table], store_id=store_id, id=row_id)
        if at is None:
            return None
        start = at, row_id
    matches = await _matches(rt, store_id, wanted.q) if wanted.q else None
    newest_first = direction != "after"
    rows = await _rows(
        rt, table, pages, store_id, wanted, matches, start, newest_first=newest_first, limit=limit
    )
    return Found(rows, matches is not None and matches.capped)


async def _every(
    rt: Runtime,
    table: str,
    pages: Mapping[Shape, Query[R]],
    store_id: str,
    wanted: Wanted,
    size: int,
) -> AsyncIterator[Sequence[R]]:
    matches = await _matches(rt, store_id, wanted.q) if wanted.q else None
    start: tuple[datetime, str] | None = None
    while True:
        rows = await _rows(
            rt, table, pages, store_id, wanted, matches, start, newest_first=True, limit=size
        )
        if rows:
            yield rows
        if len(rows) < size:
            return
        start = rows[-1].created_at, rows[-1].id


async def _rows(
    rt: Runtime,
    table: str,
    pages: Mapping[Shape, Query[R]],
    store_id: str,
    wanted: Wanted,
    matches: Matches | None,
    start: tuple[datetime, str] | None,
    *,
    newest_first: bool,
    limit: int,
) -> Sequence[R]:
    has_modes = table != "downloads"
    shape = Shape(
        newest_first, wanted.state is not None, bool(wanted.product_id), matches is not None
    )
    # Where the page begins: behind the cursor, or with the period if that is nearer.
    begin, end = (wanted.until, ""), (wanted.since, "")
    if newest_first:
        at, row_id = min(begin, start or begin)
    else:
        at, row_id = max(end, start or end)
    given: dict[str, Any] = {
        "store_id": store_id, "limit": limit, "cursor_at": at, "cursor_id": row_id,
    }  # fmt: skip
    if newest_first or shape.search:
        given["since"] = wanted.since
    if not newest_first or shape.search:
        given["until"] = wanted.until
    if shape.state:
        given["state"] = wanted.state
    if shape.product:
        given["product_id"] = wanted.product_id
    if matches is not None:
        given |= {name: getattr(matches, name) for name in queries.SEARCHES_BY[table]}
        if has_modes:
            given["modes"] = [wanted.mode] if wanted.mode else list(Mode)
    elif has_modes:
        given["mode"] = wanted.mode or Mode.LIVE
    return await rt.db.all(pages[shape], **given)


async def _matches(rt: Runtime, store_id: str, q: str) -> Matches:
    """What was typed may be the beginning of an address, a number, the end of a card's or a key."""
    text = q.strip()
    number = text.removeprefix("#")
    customers = await rt.db.all(
        queries.CUSTOMERS, store_id=store_id, start=text.lower(), limit=MOST + 1
    )
    cards: list[str] = []
    if len(text) == 4 and text.isdecimal():
        cards = await rt.db.all(queries.CARDS, store_id=store_id, last4=text, limit=MOST + 1)
    keys: list[str] = []
    end = text.lstrip("•-").upper()
    if len(end) >= 4:
        keys = await rt.db.all(
            queries.KEYS, store_id=store_id, key=end, last4=end[-4:], before_end=len(end) - 1,
            limit=MOST + 1,
        )  # fmt: skip
    is_number = number.isascii() and number.isdecimal() and len(number) < 18
    return Matches(
        customers[:MOST], cards[:MOST], keys[:MOST], int(number) if is_number else -1,
        max(len(customers), len(cards), len(keys)) > MOST,
    )  # fmt: skip
