"""``portico db``: the database's schema."""

import asyncio

import typer

from portico.assembly import schema_owners
from portico.db.revisions import up_to_date
from portico.hooks.loader import load_plugins
from portico.settings import Settings, load_settings

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


async def migrate(settings: Settings) -> list[str]:
    """Bring core's and every plugin's tables up to date; returns what was applied."""
    registry = load_plugins(settings.plugins, demo=settings.demo)
    settings.make_data_dir()
    url, owners = settings.resolved_database_url, schema_owners(registry)
    if await up_to_date(url, owners):
        return []
    from portico.db.migrations import upgrade  # noqa: PLC0415 - Alembic is large and rarely needed

    return await upgrade(url, owners)


@app.command("upgrade")
def upgrade_command() -> None:
    """Create the tables, or bring them up to date: core's first, then each plugin's."""
    applied = asyncio.run(migrate(load_settings()))
    for step in applied:
        typer.echo(f"applied {step}")
    typer.echo("The database is up to date.")


@app.command("status")
def status() -> None:
    """List the migrations that have not been applied."""
    from portico.db.migrations import pending  # noqa: PLC0415 - see above

    settings = load_settings()
    registry = load_plugins(settings.plugins, demo=settings.demo)
    waiting = asyncio.run(pending(settings.resolved_database_url, schema_owners(registry)))
    for step in waiting:
        typer.echo(step)
    typer.echo("Run `portico db upgrade`." if waiting else "The database is up to date.")
    raise SystemExit(1 if waiting else 0)
