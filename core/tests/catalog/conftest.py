"""A store with a product, and storage in memory."""

import sys
from pathlib import Path

import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from portico.testing import factories
from storage import MemoryStorage, SecondStorage


@pytest.fixture
def memory():
    return MemoryStorage()


@pytest.fixture
def second():
    return SecondStorage()


@pytest.fixture
def portico_plugins(memory, second):
    return (memory, second)


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime)


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store)
