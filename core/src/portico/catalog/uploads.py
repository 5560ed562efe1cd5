"""Getting a seller's bytes into a store's storage, whole or not at all."""

import hashlib
import mimetypes
import re
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass

import structlog

from portico.activation import service as activation
from portico.catalog import queries
from portico.db import DatabaseError
from portico.hooks.errors import Refused
from portico.hooks.files import FileStorageHooks, StoredFile, StoredKey, Upload
from portico.i18n import N_
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store

NAME_LENGTH = 200
BLOCK = 256 * 1024
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_UNKNOWN = "application/octet-stream"
EMPTY = N_("The file is empty. Choose a file with something in it.")
NO_STORAGE = N_("This store has no place for files. Turn on a storage plugin first.")
CUT_OFF = N_("The file did not arrive whole. Please upload it again.")
TOO_LARGE = N_("The file is larger than %(limit)s, which is the most this installation takes.")
_log = structlog.get_logger(__name__)


class TooLarge(Refused):
    """The file is larger than ``limit`` bytes; pages say it in the reader's language."""

    def __init__(self, limit: int) -> None:
        super().__init__(TOO_LARGE % {"limit": readable_size(limit)})
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are stored, and the row they wait for."""

    version_id: str
    storage: str
    filename: str
    content_type: str
    stored: StoredFile

    def key(self) -> StoredKey:
        """What the storage needs to find the bytes again."""
        return StoredKey(
            self.stored.key, self.stored.size, self.stored.sha256, self.filename, self.content_type
        )


def display_name(filename: str) -> str:
    """``filename`` as it may be shown and offered: no folders, no control or bidi characters.

    At most 200 characters; what is cut is the stem, so that the extension stays.
    """
    base = filename.replace("\\", "/").rstrip("/").rpartition("/")[2]
    # Category C holds control characters, line breaks and marks that turn text around, with which
    # "invoice<RLO>fdp.exe" looks like a PDF.
    clean = "".join(c for c in base if not unicodedata.category(c).startswith("C")).strip(" .")
    if len(clean) > NAME_LENGTH:
        stem, dot, extension = clean.rpartition(".")
        tail = dot + extension if stem and len(extension) <= 16 else ""
        clean = clean[: NAME_LENGTH - len(tail)] + tail
    return clean or "file"


def media_type(given: str | None, filename: str) -> str:
    """The media type that was given, if it is one, or the one the file's name suggests."""
    wanted = (given or "").partition(";")[0].strip().lower()
    if _MEDIA_TYPE.fullmatch(wanted):
        return wanted
    guessed, encoding = mimetypes.guess_type(filename)
    return _UNKNOWN if guessed is None or encoding else guessed


class _Counted:
    """Passes chunks on, and knows their number and hash, whatever the storage says of them."""

    def __init__(self, chunks: AsyncIterator[bytes], limit: int) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._chunks = chunks
        self._limit = limit

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    async def read(self) -> AsyncIterator[bytes]:
        """The bytes in even blocks: small enough to hash between two requests."""
        waiting = bytearray()
        async for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise TooLarge(self._limit)
            waiting += chunk
            while len(waiting) >= BLOCK:
                yield self._counted(bytes(waiting[:BLOCK]))
                del waiting[:BLOCK]
        # Before the storage makes it final: an empty file must leave nothing behind.
        if self.size == 0:
            raise Refused(EMPTY)
        if waiting:
            yield self._counted(bytes(waiting))

    def _counted(self, block: bytes) -> bytes:
        self._hash.update(block)
        return block


def readable_size(size: int) -> str:
    """``size`` bytes in the largest binary unit that fits, such as ``10 GB``."""
    amount = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1024:
            return f"{amount:.4g} {unit}"
        amount /= 1024
    return f"{amount:.4g} TB"


async def receive(
    rt: Runtime,
    store: Store,
    *,
    filename: str,
    content_type: str | None,
    chunks: AsyncIterator[bytes],
) -> Received:
    """Store the bytes with the store's storage plugin. Not inside a transaction.

    Refused when there is no storage, the file is empty or larger than ``upload_limit``.
    """
    storage = await activation.chosen(rt, store, FileStorageHooks.store_file, setting="storage")
    if storage is None:
        raise Refused(NO_STORAGE)
    version_id, name = new_id("ver"), display_name(filename)
    kind = media_type(content_type, name)
    counted = _Counted(chunks, rt.settings.upload_limit)
    upload = Upload(version_id, name, kind, counted.read(), rt.settings.upload_limit)
    stored = await rt.hooks.owner(
        store, storage, FileStorageHooks.store_file, upload, timeout=None
    )  # as long as the seller's connection takes
    received = Received(version_id, storage, name, kind, stored)
    if (stored.size, stored.sha256) != (counted.size, counted.sha256):
        await discard(rt, store, received)
        raise Refused(CUT_OFF)
    return received


async def hold_storage(rt: Runtime, store: Store, received: Received) -> None:
    """In the transaction of the row, behind what changes the store's: Refused where the storage
    was switched off while the bytes came."""
    if not await activation.hold(rt, store, received.storage):
        raise Refused(NO_STORAGE)


async def discard(rt: Runtime, store: Store, received: Received) -> None:
    """Delete stored bytes that no row refers to. A failure is logged: the caller has a cause."""
    try:
        await rt.hooks.owner(store, received.storage, FileStorageHooks.delete_file, received.key())
    except Exception:
        _log.warning("stored file left behind", storage=received.storage, key=received.stored.key)


async def discard_unless_kept(rt: Runtime, store: Store, received: Received) -> None:
    """After an error while the row was written: delete the bytes if there is no row.

    A commit whose answer was lost may have been done; bytes too many are better than too few.
    """
    try:
        kept = await rt.db.one(queries.VERSION, store_id=store.id, id=received.version_id)
    except DatabaseError:
        _log.warning("stored file left behind", storage=received.storage, key=received.stored.key)
        return
    if kept is None:
        await discard(rt, store, received)
