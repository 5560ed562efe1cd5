"""A store with this plugin, a transport that keeps its mails, and browsers."""

from collections.abc import Awaitable, Callable

import pytest
from portico.api import Plugin
from portico.testing.browser import Browser, KeepMail, ReceivedMail, new_mail
from portico.testing.factories import make_customer, make_store
from portico_auth_email_link import EmailLink


@pytest.fixture
def transport():
    return KeepMail()


@pytest.fixture
def portico_plugins(transport) -> list[Plugin]:
    return [EmailLink(), transport]


@pytest.fixture
async def store(runtime):
    return await make_store(runtime, "shop", support_email="help@shop.example")


@pytest.fixture
async def customer(runtime, store):
    return await make_customer(runtime, store, "ada@example.com")


@pytest.fixture
def mails(runtime, transport) -> Callable[[], Awaitable[list[ReceivedMail]]]:
    async def arrived() -> list[ReceivedMail]:
        return await new_mail(runtime, transport)

    return arrived


@pytest.fixture
def browser(app, customer):
    return Browser(app)


@pytest.fixture
def other_browser(app):
    return Browser(app)
