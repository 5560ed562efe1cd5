"""``portico secrets``: the installation's keys."""

import secrets as stdlib_secrets

import typer

from portico.activation import secrets as stored
from portico.cli.common import run
from portico.runtime import Runtime

app = typer.Typer(help="The keys that encrypt and sign.", no_args_is_help=True)


@app.command("generate")
def generate() -> None:
    """Print a new key for PORTICO_SECRET_KEYS."""
    typer.echo(stdlib_secrets.token_hex(32))


@app.command("rotate")
def rotate() -> None:
    """Encrypt every stored secret with the first key of PORTICO_SECRET_KEYS.

    Put the new key first and keep the old one behind it, restart, run this, wait as long as a
    session lasts, then take the old key away.
    """

    async def work(rt: Runtime) -> None:
        count = await stored.rotate(rt)
        typer.echo(f"{count} stored secrets are now encrypted with the first key.")

    run(work)
