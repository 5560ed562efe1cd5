"""Requests per second of the signed-in overview, beside the floor, and on SQLite."""

import statistics
import urllib.request
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from portico.customers import service as customers
from portico.demo.content import DemoPeople
from portico.demo.seed import SLUG
from portico.stores import service as stores

from bench.load import Request, run
from bench.servers import Installation, floor, portico, sign_in

WORKERS = 2
ROUNDS = 5
SECONDS = 3.0
WARM_UP = 1.5


@dataclass(frozen=True)
class Overview:
    """Medians over the rounds, in requests per second, and the page's size in bytes."""

    floor: float
    postgresql: float
    sqlite: float
    of_floor: float
    of_postgresql: float
    page_size: int
    peak_kb: int


async def token_of_demo(installation: Installation) -> str:
    """Sign the demo's customer in; returns the cookie's value."""
    async with installation.running() as rt:
        store = await stores.by_slug(rt, SLUG)
        assert store is not None
        customer = await customers.by_email(rt, store.id, DemoPeople().customer)
        assert customer is not None
        return await sign_in(rt, store, customer.id)


def page_of_demo(base: str, token: str, connections: int = 16) -> Request:
    """The overview of the demo's customer, who is signed in."""
    return Request(
        f"{base}/p/{SLUG}/", {"Cookie": f"portico-{SLUG}={token}"}, connections=connections
    )


def _size(request: Request) -> int:
    wanted = urllib.request.Request(request.url, headers=dict(request.headers))
    with urllib.request.urlopen(wanted, timeout=30) as answer:
        return len(answer.read())


async def measure(on_postgresql: Installation, on_sqlite: Installation, folder: Path) -> Overview:
    """Floor, PostgreSQL and SQLite in turn, several rounds; the ratios are those of a round."""
    async with AsyncExitStack() as stack:
        tokens = [await token_of_demo(on_postgresql), await token_of_demo(on_sqlite)]
        first = await stack.enter_async_context(portico(on_postgresql, folder, workers=WORKERS))
        second = await stack.enter_async_context(portico(on_sqlite, folder, workers=WORKERS))
        pages = [page_of_demo(first.base, tokens[0]), page_of_demo(second.base, tokens[1])]
        size = _size(pages[0])
        bare = await stack.enter_async_context(
            floor(on_postgresql, folder, workers=WORKERS, page_size=size)
        )
        contenders = [Request(f"{bare.base}/", {"Cookie": f"session={tokens[0]}"}), *pages]
        for one in contenders:
            await run(one, seconds=WARM_UP)
        rounds = [
            [(await run(one, seconds=SECONDS))[0].per_second for one in contenders]
            for _ in range(ROUNDS)
        ]
        peak = max(first.peaks())
    lowest, postgresql, sqlite = (statistics.median(column) for column in zip(*rounds, strict=True))
    return Overview(
        lowest, postgresql, sqlite,
        statistics.median(one[1] / one[0] for one in rounds),
        statistics.median(one[2] / one[1] for one in rounds),
        size, peak,
    )  # fmt: skip
