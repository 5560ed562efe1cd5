"""A storage plugin for tests: bytes in memory, with switches for what can go wrong."""

import hashlib

from portico.api import (
    Context,
    FileStorageHooks,
    FileStream,
    OpenedFile,
    Plugin,
    StoredFile,
    StoredKey,
    Upload,
    hookimpl,
)


class MemoryStorage(Plugin, FileStorageHooks):
    name, title = "memory", "Memory"

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.wrong_hash = False

    @hookimpl
    async def storage_key(self, ctx: Context, upload: Upload) -> str:
        return upload.version_id

    @hookimpl
    async def store_file(self, ctx: Context, upload: Upload) -> StoredFile:
        content = b"".join([chunk async for chunk in upload.chunks])
        self.kept[upload.version_id] = content
        sha256 = "0" * 64 if self.wrong_hash else hashlib.sha256(content).hexdigest()
        return StoredFile(upload.version_id, len(content), sha256)

    @hookimpl
    async def open_file(self, ctx: Context, stored: StoredKey) -> OpenedFile | None:
        content = self.kept.get(stored.key)
        if content is None:
            return None

        async def read(start: int, end: int):
            async def blocks():
                for at in range(start, end, 1000):
                    yield content[at : min(at + 1000, end)]

            return blocks()

        return FileStream(read)

    @hookimpl
    async def check_file(self, ctx: Context, stored: StoredKey) -> bool:
        return len(self.kept.get(stored.key, b"")) == stored.size

    @hookimpl
    async def delete_file(self, ctx: Context, stored: StoredKey) -> None:
        self.kept.pop(stored.key, None)


class SecondStorage(MemoryStorage):
    name, title = "second", "Second memory"


async def chunks(*parts: bytes):
    """The parts, one after the other, as an upload brings them."""
    for part in parts:
        yield part
