"""A store on an installation that the DNS knows as ``portico.test``, served for real."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from hypercorn.asyncio import serve
from hypercorn.config import Config
from portico import dns
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores.models import Store
from portico.testing import factories
from portico.testing.browser import Browser, KeepMail
from portico_auth_email_link import plugin as sign_in_plugin
from quart import Quart

from tests.support.dns_server import DnsServer, dns_server
from tests.support.processes import free_port


@pytest_asyncio.fixture
async def zone(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DnsServer]:
    """The DNS of the whole world. Who asks it waits for no more than half a second."""
    monkeypatch.setattr(dns, "ATTEMPT_SECONDS", 0.2)
    monkeypatch.setattr(dns, "ANSWER_SECONDS", 0.5)
    async with dns_server() as server:
        server.records["portico.test"] = {"A": ["127.0.0.1"]}
        yield server


@pytest.fixture
def port() -> int:
    """Where the installation, and so every domain of a store, is served."""
    return free_port()


@pytest.fixture
def portico_settings(zone: DnsServer, port: int) -> Mapping[str, Any]:
    return {"base_url": f"http://portico.test:{port}", "dns_servers": zone.address}


@pytest.fixture
def mails() -> KeepMail:
    return KeepMail()


@pytest.fixture
def portico_plugins(mails: KeepMail) -> tuple[Any, ...]:
    return (mails, sign_in_plugin)


@pytest_asyncio.fixture
async def served(app: Quart, port: int) -> AsyncIterator[None]:
    """The application answers at the port."""
    config, stop = Config(), asyncio.Event()
    config.bind, config.accesslog, config.errorlog = [f"127.0.0.1:{port}"], None, None

    async def only_requests(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise NotImplementedError("the fixture of the application has started it")
        await app.asgi_app(scope, receive, send)

    running = asyncio.create_task(serve(only_requests, config, shutdown_trigger=stop.wait))
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            break
    yield
    stop.set()
    await running


@pytest_asyncio.fixture
async def store(runtime: Runtime) -> Store:
    return await factories.make_store(runtime, slug="shop")


@pytest_asyncio.fixture
async def owner(app: Quart, runtime: Runtime, store: Store) -> Browser:
    """The browser of the store's owner."""
    seller = await sellers.invite(runtime, store, "owner@example.com", Role.OWNER, by="test")
    browser = Browser(app)
    await browser.sign_in(seller)
    return browser
