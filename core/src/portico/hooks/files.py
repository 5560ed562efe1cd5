"""Where the bytes of product files live."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from portico.hooks.context import Context
from portico.hooks.markers import owner


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes on their way in. ``chunks`` can be read once.

    ``version_id`` is unique and safe in a path; ``filename`` is what the seller called it and is
    for show only. Storing more than ``max_bytes`` is ``Refused``.
    """

    version_id: str
    filename: str
    content_type: str
    chunks: AsyncIterator[bytes]
    max_bytes: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What became of an upload: ``key`` finds it again; ``size`` in bytes; ``sha256`` in hex."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A stored file to open, check or delete."""

    key: str
    size: int
    sha256: str
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class LocalFile:
    """The bytes are a file on this machine; core sends it (whole or in ranges)."""

    path: Path


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """The bytes are elsewhere: ``url`` is signed, short-lived and answers ranges itself."""

    url: str


@dataclass(frozen=True, slots=True)
class FileStream:
    """The plugin streams the bytes: ``read(start, end)`` yields those from ``start`` (inclusive)
    to ``end`` (exclusive)."""

    read: Callable[[int, int], Awaitable[AsyncIterator[bytes]]]


OpenedFile = LocalFile | RemoteFile | FileStream


class FileStorageHooks:
    """A place for product files. A version remembers which plugin stored it."""

    @owner
    async def store_file(self, ctx: Context, upload: Upload) -> StoredFile:
        """Keep the bytes, all or none. An upload that breaks off leaves nothing behind."""
        raise NotImplementedError

    @owner
    async def storage_key(self, ctx: Context, upload: Upload) -> str | None:
        """Under which key ``store_file`` is about to keep the upload, without reading it.

        Optional. Core notes the key, so that it can have the bytes deleted (``delete_file``, with
        a size of 0) if the process is killed before the file has its row. None where that is
        known only afterwards.
        """
        raise NotImplementedError

    @owner
    async def open_file(self, ctx: Context, stored: StoredKey) -> OpenedFile | None:
        """The bytes, to be sent. None if they are not there."""
        raise NotImplementedError

    @owner
    async def check_file(self, ctx: Context, stored: StoredKey) -> bool:
        """Whether the bytes are there, with the right size. Does not read them all."""
        raise NotImplementedError

    @owner
    async def delete_file(self, ctx: Context, stored: StoredKey) -> None:
        """Forget the bytes; deleting what is gone is no error."""
        raise NotImplementedError
