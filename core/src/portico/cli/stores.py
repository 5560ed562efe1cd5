"""``portico store`` and ``portico seller``."""

from typing import Annotated

import typer

from portico.cli.common import StoreOption, print_rows, run, store_named
from portico.figures import service as figures
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.stores.models import Mode
from portico.stores.urls import portal_url

app = typer.Typer(help="Stores.", no_args_is_help=True)
seller_app = typer.Typer(help="The people who run stores.", no_args_is_help=True)


@app.command("create")
def create(
    slug: Annotated[str, typer.Argument(help="Short name, used in links: a-z, 0-9 and hyphens.")],
    name: Annotated[str, typer.Option(help="The name customers see.")],
    currency: Annotated[str, typer.Option(help="ISO 4217, such as EUR.")] = "EUR",
    locale: Annotated[str, typer.Option(help="Language of the portal, such as en or de.")] = "en",
    timezone: Annotated[str, typer.Option(help="IANA name, such as Europe/Berlin.")] = "UTC",
    support_email: Annotated[str | None, typer.Option(help="Where customers write to.")] = None,
    live: Annotated[bool, typer.Option(help="Real money instead of test mode.")] = False,
) -> None:
    """Create a store, with every installed plugin switched on."""

    async def work(rt: Runtime) -> None:
        store = await stores.create(
            rt, slug=slug, name=name, currency=currency, locale=locale, timezone=timezone,
            mode=Mode.LIVE if live else Mode.TEST, support_email=support_email, by="cli",
        )  # fmt: skip
        typer.echo(f"Created {store.name}. Its portal: {portal_url(rt.settings, store)}")

    run(work)


@app.command("list")
def list_stores() -> None:
    """List the stores with their portal links."""

    async def work(rt: Runtime) -> None:
        rows = [
            (store.slug, store.name, store.mode.value, portal_url(rt.settings, store))
            for store in await stores.all_stores(rt)
        ]
        print_rows(("Store", "Name", "Mode", "Portal"), rows)

    run(work)


@app.command("recount")
def recount(store: Annotated[str, typer.Argument(help="The store's short name.")]) -> None:
    """Count a store's sales and subscriptions anew, should the dashboard's figures seem wrong."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        days = await figures.recount(rt, found)
        typer.echo(f"Counted {found.name} anew, and the figures of {days} days.")

    run(work)


@seller_app.command("invite")
def invite(
    email: Annotated[str, typer.Argument(help="The address to invite.")],
    store: StoreOption,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.MANAGER,
) -> None:
    """Give somebody a role in a store; they sign in to the dashboard by e-mail."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        await sellers.invite(rt, found, email, role, by="cli")
        typer.echo(f"{email} is {role.value} of {found.name}: {rt.settings.base_url}/dashboard/")

    run(work)
