"""Product files on the server's own disk.

A file is ``<data dir>/files/<store>/<xx>/<version>``, where ``xx`` are the last two characters of
the version's id, so that no folder grows large. What the seller called it is never part of a path.
"""

import asyncio
import errno
import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiofiles
from portico.api import (
    Context,
    FileStorageHooks,
    HealthCheck,
    HealthReport,
    Job,
    LifecycleHooks,
    LocalFile,
    OpenedFile,
    Plugin,
    Refused,
    StoredFile,
    StoredKey,
    Upload,
    hookimpl,
)

LOW_SPACE = 2**30
_LEFTOVER = timedelta(days=1)
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def root_of(ctx: Context) -> Path:
    """The folder that holds everything of this plugin."""
    return Path(ctx.data_dir).absolute() / "files"


def path_of(ctx: Context, key: str) -> Path | None:
    """Where the bytes of ``key`` are. None if the key leads out of the store's own folder."""
    parts = key.split("/")
    store = ctx.require_store().id
    if len(parts) != 3 or parts[0] != store or any(p in ("", ".", "..") for p in parts):
        return None
    return root_of(ctx).joinpath(*parts)


def _finish(part: Path, final: Path) -> None:
    """Make the bytes durable, then give them their name: there is never half a file."""
    descriptor = os.open(part, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    final.parent.mkdir(parents=True, exist_ok=True)
    part.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False


def _remove_leftovers(folder: Path, older_than: float) -> None:
    for part in folder.glob("*.part"):
        with suppress(FileNotFoundError):
            if part.stat().st_mtime < older_than:
                part.unlink()


def _look_at(folder: Path) -> list[HealthReport]:
    probe = folder / f"health-{os.getpid()}-{time.monotonic_ns()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"portico")
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        fix = f"let the user that runs Portico write to {folder} ({error.strerror})"
        return [HealthReport("The folder for files can be written", False, fix)]
    return [
        HealthReport("The folder for files can be written", True),
        HealthReport(
            "The disk has room for files", free >= LOW_SPACE,
            f"{free // 2**20} MB are free for {folder}; make room or move the data directory",
        ),
    ]  # fmt: skip


class FilesLocal(Plugin, FileStorageHooks, LifecycleHooks):
    """Keeps files in the data directory. With several servers it must be a shared disk."""

    name, title = "files_local", "Files on this server"
    description = "Keeps product files on the server's own disk."

    @hookimpl
    async def storage_key(self, ctx: Context, upload: Upload) -> str:
        return f"{ctx.require_store().id}/{upload.version_id[-2:]}/{upload.version_id}"

    @hookimpl
    async def store_file(self, ctx: Context, upload: Upload) -> StoredFile:
        key = await self.storage_key(ctx, upload)
        final = path_of(ctx, key)
        if final is None:
            raise ValueError(f"{upload.version_id!r} is no id of a version")
        # A name of its own: two tries for the same version must not write into each other.
        part = root_of(ctx) / "incoming" / f"{upload.version_id}-{os.urandom(4).hex()}.part"
        await asyncio.to_thread(part.parent.mkdir, parents=True, exist_ok=True)
        try:
            size, sha256 = await self._write(part, upload)
            await asyncio.to_thread(_finish, part, final)
        except BaseException as error:
            part.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in _NO_SPACE:
                raise Refused("There is not enough room on the server for this file.") from error
            raise
        return StoredFile(key, size, sha256)

    async def _write(self, part: Path, upload: Upload) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        async with aiofiles.open(part, "xb") as out:
            async for chunk in upload.chunks:
                size += len(chunk)
                if size > upload.max_bytes:
                    raise Refused("The file is larger than this installation takes.")
                digest.update(chunk)
                await out.write(chunk)
        return size, digest.hexdigest()

    @hookimpl
    async def open_file(self, ctx: Context, stored: StoredKey) -> OpenedFile | None:
        path = path_of(ctx, stored.key)
        if path is None or not await asyncio.to_thread(_has_size, path, stored.size):
            return None
        return LocalFile(path)

    @hookimpl
    async def check_file(self, ctx: Context, stored: StoredKey) -> bool:
        return await self.open_file(ctx, stored) is not None

    @hookimpl
    async def delete_file(self, ctx: Context, stored: StoredKey) -> None:
        path = path_of(ctx, stored.key)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("clean", self.clean, every=timedelta(hours=6))]

    async def clean(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        """Remove what uploads left behind whose process was killed more than a day ago."""
        older_than = (ctx.now() - _LEFTOVER).timestamp()
        await asyncio.to_thread(_remove_leftovers, root_of(ctx) / "incoming", older_than)

    @hookimpl
    async def check_health(self, ctx: Context, check: HealthCheck) -> list[HealthReport]:
        return await asyncio.to_thread(_look_at, root_of(ctx))


plugin = FilesLocal()
