"""Files in the plugin's own table."""

import hashlib

import pytest
import pytest_asyncio
from portico.api import FileStorageHooks, FileStream, Refused, StoredKey, Upload
from portico.assembly import schema_owners
from portico.db import Database
from portico.db.migrations import pending, upgrade
from portico.hooks.loader import load_plugins
from portico.testing import factories
from portico.testing.contracts.files import FileStorageHooksContract
from portico_files_database import BLOCK, plugin, tables

pytestmark = pytest.mark.plugins(plugin)
CONTENT = bytes(range(256)) * 2500  # 640 kB: two blocks and a half
SIZE = len(CONTENT)


async def chunks(content, size=100_000):
    for at in range(0, len(content), size):
        yield content[at : at + size]


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime)


@pytest.fixture
def ask(runtime, store):
    async def asking(hook, subject, of=None):
        return await runtime.hooks.owner(of or store, "files_database", hook, subject)

    return asking


@pytest_asyncio.fixture
async def key(ask):
    upload = Upload("ver_1", "a.zip", "application/zip", chunks(CONTENT), 10**6)
    stored = await ask(FileStorageHooks.store_file, upload)
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    return StoredKey(stored.key, stored.size, stored.sha256, "a.zip", "application/zip")


async def count(runtime, store):
    found = await runtime.db.one(tables.stored, store_id=store.id, file_key="ver_1")
    return tuple(found)


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, SIZE), (0, 1), (BLOCK - 1, BLOCK + 1), (BLOCK, 2 * BLOCK), (SIZE - 1, SIZE)],
)
async def test_any_range_is_read_back(ask, key, start, end):
    opened = await ask(FileStorageHooks.open_file, key)
    assert isinstance(opened, FileStream)
    read = [block async for block in await opened.read(start, end)]
    assert b"".join(read) == CONTENT[start:end]
    assert max(map(len, read)) <= BLOCK


async def test_what_is_not_there_is_not_opened(ask, key, runtime):
    assert await ask(FileStorageHooks.check_file, key)
    await ask(FileStorageHooks.delete_file, key)
    await ask(FileStorageHooks.delete_file, key)
    assert not await ask(FileStorageHooks.check_file, key)
    assert await ask(FileStorageHooks.open_file, key) is None


async def test_another_store_has_none_of_it(ask, key, runtime):
    other = await factories.make_store(runtime)
    assert await ask(FileStorageHooks.open_file, key, of=other) is None
    await ask(FileStorageHooks.delete_file, key, of=other)
    assert await ask(FileStorageHooks.check_file, key)


async def test_an_upload_that_breaks_off_or_is_too_large_leaves_nothing(ask, runtime, store):
    async def broken():
        yield CONTENT
        raise ConnectionError("gone")

    for source, limit, error in (
        (broken(), 10**6, ConnectionError), (chunks(CONTENT), 1000, Refused),
    ):  # fmt: skip
        with pytest.raises(error):
            await ask(FileStorageHooks.store_file, Upload("ver_1", "a", "b/c", source, limit))
        assert await count(runtime, store) == (0, 0)


async def test_its_migration_makes_the_table_it_declares(database_url):
    owners = schema_owners(load_plugins((), [plugin], demo=True))[1:]
    assert await upgrade(database_url, owners) == ["files_database:files_database_0001"]
    assert await pending(database_url, owners) == []
    async with Database(database_url) as database:
        assert await database.one(tables.stored, store_id="sto_1", file_key="ver_1") == (0, 0)


class TestContract(FileStorageHooksContract):
    plugin = plugin
