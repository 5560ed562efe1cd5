"""The commands and how they end."""

import sys
from collections.abc import Sequence

import typer

from portico.cli import (
    catalog,
    database,
    demo,
    doctor,
    imports,
    plugins,
    secrets,
    serve,
    stores,
    themes,
)
from portico.cli.common import fail
from portico.db import DatabaseUnavailable, SchemaMissing
from portico.errors import ConfigurationError, PorticoError
from portico.hooks.errors import InvalidSettings, Refused
from portico.logs import configure_logging
from portico.settings import share_files

app = typer.Typer(
    name="portico",
    help="A self-hosted customer portal for people who sell digital goods.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("doctor")(doctor.doctor)
app.command("import")(imports.import_)
app.add_typer(database.app, name="db")
app.add_typer(stores.app, name="store")
app.add_typer(stores.seller_app, name="seller")
app.add_typer(plugins.app, name="plugin")
app.add_typer(themes.app, name="theme")
app.add_typer(catalog.app, name="product")
app.add_typer(catalog.file_app, name="file")
app.add_typer(secrets.app, name="secrets")

CORE_COMMANDS = frozenset(
    {"demo", "serve", "worker", "doctor", "db", "store", "seller", "plugin", "theme", "product",
     "file", "secrets", "import"}
)  # fmt: skip


def mount_plugin_commands(argv: Sequence[str]) -> None:
    """Add the commands of plugins, unless the command is one of core's own.

    Plugins are only loaded when their commands may be needed, so that a broken plugin does not
    stop ``portico doctor`` from saying so.
    """
    words = [word for word in argv if not word.startswith("-")]
    if words and words[0] in CORE_COMMANDS:
        return
    try:
        commands = plugins.plugin_commands()
    except ConfigurationError as error:
        if words:
            raise
        typer.echo(f"Commands of plugins are left out: {error}", err=True)
        return
    for name, command in commands.items():
        app.add_typer(command, name=name)


def main() -> None:
    """What the ``portico`` command does."""
    configure_logging()
    share_files()
    try:
        mount_plugin_commands(sys.argv[1:])
        app()
    except (ConfigurationError, Refused, InvalidSettings, PorticoError) as error:
        fail(str(error))
    except SchemaMissing as error:
        fail(f"The database is new, or of another version ({error}). Run `portico db upgrade`.")
    except DatabaseUnavailable as error:
        fail(f"{error}. Check PORTICO_DATABASE_URL.")
