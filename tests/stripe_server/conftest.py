"""A server for each module, and the official library's client on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stripe
from stripe._v1_services import V1Services

from tests.support.stripe import StripeServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StripeServer]:
    """A server with nothing in it."""
    with StripeServer(tmp_path) as running:
        yield running


@pytest.fixture
def api(server: StripeServer) -> V1Services:
    """The library's client, as a seller has it; it repeats nothing by itself."""
    return client(server).v1


def client(server: StripeServer, key: str = "", retries: int = 0) -> stripe.StripeClient:
    """A client on the server."""
    return stripe.StripeClient(
        key or server.key,
        base_addresses={"api": server.base},
        max_network_retries=retries,
        http_client=stripe.HTTPXClient(timeout=20),
    )
