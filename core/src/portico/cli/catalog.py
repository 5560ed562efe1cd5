"""``portico product`` and ``portico file``."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import aiofiles
import typer
from aiofiles.os import stat

from portico.catalog import service as catalog
from portico.catalog.models import FileVersion, Interval, Product
from portico.cli.common import StoreOption, fail, on_terminal, print_rows, run, store_named
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import portal_url

app = typer.Typer(help="Products and prices.", no_args_is_help=True)
file_app = typer.Typer(help="The files of products.", no_args_is_help=True)
CHUNK = 256 * 1024


async def product_named(rt: Runtime, store: Store, slug: str) -> Product:
    """The product, or a message that names those there are."""
    product = await catalog.product_by_slug(rt, store, slug)
    if product is None:
        known = ", ".join(p.slug for p in await catalog.products(rt, store)) or "none yet"
        fail(f"{store.name} has no product {slug!r}. Products: {known}.")
    return product


async def chunks_with_progress(path: Path) -> AsyncIterator[bytes]:
    """The file's bytes, with a progress bar on a terminal."""
    from rich import progress as bars  # noqa: PLC0415 - `portico serve` does without rich

    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.DownloadColumn(),
               bars.TransferSpeedColumn())  # fmt: skip
    with bars.Progress(*columns, disable=not on_terminal()) as progress:
        task = progress.add_task(path.name, total=(await stat(path)).st_size)
        async with aiofiles.open(path, "rb") as source:
            while chunk := await source.read(CHUNK):
                yield chunk
                progress.advance(task, len(chunk))


def readable(path: Path) -> Path:
    """The path, if it is a file."""
    if not path.is_file():
        fail(f"{path} is not a file.")
    return path


@app.command("create")
def create(
    slug: Annotated[str, typer.Argument(help="Short name: a-z, 0-9 and hyphens.")],
    name: Annotated[str, typer.Option(help="The name customers see.")],
    store: StoreOption,
    description: Annotated[str, typer.Option(help="One or two sentences.")] = "",
    licenses: Annotated[
        str | None, typer.Option(help="The plugin that issues a license key per copy sold.")
    ] = None,
    bundle: Annotated[
        list[str] | None, typer.Option(help="A product this one contains; may be repeated.")
    ] = None,
    downloads_after_cancellation: Annotated[
        bool, typer.Option(help="Keep files available after a subscription has ended.")
    ] = False,
) -> None:
    """Create a product. Add prices and files next."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        parts = [(await product_named(rt, found, part)).id for part in bundle or []]
        product = await catalog.create_product(
            rt, found, slug=slug, name=name, description=description, license_issuer=licenses,
            bundle_of=parts, downloads_after_cancellation=downloads_after_cancellation, by="cli",
        )  # fmt: skip
        page = portal_url(rt.settings, found, f"buy/{product.slug}")
        typer.echo(f"Created {product.name}: {page}")

    run(work)


@app.command("price")
def price(
    product: Annotated[str, typer.Argument(help="The product's short name.")],
    amount: Annotated[int, typer.Argument(help="In minor units: 1200 is 12.00.")],
    store: StoreOption,
    currency: Annotated[str | None, typer.Option(help="By default the store's.")] = None,
    every: Annotated[Interval | None, typer.Option(help="Makes it a subscription.")] = None,
    every_count: Annotated[int, typer.Option(help="Every so many intervals.")] = 1,
    trial_days: Annotated[int, typer.Option(help="Free days at the start.")] = 0,
) -> None:
    """Add a price to a product: once, or by the period."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        item = await product_named(rt, found, product)
        await catalog.add_price(
            rt, found, item.id, unit_amount=amount, currency=currency or found.currency,
            interval=every, interval_count=every_count, trial_days=trial_days, by="cli",
        )  # fmt: skip
        typer.echo(f"Added the price to {item.name}.")

    run(work)


@app.command("licenses")
def licenses(
    product: Annotated[str, typer.Argument(help="The product's short name.")],
    store: StoreOption,
    plugin: Annotated[
        str | None, typer.Argument(help="The plugin that issues its keys; left out, none does.")
    ] = None,
) -> None:
    """Have another plugin issue a product's license keys from now on. Old keys stay as they are."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        item = await product_named(rt, found, product)
        await catalog.set_license_issuer(rt, found, item.id, plugin, by="cli")
        keys = f"get keys from {plugin}" if plugin else "get no keys"
        typer.echo(f"Buyers of {item.name} {keys} from now on.")

    run(work)


@app.command("list")
def list_products(store: StoreOption) -> None:
    """List products with their files."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        rows: list[tuple[str, ...]] = []
        for product in await catalog.products(rt, found):
            about = (product.slug, product.name, product.state.value)
            files = await catalog.files_of(rt, found, product.id)
            for item, newest in files:
                version = newest.label or str(newest.number) if newest else ""
                rows.append((*about, item.name, version, item.id))
            if not files:
                rows.append((*about, "", "", ""))
        print_rows(("Product", "Name", "State", "File", "Newest version", "Id of the file"), rows)

    run(work)


def _say(version: FileVersion) -> None:
    typer.echo(f"{version.filename}: {version.size} bytes, SHA-256 {version.sha256}")


@file_app.command("add")
def add(
    product: Annotated[str, typer.Argument(help="The product's short name.")],
    path: Annotated[Path, typer.Argument(help="The file to upload.")],
    store: StoreOption,
    name: Annotated[str | None, typer.Option(help="For customers; by default its own.")] = None,
    label: Annotated[str, typer.Option(help="The version, such as 4.2.")] = "",
    notes: Annotated[str, typer.Option(help="What is new.")] = "",
) -> None:
    """Add a file to a product; everybody who bought the product has it at once."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        item = await product_named(rt, found, product)
        version = await catalog.add_file(
            rt, found, item.id, filename=readable(path).name, name=name, label=label, notes=notes,
            chunks=chunks_with_progress(path), by="cli",
        )  # fmt: skip
        typer.echo(f"Added as file {version.file_id}.")
        _say(version)

    run(work)


@file_app.command("replace")
def replace(
    file_id: Annotated[str, typer.Argument(help="The id of the file (see `product list`).")],
    path: Annotated[Path, typer.Argument(help="The new version.")],
    store: StoreOption,
    label: Annotated[str, typer.Option(help="The version, such as 4.3.")] = "",
    notes: Annotated[str, typer.Option(help="What is new.")] = "",
) -> None:
    """Upload a new version of a file; customers are offered it from now on."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        about = {"filename": readable(path).name, "label": label, "notes": notes, "by": "cli"}
        chunks = chunks_with_progress(path)
        _say(await catalog.replace_file(rt, found, file_id, chunks=chunks, **about))

    run(work)


@file_app.command("remove")
def remove(
    file_id: Annotated[str, typer.Argument(help="The id of the file (see `product list`).")],
    store: StoreOption,
) -> None:
    """Offer a file to nobody any more. Its bytes and history stay."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        await catalog.remove_file(rt, found, file_id, by="cli")
        typer.echo("Removed. Customers no longer see it.")

    run(work)
