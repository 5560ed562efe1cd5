"""``portico demo``: a store to try, with a customer, a seller and a mailbox."""

import asyncio
import json as json_module
import logging
import os
import secrets
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from portico.cli.serve import listen, migrate_first, require_free
from portico.logs import configure_logging
from portico.settings import load_settings

START_TIMEOUT = 60.0


def _secret_key(data_dir: Path) -> str:
    """The demo's own key, kept beside its data so that a restart can read what it wrote."""
    path = data_dir / "demo-secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text().strip()


def _links(base: str) -> dict[str, str]:
    return {
        "base": base,
        "portal": f"{base}/p/demo/",
        "dashboard": f"{base}/dashboard/",
        "mailbox": f"{base}/mailbox/",
        "customer": "customer@example.com",
        "seller": "seller@example.com",
    }


def _announce(links: dict[str, str], as_json: bool) -> None:
    """Print the links once the server answers."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(links["base"] + "/readyz", timeout=2):  # noqa: S310 - ours
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    else:
        typer.echo("The server does not answer; its messages above say why.", err=True)
        return
    if as_json:
        typer.echo(json_module.dumps(links))
        return
    typer.echo(f"""
  Customer portal   {links["portal"]}   (sign in as {links["customer"]})
  Dashboard         {links["dashboard"]}   (sign in as {links["seller"]})
  Mailbox           {links["mailbox"]}   (every mail the demo sends)

  Pay with the card 4242 4242 4242 4242. Stop with Ctrl-C.
""")


def demo(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8000,
    data_dir: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(
        "demo-data"
    ),
    workers: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    json: Annotated[bool, typer.Option(help="Print the links as one line of JSON.")] = False,
) -> None:
    """Serve a demo store. It never touches a real installation and can be started again."""
    from portico.demo.seed import refuse_real, seed  # noqa: PLC0415 - the seed needs the whole application

    data_dir = data_dir.absolute()
    data_dir.mkdir(parents=True, exist_ok=True)
    base = f"http://127.0.0.1:{port}"
    os.environ |= {
        "PORTICO_DEMO": "true",
        "PORTICO_BASE_URL": base,
        "PORTICO_DATA_DIR": str(data_dir),
        "PORTICO_SECRET_KEYS": _secret_key(data_dir),
    }
    configure_logging(logging.WARNING)
    settings = load_settings()
    asyncio.run(refuse_real(settings))
    require_free("127.0.0.1", port)
    migrate_first(settings)
    asyncio.run(seed(settings))
    threading.Thread(target=_announce, args=(_links(base), json), daemon=True).start()
    listen("127.0.0.1", port, workers)
