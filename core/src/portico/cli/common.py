"""What the commands share: a running core, and how they speak."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, NoReturn, TypeVar

import typer

from portico.assembly import build_runtime, start, stop
from portico.runtime import Runtime
from portico.settings import Settings, load_settings
from portico.stores import service as stores
from portico.stores.models import Store

T = TypeVar("T")
StoreOption = Annotated[str, typer.Option("--store", help="The store's short name.")]


def fail(message: str) -> NoReturn:
    """Say on one line what is wrong, and stop with status 1."""
    typer.echo(f"portico: {message}", err=True)
    raise SystemExit(1)


def on_terminal() -> bool:
    """Whether a person reads what is printed."""
    return sys.stdout.isatty()


def print_rows(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere lines of tab-separated values, for other programs."""
    if not on_terminal():
        for row in [headers, *rows]:
            typer.echo("\t".join(row))
        return
    from rich.console import Console  # noqa: PLC0415 - `portico serve` does without rich
    from rich.table import Table  # noqa: PLC0415

    table = Table(*headers)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@asynccontextmanager
async def running(settings: Settings | None = None) -> AsyncIterator[Runtime]:
    """A core connected to its database, without web server and worker."""
    rt = build_runtime(settings or load_settings())
    await start(rt)
    try:
        yield rt
    finally:
        await stop(rt)


def run(work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Run ``work`` with a connected core."""

    async def go() -> T:
        async with running() as rt:
            return await work(rt)

    return asyncio.run(go())


async def store_named(rt: Runtime, slug: str) -> Store:
    """The store, or a message that names those there are."""
    store = await stores.by_slug(rt, slug)
    if store is None:
        known = ", ".join(s.slug for s in await stores.all_stores(rt)) or "none yet"
        fail(f"There is no store {slug!r}. Stores: {known}.")
    return store
