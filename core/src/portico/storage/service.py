"""Getting a seller's bytes into a store's storage, whole or not at all.

What is about to be stored is noted first (an *intent*), and the note goes with the transaction
that writes the row naming the bytes. So what a killed process has stored is known, and collected.
"""

import hashlib
import mimetypes
import re
import unicodedata
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import timedelta

import structlog

from portico.activation import service as activation
from portico.hooks.errors import Refused
from portico.hooks.files import FileStorageHooks, Upload
from portico.i18n import N_
from portico.ids import new_id
from portico.runtime import Runtime
from portico.storage import queries
from portico.storage.models import Intent, Received
from portico.stores import service as stores
from portico.stores.models import Store

NAME_LENGTH = 200
BLOCK = 256 * 1024
PATIENCE = timedelta(days=2)
"""How long bytes may wait for their row: longer than the slowest upload takes."""
AGAIN = timedelta(days=1)
"""When a storage that did not delete is asked again."""
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


@asynccontextmanager
async def receive(
    rt: Runtime,
    store: Store,
    *,
    filename: str,
    content_type: str | None,
    chunks: AsyncIterator[bytes],
) -> AsyncIterator[Received]:
    """Store the bytes with the store's storage plugin; the body is the transaction of their row.

    Without a row (the body fails, or the plugin was switched off while the bytes came) they are
    deleted. Refused when there is no storage, the file is empty or larger than ``upload_limit``.
    """
    intent, upload = await _intend(rt, store, filename, content_type, chunks)
    counted = _Counted(upload.chunks, upload.max_bytes)
    try:
        stored = await rt.hooks.owner(
            store,
            intent.storage,
            FileStorageHooks.store_file,
            replace(upload, chunks=counted.read()),
            timeout=None,
        )  # as long as the seller's connection takes
        intent = replace(intent, storage_key=stored.key)
        if (stored.size, stored.sha256) != (counted.size, counted.sha256):
            raise Refused(CUT_OFF)
        async with rt.db.transaction():
            yield Received(intent.id, intent.storage, upload.filename, upload.content_type, stored)
            await _fulfill(rt, store, intent)
    except BaseException:
        await _give_up(rt, store, intent)
        raise


async def _intend(
    rt: Runtime,
    store: Store,
    filename: str,
    content_type: str | None,
    chunks: AsyncIterator[bytes],
) -> tuple[Intent, Upload]:
    """Note which plugin is about to store the bytes, and under which key if it tells."""
    storage = await activation.chosen(rt, store, FileStorageHooks.store_file, setting="storage")
    if storage is None:
        raise Refused(NO_STORAGE)
    name = display_name(filename)
    upload = Upload(
        new_id("ver"), name, media_type(content_type, name), chunks, rt.settings.upload_limit
    )
    hook, key = FileStorageHooks.storage_key, None
    if storage in rt.registry.names_answering(hook):
        key = await rt.hooks.owner(store, storage, hook, upload)
    intent = Intent(store.id, upload.version_id, storage, key, collecting=False)
    await _note(rt, intent, PATIENCE)
    return intent, upload


async def _note(rt: Runtime, intent: Intent, wait: timedelta) -> None:
    await rt.db.run(queries.ADD, **asdict(intent), collect_after=rt.clock.now() + wait)


async def _fulfill(rt: Runtime, store: Store, intent: Intent) -> None:
    """In the transaction of the row, behind what changes the store's: the bytes have their row."""
    if not await activation.hold(rt, store, intent.storage):
        raise Refused(NO_STORAGE)  # switched off while the bytes came
    if not await rt.db.run(queries.FULFILL, store_id=store.id, id=intent.id):
        raise Refused(CUT_OFF)  # it took longer than PATIENCE: they are being collected


async def _give_up(rt: Runtime, store: Store, intent: Intent) -> None:
    """After an error, whose cause the caller has: what fails here is left to ``collect``."""
    try:
        # Again, for ``collect`` may have been there before the last bytes were.
        await _note(rt, intent, AGAIN)
        await _collect(rt, store, intent)
    except Exception:
        _log.warning("stored_bytes_left", storage=intent.storage, key=intent.storage_key)


async def disown(rt: Runtime, intents: Sequence[Intent]) -> None:
    """In the transaction that deletes the rows that named the bytes: note that they may go.

    ``collect_now`` then deletes them, or ``collect`` some day where that is not reached.
    """
    after = rt.clock.now() + AGAIN
    await rt.db.run_many(queries.ADD, [asdict(one) | {"collect_after": after} for one in intents])


async def collect_now(rt: Runtime, store: Store, intents: Sequence[Intent]) -> None:
    """Delete bytes that were disowned a moment ago; ``collect`` tries again what fails."""
    for one in intents:
        await _collect(rt, store, one)


async def collect(rt: Runtime) -> int:
    """Delete the bytes that have waited too long for their row; how many were looked at."""
    count = 0
    while due := await rt.db.all(queries.DUE, now=rt.clock.now()):
        for intent in due:
            store = await stores.by_id(rt, intent.store_id)
            if store is not None:
                await _collect(rt, store, intent)
            count += 1
    return count


async def _collect(rt: Runtime, store: Store, intent: Intent) -> None:
    """Have the plugin delete the bytes, unless a row names them: then only the note goes.

    From ``COLLECT`` on no row can come to name them. A plugin that does not delete is asked again.
    """
    one = {"store_id": store.id, "id": intent.id}
    key, again = intent.key(), rt.clock.now() + AGAIN
    if key is not None and await rt.db.run(
        queries.COLLECT, **one, storage_key=key.key, collect_after=again
    ):
        try:
            await rt.hooks.owner(store, intent.storage, FileStorageHooks.delete_file, key)
        except Exception:
            _log.warning("stored_bytes_left", storage=intent.storage, key=key.key, exc_info=True)
            return
    await rt.db.run(queries.DROP, **one)
