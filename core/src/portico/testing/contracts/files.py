"""What core relies on in a storage of product files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from portico.hooks.errors import Refused
from portico.hooks.files import (
    FileStorageHooks,
    FileStream,
    LocalFile,
    OpenedFile,
    RemoteFile,
    StoredFile,
    StoredKey,
    Upload,
)
from portico.ids import new_id
from portico.testing.contracts.base import HooksContract, Shop

LIMIT = 1_000_000
ODD_NAMES = (
    "../../etc/passwd", "/etc/passwd", "a/b\\c", "..", "con", "naïve ☃.zip", "x" * 300, "\n",
)  # fmt: skip


class ConnectionLost(Exception):
    """The seller's connection breaks in the middle of an upload."""


async def chunks_of(*parts: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    """The parts, one by one; then an error, if there is one."""
    for part in parts:
        yield part
    if then is not None:
        raise then


def upload(*parts: bytes, filename: str = "guide.pdf", then: Exception | None = None) -> Upload:
    """An upload of these bytes, as core would hand it over."""
    return Upload(new_id("ver"), filename, "application/pdf", chunks_of(*parts, then=then), LIMIT)


def key_of(stored: StoredFile, filename: str = "guide.pdf") -> StoredKey:
    """What core keeps of a stored file."""
    return StoredKey(stored.key, stored.size, stored.sha256, filename, "application/pdf")


class FileStorageHooksContract(HooksContract):
    """A plugin that keeps product files.

    Override ``fetch`` where a ``RemoteFile`` needs a client of its own.
    """

    async def fetch(self, url: str) -> bytes:
        """The bytes behind a ``RemoteFile``."""
        import httpx  # noqa: PLC0415 - only storages elsewhere need it

        async with httpx.AsyncClient() as client:
            response = await client.get(url)
            response.raise_for_status()
            return response.content

    async def read(self, opened: OpenedFile | None, size: int) -> bytes:
        """All bytes of what was opened."""
        if isinstance(opened, LocalFile):
            return opened.path.read_bytes()
        if isinstance(opened, RemoteFile):
            return await self.fetch(opened.url)
        assert isinstance(opened, FileStream)
        return b"".join([part async for part in await opened.read(0, size)])

    async def test_bytes_come_back_as_they_went_in(self, shop: Shop) -> None:
        parts = [os.urandom(70_000), b"", os.urandom(3), os.urandom(130_001)]
        whole = b"".join(parts)
        stored = await shop.ask(FileStorageHooks.store_file, upload(*parts))
        assert (stored.size, stored.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
        opened = await shop.ask(FileStorageHooks.open_file, key_of(stored))
        assert await self.read(opened, stored.size) == whole
        assert await shop.ask(FileStorageHooks.check_file, key_of(stored)) is True

    async def test_a_stream_gives_any_range(self, shop: Shop) -> None:
        whole = os.urandom(200_000)
        stored = await shop.ask(
            FileStorageHooks.store_file, upload(whole[:150_000], whole[150_000:])
        )
        opened = await shop.ask(FileStorageHooks.open_file, key_of(stored))
        if not isinstance(opened, FileStream):
            assert await self.read(opened, stored.size) == whole
            return
        for start, end in ((0, 1), (99_999, 160_001), (199_999, 200_000), (5, 5)):
            found = b"".join([part async for part in await opened.read(start, end)])
            assert found == whole[start:end], (start, end)

    async def test_an_empty_file_is_a_file(self, shop: Shop) -> None:
        stored = await shop.ask(FileStorageHooks.store_file, upload())
        assert (stored.size, stored.sha256) == (0, hashlib.sha256(b"").hexdigest())
        assert await shop.ask(FileStorageHooks.check_file, key_of(stored)) is True

    async def test_an_upload_that_breaks_off_leaves_nothing_to_open(self, shop: Shop) -> None:
        good = await shop.ask(FileStorageHooks.store_file, upload(b"whole"))
        broken = upload(os.urandom(150_000), then=ConnectionLost())
        with pytest.raises(ConnectionLost):
            await shop.ask(FileStorageHooks.store_file, broken)
        guess = replace(key_of(good), key=good.key.replace(good.key[-26:], broken.version_id[-26:]))
        if guess.key != good.key:
            assert await shop.ask(FileStorageHooks.open_file, guess) is None
        again = replace(upload(b"second try"), version_id=broken.version_id)
        stored = await shop.ask(FileStorageHooks.store_file, again)
        opened = await shop.ask(FileStorageHooks.open_file, key_of(stored))
        assert await self.read(opened, stored.size) == b"second try"

    async def test_more_than_the_limit_is_refused(self, shop: Shop) -> None:
        just_right = await shop.ask(FileStorageHooks.store_file, upload(b"x" * LIMIT))
        assert just_right.size == LIMIT
        with pytest.raises(Refused):
            await shop.ask(FileStorageHooks.store_file, upload(b"x" * LIMIT, b"y"))

    async def test_files_of_the_same_name_do_not_meet(self, shop: Shop) -> None:
        first = await shop.ask(FileStorageHooks.store_file, upload(b"first"))
        second = await shop.ask(FileStorageHooks.store_file, upload(b"second"))
        assert first.key != second.key
        for stored, content in ((first, b"first"), (second, b"second")):
            opened = await shop.ask(FileStorageHooks.open_file, key_of(stored))
            assert await self.read(opened, stored.size) == content

    async def test_what_the_seller_calls_a_file_leads_nowhere(self, shop: Shop) -> None:
        for number, name in enumerate(ODD_NAMES):
            content = f"file {number}".encode()
            stored = await shop.ask(FileStorageHooks.store_file, upload(content, filename=name))
            opened = await shop.ask(FileStorageHooks.open_file, key_of(stored, name))
            assert await self.read(opened, stored.size) == content, name

    async def test_deleting_twice_is_no_error_and_spares_the_others(self, shop: Shop) -> None:
        gone = await shop.ask(FileStorageHooks.store_file, upload(b"gone"))
        kept = await shop.ask(FileStorageHooks.store_file, upload(b"kept"))
        for _ in range(2):
            await shop.ask(FileStorageHooks.delete_file, key_of(gone))
        assert await shop.ask(FileStorageHooks.open_file, key_of(gone)) is None
        assert await shop.ask(FileStorageHooks.check_file, key_of(gone)) is False
        assert await shop.ask(FileStorageHooks.check_file, key_of(kept)) is True

    async def test_a_key_that_is_told_before_deletes_what_was_stored(self, shop: Shop) -> None:
        hook, one = FileStorageHooks.storage_key, upload(b"killed before it had a row")
        if shop.plugin not in shop.rt.registry.names_answering(hook):
            return
        key = await shop.ask(hook, one)
        stored = await shop.ask(FileStorageHooks.store_file, one)
        assert key in (None, stored.key)
        if key is not None:
            blind = StoredKey(key, 0, "", one.version_id, "application/octet-stream")
            await shop.ask(FileStorageHooks.delete_file, blind)
            assert await shop.ask(FileStorageHooks.check_file, key_of(stored)) is False

    async def test_a_file_of_another_size_is_not_the_one(self, shop: Shop) -> None:
        stored = await shop.ask(FileStorageHooks.store_file, upload(b"seven b"))
        wrong = replace(key_of(stored), size=stored.size + 1)
        assert await shop.ask(FileStorageHooks.check_file, wrong) is False
