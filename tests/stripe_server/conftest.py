"""One server for all tests of a process, emptied before each; the library's client on it."""

from collections.abc import Iterator

import pytest
from stripe._v1_services import V1Services

from tests.support.stripe import StripeServer


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StripeServer]:
    """A server."""
    with StripeServer(tmp_path_factory.mktemp("stripe")) as one:
        yield one


@pytest.fixture
def server(running: StripeServer) -> StripeServer:
    """A server with nothing in it."""
    running.control("reset")
    return running


@pytest.fixture
def api(server: StripeServer) -> V1Services:
    """The library's client, as a seller has it; it repeats nothing by itself."""
    return server.library().v1
