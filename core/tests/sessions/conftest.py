"""A store with a customer, and browsers that are signed in without a plugin's help."""

import pytest
from portico.sessions import service as sessions
from portico.testing.browser import Browser, KeepMail, new_mail
from portico.testing.factories import make_customer, make_store


@pytest.fixture
def transport():
    return KeepMail()


@pytest.fixture
def portico_plugins(transport):
    return [transport]


@pytest.fixture
async def store(runtime):
    return await make_store(runtime, "shop", support_email="help@shop.example")


@pytest.fixture
async def customer(runtime, store):
    return await make_customer(runtime, store, "ada@example.com")


@pytest.fixture
def mails(runtime, transport):
    async def arrived():
        return await new_mail(runtime, transport)

    return arrived


@pytest.fixture
def open_session(runtime):
    async def opened(store, email="ada@example.com", agent="", previous=None):
        attempt = await sessions.begin(
            runtime, store, email, method="test", device="device", next_path="", locale="en",
            ip="192.0.2.1",
        )  # fmt: skip
        return await sessions.open_session(
            runtime, store, attempt.id, previous_token=previous, user_agent=agent, ip="192.0.2.1"
        )

    return opened


@pytest.fixture
def signed_in(app, open_session, customer, store):
    async def browser(email="ada@example.com", shop=store, **options):
        new = Browser(app, **options)
        opened = await open_session(shop, email, new.agent)
        new.client.set_cookie("127.0.0.1", f"portico-{shop.slug}", opened.token)
        return new

    return browser
