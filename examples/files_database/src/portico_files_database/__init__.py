"""Example: product files in the plugin's own database table."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from portico.api import (
    Context,
    FileStorageHooks,
    FileStream,
    LifecycleHooks,
    OpenedFile,
    Plugin,
    PluginTables,
    Refused,
    StoredFile,
    StoredKey,
    Upload,
    hookimpl,
)

from portico_files_database import tables

BLOCK = 256 * 1024


class FilesDatabase(Plugin, FileStorageHooks, LifecycleHooks):
    """For small files: one backup then holds everything, and several servers need no shared disk.

    Each block is written on its own, so that a large upload does not lock the database. A file
    counts only once core has its row; blocks of an upload that broke off are deleted.
    """

    name, title = "files_database", "Files in the database"
    starts_on = False  # an example: off in new stores
    weight = 200  # behind other storages: it is used where a seller chooses it

    @hookimpl
    def tables(self) -> PluginTables:
        return PluginTables(tables.metadata, Path(__file__).parent / "migrations")

    @hookimpl
    async def storage_key(self, ctx: Context, upload: Upload) -> str:
        return upload.version_id

    @hookimpl
    async def store_file(self, ctx: Context, upload: Upload) -> StoredFile:
        file = {"store_id": ctx.require_store().id, "file_key": upload.version_id}
        size, digest, position = 0, hashlib.sha256(), 0
        await ctx.db.run(tables.delete, **file)  # what an earlier try left
        try:
            async for block in _even(upload.chunks):
                size += len(block)
                if size > upload.max_bytes:
                    raise Refused("The file is larger than this installation takes.")
                digest.update(block)
                await ctx.db.run(tables.insert, **file, position=position, content=block)
                position += 1
        except BaseException:
            await ctx.db.run(tables.delete, **file)
            raise
        return StoredFile(upload.version_id, size, digest.hexdigest())

    @hookimpl
    async def open_file(self, ctx: Context, stored: StoredKey) -> OpenedFile | None:
        if not await self.check_file(ctx, stored):
            return None
        file = {"store_id": ctx.require_store().id, "file_key": stored.key}

        async def read(start: int, end: int) -> AsyncIterator[bytes]:
            return blocks(start, end)

        async def blocks(start: int, end: int) -> AsyncIterator[bytes]:
            for position in range(start // BLOCK, -(-end // BLOCK)):
                block = await ctx.db.one(tables.block, **file, position=position)
                if block is None:
                    raise LookupError(f"block {position} of {stored.key} is gone")
                at = position * BLOCK
                yield block[max(start - at, 0) : end - at]

        return FileStream(read)

    @hookimpl
    async def check_file(self, ctx: Context, stored: StoredKey) -> bool:
        file = {"store_id": ctx.require_store().id, "file_key": stored.key}
        found = await ctx.db.one(tables.stored, **file)
        return found is not None and found.blocks > 0 and found.bytes == stored.size

    @hookimpl
    async def delete_file(self, ctx: Context, stored: StoredKey) -> None:
        store_id = ctx.require_store().id
        await ctx.db.run(tables.delete, store_id=store_id, file_key=stored.key)


async def _even(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in blocks of ``BLOCK``, so that a range is found by dividing."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        while len(waiting) >= BLOCK:
            yield bytes(waiting[:BLOCK])
            del waiting[:BLOCK]
    yield bytes(waiting)  # at least one block, so that an empty file is a file, too


plugin = FilesDatabase()
