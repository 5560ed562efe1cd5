"""A store with a file, a customer who bought it, and browsers that are signed in."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.api import (
    Context,
    FileStorageHooks,
    FileStream,
    LocalFile,
    OpenedFile,
    Plugin,
    RemoteFile,
    StoredFile,
    StoredKey,
    Upload,
    hookimpl,
)
from portico.catalog import service as catalog
from portico.db import Command
from portico.sessions.models import Audience
from portico.sessions.tables import sessions
from portico.sessions.tokens import hash_token, new_token
from portico.testing import factories
from portico.web.cookies import session_cookie

CONTENT = bytes(range(256)) * 2048  # 512 kB: more than one block


class Folder(Plugin, FileStorageHooks):
    """Keeps files in a folder; ``answer`` says how it hands them out."""

    name, title = "folder", "Folder"

    def __init__(self, root: Path) -> None:
        self.kept, self.answer = root, "local"

    @hookimpl
    async def store_file(self, ctx: Context, upload: Upload) -> StoredFile:
        content = b"".join([chunk async for chunk in upload.chunks])
        (self.kept / upload.version_id).write_bytes(content)
        return StoredFile(upload.version_id, len(content), hashlib.sha256(content).hexdigest())

    @hookimpl
    async def open_file(self, ctx: Context, stored: StoredKey) -> OpenedFile | None:
        path = self.kept / stored.key
        if self.answer == "error":
            raise ConnectionError("the disk is away")
        if self.answer == "remote":
            return RemoteFile(f"https://cdn.example/{stored.key}?signed")
        if self.answer == "local":
            return LocalFile(path)

        async def read(start: int, end: int):
            async def blocks():
                yield path.read_bytes()[start:end]

            return blocks()

        return FileStream(read)

    @hookimpl
    async def check_file(self, ctx: Context, stored: StoredKey) -> bool:
        return (self.kept / stored.key).exists()

    @hookimpl
    async def delete_file(self, ctx: Context, stored: StoredKey) -> None:
        (self.kept / stored.key).unlink(missing_ok=True)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kept").mkdir()
    return Folder(tmp_path / "kept")


@pytest.fixture
def portico_plugins(folder):
    return (folder,)


async def chunks(content):
    yield content


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime, slug="shop")


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store)


@pytest_asyncio.fixture
async def customer(runtime, store, product):
    customer = await factories.make_customer(runtime, store)
    await factories.make_paid_order(runtime, store, customer, product)
    return customer


@pytest_asyncio.fixture
async def version(runtime, store, product):
    return await catalog.add_file(
        runtime, store, product.id, filename="Schriften für alle.zip", chunks=chunks(CONTENT),
        by="cli",
    )  # fmt: skip


@pytest.fixture
def sign_in(app, runtime):
    async def signing_in(store, customer):
        token, now = new_token(), runtime.clock.now()
        row = {
            "id": hash_token(token), "audience": Audience.CUSTOMER, "store_id": store.id,
            "customer_id": customer.id, "seller_id": None, "user_agent": "", "ip": "127.0.0.1",
            "created_at": now, "last_seen_at": now, "expires_at": now + timedelta(days=30),
        }  # fmt: skip
        await runtime.db.run(Command(sa.insert(sessions).values(row)))
        client = app.test_client()
        client.set_cookie("localhost", session_cookie(runtime.settings, store.slug), token)
        return client

    return signing_in


@pytest_asyncio.fixture
async def browser(sign_in, store, customer):
    return await sign_in(store, customer)
