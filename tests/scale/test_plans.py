"""No page of the dashboard or the portal reads more of the database as a store grows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from portico.customers import service as customers
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores.models import Store
from portico.testing.browser import Browser

from tests.support import plans, scale

SIZES = (3000, 15_000, 500)
"""From 1000 on a product has more buyers than a page counts."""
LARGE = 400
SOME = 100
"""Blocks that a page may read more of whatever its size: indexes get a level higher."""


@dataclass
class Side:
    """A store's pages, and people signed in to see them."""

    pages: list[tuple[str, bool]]
    seller: Browser
    customer: Browser

    async def open(self, path: str, portal: bool) -> tuple[int, plans.Statements]:
        """The page's status, and what ran for it."""
        browser = self.customer if portal else self.seller
        with plans.listening() as found:
            await browser.get(path)
        return browser.status, found


@pytest.fixture
def dialect() -> str:
    """What it is about are PostgreSQL's plans; ``make bench`` looks at them with a million."""
    return "postgresql"


@pytest_asyncio.fixture
async def sides(app: Any, tables_url: str) -> AsyncIterator[list[Side]]:
    rt = app.extensions["portico"]
    made = await scale.fill(rt, tables_url, SIZES)
    yield [await _side(app, rt, store, size) for store, size in zip(made, SIZES, strict=True)][:2]


async def _side(app: Any, rt: Any, store: Store, size: int) -> Side:
    seller, customer = Browser(app), Browser(app)
    await seller.sign_in(await sellers.invite(rt, store, "s@example.com", Role.OWNER, by="test"))
    buyer = await customers.by_id(rt, store.id, scale.buyer_of(size))
    assert buyer is not None
    await customer.sign_in(buyer)
    return Side(list(scale.pages(app, store.slug, size)), seller, customer)


async def test_every_page_finds_its_rows_by_an_index(sides: list[Side], tables_url: str) -> None:
    everything, shown = plans.Statements(), 0
    for path, portal in sides[0].pages:
        status, found = await sides[0].open(path, portal)
        assert status < 500, path
        shown += status == 200
        everything.seen |= found.seen
    assert shown > 90
    async with plans.planner(tables_url, without_scans=True) as connection:
        large = await plans.large_tables(connection, LARGE)
        assert {"orders", "order_items", "payments", "licenses", "emails", "audit_log"} <= large
        assert await plans.scans(connection, everything, large) == []
        # And it would have noticed:
        everything.seen = {"SELECT 1 FROM orders WHERE locale = $1": ["de"]}
        assert await plans.scans(connection, everything, large)


async def test_five_times_the_orders_are_not_more_to_read(
    sides: list[Side], tables_url: str
) -> None:
    small, large = sides
    more = []
    async with plans.planner(tables_url) as connection:
        for ours, theirs in zip(small.pages, large.pages, strict=True):
            read = []
            for side, page in ((small, ours), (large, theirs)):
                await side.open(*page)  # what is remembered between pages is remembered now
                status, found = await side.open(*page)
                read.append(await plans.blocks_read(connection, found))
            if status == 200 and read[1] > 1.5 * read[0] + SOME:
                more.append(f"{theirs[0]}: {read[1]} blocks, and {read[0]} of a small store")
        assert not more, "\n".join(more)
        # And it would have noticed:
        found.seen = {"SELECT count(DISTINCT locale) FROM orders WHERE mode = $1": ["live"]}
        assert await plans.blocks_read(connection, found) > 2 * SOME
