"""The plugin payments_stripe against the Stripe server of ours."""

import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import portico_payments_stripe
import pytest
import pytest_asyncio
from portico.api import Plugin
from portico.clock import FixedClock
from portico.runtime import Runtime
from portico_payments_stripe import client
from quart import Quart

from tests.payments_stripe.shop import Shop, make_shop
from tests.support.stripe import StripeServer

# The plugin makes a client for each event loop, so here for each test; to read the certificates
# for it takes longer than the calls do.
certificates = cache(ssl.create_default_context)


@pytest.fixture(scope="session")
def stripe_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeServer]:
    """One server for all tests of this process; each test makes its own customers."""
    with StripeServer(tmp_path_factory.mktemp("stripe")) as server:
        yield server


@pytest.fixture
def stripe_server(
    stripe_process: StripeServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StripeServer]:
    """The server, well and with nothing wrong; calls go there."""
    monkeypatch.setenv(client.API_BASE, stripe_process.base)
    monkeypatch.setattr(ssl, "create_default_context", certificates)
    stripe_process.control("clear-faults")
    stripe_process.control("settings", portal=True, tax_percent=0.0)
    stripe_process.control("webhooks", stopped=True)
    stripe_process.control("reset-calls")
    client.forget_outages()
    yield stripe_process
    stripe_process.control("clear-faults")
    client.forget_outages()


@pytest.fixture
def clock(stripe_server: StripeServer) -> FixedClock:
    """Our clock shows Stripe's time: what happens there must not be ahead of us."""
    now = stripe_server.control("state")["now"]
    return FixedClock(datetime.fromtimestamp(now, UTC) + timedelta(minutes=1))


@pytest.fixture
def portico_plugins(stripe_server: StripeServer) -> Sequence[Plugin]:
    return (portico_payments_stripe.plugin,)


@pytest_asyncio.fixture
async def shop(app: Quart, clock: FixedClock, stripe_server: StripeServer) -> AsyncIterator[Shop]:
    """A store that sells through Stripe."""
    rt: Runtime = app.extensions["portico"]
    yield await make_shop(app, rt, clock, stripe_server)
