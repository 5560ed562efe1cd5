"""``portico serve`` and ``portico worker``."""

import asyncio
import errno
import gc
import os
import signal
import socket
import time
from importlib import import_module
from ipaddress import ip_address
from typing import Annotated

import typer

from portico.cli.common import fail
from portico.settings import Settings, load_settings
from portico.themes.library import find_themes

PATIENCE = 2.0
"""Seconds to wait for a port: a server that was just stopped may be a moment about it."""


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Processes; one per core is a start.")] = 1,
    worker: Annotated[bool, typer.Option(help="Deliver mail and other work in here, too.")] = True,
) -> None:
    """Bring the database up to date, then serve portal, dashboard and API."""
    settings = load_settings()
    if not settings.secret_keys:
        fail("PORTICO_SECRET_KEYS is not set. Make a key with `portico secrets generate`.")
    require_free(host, port)
    if "base_url" not in settings.model_fields_set:  # links lead to where we listen
        os.environ["PORTICO_BASE_URL"] = f"http://127.0.0.1:{port}"
        settings = load_settings()
    if not worker:
        os.environ["PORTICO_WORKER"] = "false"
    find_themes(settings.themes_dir)  # here, where what is wrong with one can be said in a line
    migrate_first(settings)
    asyncio.run(offer_set_up(settings))
    listen(host, port, workers)


def migrate_first(settings: Settings) -> None:
    """One node migrates, the others wait for it."""
    from portico.cli.database import migrate  # noqa: PLC0415 - Alembic is slow to import

    asyncio.run(migrate(settings))


async def offer_set_up(settings: Settings) -> None:
    """Print the link that makes the first seller, while there is none."""
    from portico.assembly import build_runtime  # noqa: PLC0415 - see above
    from portico.sellers import setup  # noqa: PLC0415
    from portico.stores.urls import dashboard_url  # noqa: PLC0415

    rt = build_runtime(settings)
    async with rt.db:
        token = await setup.new_link_token(rt)
    if token is not None:
        typer.echo(
            "There is no seller yet. Set this installation up (the link works once):\n\n"
            f"  {dashboard_url(settings, 'set-up')}?token={token}\n"
        )


def require_free(host: str, port: int) -> None:
    """Stop with a message if we cannot listen there.

    The server would not notice: its processes share their port, and so would two servers.
    """
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    except ValueError:
        fail(f"{host!r} is not an IP address; use 127.0.0.1, 0.0.0.0 or ::.")
    until = time.monotonic() + PATIENCE
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE and time.monotonic() < until:
                    time.sleep(0.1)
                    continue
                reason = os.strerror(error.errno or 0).lower()
                fail(f"Cannot listen on port {port} of {host}: {reason}. "
                     "Choose another with --port, or stop what uses it.")  # fmt: skip
            return


def listen(host: str, port: int, workers: int) -> None:
    """Serve until stopped. The processes read their configuration from the environment."""
    from granian import Granian  # noqa: PLC0415 - only the server's own process needs it
    from granian.constants import Interfaces, Loops  # noqa: PLC0415

    # The server's processes are forked from this one: they share what is loaded before, 5 MB each,
    # and one that has died is back at once. About gc, see ``portico.cli.main``.
    gc.disable()
    import_module("portico.app")
    gc.freeze()
    gc.enable()
    Granian(
        "portico.app:create_app_from_environment",
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        websockets=False,
        respawn_failed_workers=True,
        log_access=False,
    ).serve()


def worker() -> None:
    """Deliver mail, licenses, events and jobs, without serving pages. Run as many as you like."""
    import uvloop  # noqa: PLC0415 - see above

    uvloop.run(_work())


async def _work() -> None:
    from portico.cli.common import running  # noqa: PLC0415
    from portico.worker import Worker  # noqa: PLC0415

    async with running() as rt:
        work = Worker(rt)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, work.stop)
        await work.run()
