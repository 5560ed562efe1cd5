"""Large files in parts, so that an upload that breaks off goes on where it stopped.

Each part goes straight to the store's storage plugin; any process can take the next. When all are
there, they are stored once more as one file and deleted. What is given up is collected later.
"""

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta

import aiofiles

from portico.activation import service as activation
from portico.catalog import service as catalog
from portico.catalog.models import FileState, FileVersion
from portico.hooks.errors import Refused
from portico.hooks.files import FileStorageHooks, LocalFile, OpenedFile, RemoteFile, StoredKey
from portico.i18n import N_
from portico.ids import new_id
from portico.runtime import Runtime
from portico.storage import service as storage
from portico.storage.models import Intent
from portico.stores import service as stores
from portico.stores.models import Store
from portico.uploads import queries
from portico.uploads.models import IncomingUpload, UploadPart

PART = 8 * 2**20
"""Bytes of a part as our script sends it."""
LARGEST_PART = 2 * PART
KEEP = timedelta(days=1)
"""How long an upload waits for its next part."""
_BUSY = timedelta(minutes=15)
_LABEL, _NOTES = 100, 10_000


class WrongStart(Exception):
    """The part does not follow what is there: ``received`` bytes are."""

    def __init__(self, received: int) -> None:
        super().__init__(f"the next part starts at {received}")
        self.received = received


async def begin(
    rt: Runtime,
    store: Store,
    product_id: str,
    *,
    filename: str,
    size: int,
    file_id: str | None = None,
    content_type: str | None = None,
    label: str = "",
    notes: str = "",
) -> IncomingUpload:
    """Expect a file of ``size`` bytes: a new one, or a version of ``file_id``. Refused in words."""
    if size < 1:
        raise Refused(storage.EMPTY)
    if size > rt.settings.upload_limit:
        raise storage.TooLarge(rt.settings.upload_limit)
    if await activation.chosen(rt, store, FileStorageHooks.store_file, setting="storage") is None:
        raise Refused(storage.NO_STORAGE)
    if await catalog.product_by_id(rt, store.id, product_id) is None:
        raise Refused(N_("This store has no such product."))
    if file_id is not None:
        file = await catalog.file_by_id(rt, store.id, file_id)
        if file is None or file.product_id != product_id or file.state is not FileState.ACTIVE:
            raise Refused(N_("This store has no such file."))
    name, now = storage.display_name(filename), rt.clock.now()
    upload = await rt.db.one(
        queries.ADD, store_id=store.id, id=new_id("upl"), product_id=product_id, file_id=file_id,
        filename=name, content_type=storage.media_type(content_type, name),
        label=label.strip()[:_LABEL], notes=notes.strip()[:_NOTES], size=size, received=0,
        busy_until=None, created_at=now, updated_at=now,
    )  # fmt: skip
    if upload is None:
        raise LookupError("the new upload was not returned")
    return upload


async def get(rt: Runtime, store: Store, upload_id: str) -> IncomingUpload | None:
    """An upload that is under way."""
    return await rt.db.one(queries.UPLOAD, store_id=store.id, upload_id=upload_id)


async def append(
    rt: Runtime, store: Store, upload_id: str, start: int, size: int, chunks: AsyncIterator[bytes]
) -> IncomingUpload:
    """Keep the part of ``size`` bytes that starts at ``start``, whole or not at all.

    LookupError without such an upload, WrongStart where the part does not follow what is there,
    Refused for a part that is too large or did not arrive whole.
    """
    upload = await get(rt, store, upload_id)
    if upload is None:
        raise LookupError(upload_id)
    if start != upload.received:
        raise WrongStart(upload.received)
    if not 0 < size <= min(LARGEST_PART, upload.size - start):
        raise Refused(N_("This part does not fit the file. Please start again."))
    async with storage.receive(
        rt, store, filename="part", content_type=None, chunks=_exactly(chunks, size)
    ) as received:
        advanced = await rt.db.one(
            queries.ADVANCE, store_id=store.id, upload_id=upload_id, start=start, more=size,
            now=rt.clock.now(),
        )  # fmt: skip
        if advanced is None:
            now_there = await get(rt, store, upload_id)
            raise WrongStart(now_there.received if now_there else 0)
        await rt.db.run(
            queries.ADD_PART, store_id=store.id, id=received.version_id, upload_id=upload_id,
            start=start, size=size, sha256=received.stored.sha256, storage=received.storage,
            storage_key=received.stored.key,
        )  # fmt: skip
    return advanced


async def _exactly(chunks: AsyncIterator[bytes], size: int) -> AsyncIterator[bytes]:
    """The chunks, if they are as many bytes as was said; raised before the storage is done."""
    left = size
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left:
        raise Refused(storage.CUT_OFF)


async def finish(rt: Runtime, store: Store, upload_id: str, *, by: str) -> FileVersion:
    """Make the parts one file, which everybody who has the product has at once.

    LookupError without such an upload; Refused while bytes are missing, and while another process
    is at it.
    """
    now = rt.clock.now()
    upload = await get(rt, store, upload_id)
    if upload is None:
        raise LookupError(upload_id)
    if upload.received != upload.size:
        raise Refused(storage.CUT_OFF)
    claimed = await rt.db.one(
        queries.CLAIM, store_id=store.id, upload_id=upload_id, now=now, until=now + _BUSY
    )
    if claimed is None:
        raise Refused(N_("This file is being put together already. Look again in a minute."))
    parts = await rt.db.all(queries.PARTS, store_id=store.id, upload_id=upload_id)
    try:
        version = await _store(rt, store, claimed, _joined(rt, store, parts), by)
    except BaseException:
        await rt.db.run(queries.FREE, store_id=store.id, upload_id=upload_id)
        raise
    await discard(rt, store, upload_id)
    return version


async def _store(
    rt: Runtime, store: Store, upload: IncomingUpload, chunks: AsyncIterator[bytes], by: str
) -> FileVersion:
    if upload.file_id is None:
        return await catalog.add_file(
            rt, store, upload.product_id, filename=upload.filename,
            content_type=upload.content_type, chunks=chunks, label=upload.label,
            notes=upload.notes, by=by,
        )  # fmt: skip
    return await catalog.replace_file(
        rt, store, upload.file_id, filename=upload.filename, content_type=upload.content_type,
        chunks=chunks, label=upload.label, notes=upload.notes, by=by,
    )  # fmt: skip


async def _joined(rt: Runtime, store: Store, parts: list[UploadPart]) -> AsyncIterator[bytes]:
    for part in parts:
        opened = await rt.hooks.owner(
            store, part.storage, FileStorageHooks.open_file, _key(part), timeout=60.0
        )
        if opened is None:
            raise Refused(N_("A part of the file is no longer there. Please upload it again."))
        async with contextlib.aclosing(_read(opened, part.size)) as chunks:
            async for chunk in chunks:
                yield chunk


async def _read(opened: OpenedFile, size: int) -> AsyncGenerator[bytes, None]:
    if isinstance(opened, LocalFile):
        async with aiofiles.open(opened.path, "rb") as source:
            while chunk := await source.read(storage.BLOCK):
                yield chunk
    elif isinstance(opened, RemoteFile):
        # The plugin has signed this address itself, so it may be a private one.
        import httpx  # noqa: PLC0415 - 3 MB, which only storages elsewhere need

        async with httpx.AsyncClient() as client, client.stream("GET", opened.url) as answer:
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                yield chunk
    else:
        async for chunk in await opened.read(0, size):
            yield chunk


def _key(part: UploadPart) -> StoredKey:
    return StoredKey(part.storage_key, part.size, part.sha256, "part", "application/octet-stream")


async def discard(rt: Runtime, store: Store, upload_id: str) -> None:
    """Forget an upload and its parts; bytes that a storage does not delete are collected later."""
    async with rt.db.transaction():
        parts = await rt.db.all(queries.DROP_PARTS, store_id=store.id, upload_id=upload_id)
        await rt.db.run(queries.DROP, store_id=store.id, upload_id=upload_id)
        left = [
            Intent(store.id, one.id, one.storage, one.storage_key, collecting=True) for one in parts
        ]
        await storage.disown(rt, left)
    await storage.collect_now(rt, store, left)


async def collect(rt: Runtime) -> int:
    """Discard every upload that nobody has gone on with for a day; how many there were."""
    count, after, before = 0, "", rt.clock.now() - KEEP
    while stale := await rt.db.all(queries.STALE, before=before, after=after):
        for upload in stale:
            store = await stores.by_id(rt, upload.store_id)
            if store is not None:
                await discard(rt, store, upload.id)
                count += 1
        after = stale[-1].id
    return count
