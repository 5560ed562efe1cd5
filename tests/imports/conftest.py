"""A Stripe account with a business in it, and a store that has its key."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from portico.activation import service as activation
from portico.cli.common import running, store_named
from portico.db import Database, Query
from portico.testing.app import make_settings

from tests.support.installation import Installation, run_command
from tests.support.processes import Process
from tests.support.stripe import StripeServer

PLUGINS = "auth_email_link,payments_stripe,files_local,licenses,email_smtp"


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[StripeServer]:
    """The Stripe server of ours, empty."""
    with StripeServer(tmp_path) as server:
        yield server


def _peak(pid: int) -> float:
    """The most memory the process has had, in megabytes; 0 once it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


@dataclass
class Takeover:
    """A store that imports from the Stripe server, by the command."""

    installation: Installation
    stripe: StripeServer
    seconds: float = 0.0
    megabytes: float = 0.0
    """How long the last run took, and the most memory it had."""

    def start(self, *options: str) -> Process:
        """``portico import stripe`` in a process of its own."""
        arguments = ["import", "stripe", "--store", "shop", *options]
        log = self.installation.folder / "import.log"
        return Process(arguments, self.installation.environment, log).start()

    def to_the_end(self) -> dict[str, Any]:
        """Import until it is done; the sheet."""
        process = self.start().running
        assert process is not None
        begun = time.monotonic()
        # Looked at while it runs: what the system tells of it afterwards includes the process that
        # it was forked from.
        self.megabytes = 0.0
        while process.poll() is None:
            self.megabytes = max(self.megabytes, _peak(process.pid))
            time.sleep(0.05)
        self.seconds = time.monotonic() - begun
        return self.sheet()

    def sheet(self) -> dict[str, Any]:
        """The sheet of the last import, as the command prints it."""
        arguments = ("import", "stripe", "--store", "shop", "--sheet", "--json")
        made = self.installation
        done = run_command(arguments, made.environment, made.folder)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def all(self, query: Query[Any]) -> list[Any]:
        """Rows of the installation's database."""

        async def read() -> list[Any]:
            async with Database(self.installation.database_url) as database:
                return await database.all(query)

        return asyncio.run(read())


@pytest.fixture
def takeover(database_url: str, tmp_path: Path, stripe: StripeServer) -> Takeover:
    """A store named ``shop``, connected to the Stripe server; nothing is imported yet."""
    extra = {"PORTICO_PLUGINS": PLUGINS, "PORTICO_STRIPE_API_BASE": stripe.base}
    made = Installation(tmp_path, database_url, extra)
    made.command("db", "upgrade")
    made.command("store", "create", "shop", "--name", "Paper Shop")
    made.command("plugin", "enable", "payments_stripe", "--store", "shop")

    async def connect() -> None:
        settings = make_settings(database_url, tmp_path / "data", plugins=PLUGINS)
        async with running(settings) as rt:
            store = await store_named(rt, "shop")
            values = {"test_key": stripe.key}
            await activation.save_settings(rt, store, "payments_stripe", values, by="cli")

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PORTICO_STRIPE_API_BASE", stripe.base)
        asyncio.run(connect())
    return Takeover(made, stripe)
