"""Every page of the dashboard and the portal in a large store and in a small one, by turns."""

import gc
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portico.app import create_app
from portico.cli.database import migrate
from portico.customers import service as customers
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.testing.browser import Browser

from bench.servers import Installation
from tests.support import scale

ORDERS, STORES, LARGEST = 1_000_000, 200, 300_000
SMALL = 1_000
ROUNDS = 15
LARGE_TABLE = 10_000
"""Rows from which on a table must not be read from end to end."""
GOAL = 1.5


@dataclass
class Side:
    """One of the two installations, with people signed in to its first store."""

    app: Any
    url: str
    size: int
    seller: Browser
    customer: Browser
    fill_seconds: float
    paths: list[tuple[str, bool]]

    async def open(self, path: str, portal: bool) -> float:
        """Seconds that a page takes; its status is in ``browser(portal)``."""
        began = time.perf_counter()
        await self.browser(portal).get(path)
        return time.perf_counter() - began

    def browser(self, portal: bool) -> Browser:
        """The seller's, or the customer's."""
        return self.customer if portal else self.seller


@dataclass(frozen=True)
class Page:
    """Fastest times in seconds. A page that was not shown has the status it had instead."""

    path: str
    status: int
    small: float
    large: float

    @property
    def ratio(self) -> float:
        """The large store's time in the small store's."""
        return self.large / self.small


@dataclass(frozen=True)
class Scale:
    """What was found."""

    fill_seconds: float
    pages: list[Page]
    statements: int
    scans: list[str]


async def measure(large_url: str, small_url: str, folder: Path) -> Scale:
    """Fill both databases, open every page in both by turns, explain what ran in the large one."""
    others = (ORDERS - LARGEST) // (STORES - 1)
    sizes = [LARGEST, *[others] * (STORES - 1)]
    async with AsyncExitStack() as stack:
        large = await _side(stack, large_url, folder / "large", sizes)
        small = await _side(stack, small_url, folder / "small", [SMALL])
        with scale.listening() as found:
            for path, portal in large.paths:
                await large.open(path, portal)
        pages = [
            await _compare(small, large, ours, theirs)
            for ours, theirs in zip(small.paths, large.paths, strict=True)
        ]
        async with scale.planner(large_url) as connection:
            tables = await scale.large_tables(connection, LARGE_TABLE)
            scans = await scale.scans(connection, found, tables)
    return Scale(large.fill_seconds, pages, len(found.seen), scans)


async def _side(stack: AsyncExitStack, url: str, folder: Path, sizes: list[int]) -> Side:
    folder.mkdir(parents=True)
    settings = Installation(url, folder).settings()
    await migrate(settings)
    app = create_app(settings)
    await stack.enter_async_context(app.test_app())
    rt: Runtime = app.extensions["portico"]
    began = time.perf_counter()
    store = (await scale.fill(rt, url, sizes))[0]
    seconds = time.perf_counter() - began
    seller, customer = Browser(app), Browser(app)
    await seller.sign_in(await sellers.invite(rt, store, "seller@example.com", Role.OWNER, by="x"))
    paths = list(scale.pages(app, store.slug, sizes[0]))
    buyer = await customers.by_id(rt, store.id, scale.buyer_of(sizes[0]))
    assert buyer is not None
    await customer.sign_in(buyer)
    return Side(app, url, sizes[0], seller, customer, seconds, paths)


async def _compare(
    small: Side, large: Side, ours: tuple[str, bool], theirs: tuple[str, bool]
) -> Page:
    """Times of the same page in both."""
    (path, portal), (their_path, _) = ours, theirs
    for _ in range(2):
        await small.open(path, portal)
        await large.open(their_path, portal)
    status = max(small.browser(portal).status, large.browser(portal).status)
    times: tuple[list[float], list[float]] = [], []
    if status == 200:
        gc.collect()
        for _ in range(ROUNDS):
            times[0].append(await small.open(path, portal))
            times[1].append(await large.open(their_path, portal))
    # The fastest of each: all that a busy machine adds is left out.
    best = [min(one, default=0.0) for one in times]
    return Page(
        f"{'portal' if portal else 'dashboard'} {path.partition('/shop-1')[2]}", status, *best
    )
