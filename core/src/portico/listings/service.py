"""The dashboard's lists.

A page costs the same in a store of any size: statements walk an index from the cursor on, and what
was typed into a search box is looked up first, up to ``MOST`` of each kind of thing.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from portico.db import Query
from portico.listings import queries
from portico.listings.models import (
    Choice,
    Found,
    Matches,
    Shape,
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


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A kind of list. ``name`` is that of the table with its rows, and of its page."""

    name: str
    pages: Mapping[Shape, Query[R]]

    async def page(
        self, rt: Runtime, store_id: str, wanted: Wanted, direction: str, row_id: str, limit: int
    ) -> Found[R] | None:
        """The newest rows, or those ``before`` or ``after`` a row.

        At most ``limit``, in the order of the direction. None for a cursor that the store has not.
        """
        start: tuple[datetime, str] | None = None
        if direction != "first":
            at = await rt.db.one(queries.MARKS[self.name], store_id=store_id, id=row_id)
            if at is None:
                return None
            start = at, row_id
        matches = await _matches(rt, store_id, wanted.q) if wanted.q else None
        newest_first = direction != "after"
        rows = await self._rows(
            rt, store_id, wanted, matches, start, newest_first=newest_first, limit=limit
        )
        return Found(rows, matches is not None and matches.capped)

    async def every(
        self, rt: Runtime, store_id: str, wanted: Wanted, size: int
    ) -> AsyncIterator[Sequence[R]]:
        """All rows that fit, the newest first, ``size`` at a time."""
        matches = await _matches(rt, store_id, wanted.q) if wanted.q else None
        start: tuple[datetime, str] | None = None
        while True:
            rows = await self._rows(
                rt, store_id, wanted, matches, start, newest_first=True, limit=size
            )
            if rows:
                yield rows
            if len(rows) < size:
                return
            start = rows[-1].created_at, rows[-1].id

    async def _rows(
        self,
        rt: Runtime,
        store_id: str,
        wanted: Wanted,
        matches: Matches | None,
        start: tuple[datetime, str] | None,
        *,
        newest_first: bool,
        limit: int,
    ) -> Sequence[R]:
        has_modes = self.name != "downloads"
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
            given |= {name: getattr(matches, name) for name in queries.SEARCHES_BY[self.name]}
            if has_modes:
                given["modes"] = [wanted.mode] if wanted.mode else list(Mode)
        elif has_modes:
            given["mode"] = wanted.mode or Mode.LIVE
        return await rt.db.all(self.pages[shape], **given)


ORDERS = Listing("orders", queries.ORDERS)
SUBSCRIPTIONS = Listing("subscriptions", queries.SUBSCRIPTIONS)
LICENSES = Listing("licenses", queries.LICENSES)
DOWNLOADS = Listing("downloads", queries.DOWNLOADS)


async def products(rt: Runtime, store_id: str) -> list[Choice]:
    """The store's products to choose from, by name; of very many the first."""
    return await rt.db.all(queries.PRODUCTS, store_id=store_id, limit=MOST_PRODUCTS)


async def versions(rt: Runtime, store_id: str) -> list[VersionCount]:
    """Every version of every file, by product, and how often each was fetched."""
    return await rt.db.all(queries.VERSIONS, store_id=store_id, limit=MOST_VERSIONS)


async def version(rt: Runtime, store_id: str, version_id: str) -> VersionCount | None:
    """One of them."""
    return await rt.db.one(queries.VERSION, store_id=store_id, id=version_id)


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
