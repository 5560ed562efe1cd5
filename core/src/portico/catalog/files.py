"""Files of products and their versions. Who may have them is derived elsewhere, when asked."""

from collections.abc import AsyncIterator, Sequence

from portico.catalog import queries
from portico.catalog.changes import changed
from portico.catalog.models import FileState, FileVersion, OfferedVersion, ProductFile
from portico.db import Query
from portico.events import service as events
from portico.events.models import EventType
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.ids import new_id
from portico.runtime import Runtime
from portico.storage import service as storage
from portico.storage.models import Received
from portico.stores.models import Store


async def add_file(
    rt: Runtime,
    store: Store,
    product_id: str,
    *,
    filename: str,
    name: str | None = None,
    content_type: str | None = None,
    chunks: AsyncIterator[bytes],
    label: str = "",
    notes: str = "",
    by: str,
) -> FileVersion:
    """Add a file with its first version; everybody who has the product has it at once.

    ``chunks`` are read once, as they come. Refused in words when it is empty or too large.
    """
    if await rt.db.one(queries.PRODUCT, store_id=store.id, id=product_id) is None:
        raise Refused(N_("This store has no such product."))
    file_id = new_id("file")
    async with storage.receive(
        rt, store, filename=filename, content_type=content_type, chunks=chunks
    ) as received:
        await rt.db.run(
            queries.ADD_FILE, store_id=store.id, id=file_id, product_id=product_id,
            name=one_line(name or "") or received.filename, state=FileState.ACTIVE,
            created_at=rt.clock.now(),
        )  # fmt: skip
        version = await _add_version(rt, store, product_id, file_id, received, label, notes)
        await changed(rt, store, by, "file.add", "file", file_id, {"version": version.id})
    return version


async def replace_file(
    rt: Runtime,
    store: Store,
    file_id: str,
    *,
    filename: str,
    name: str | None = None,
    content_type: str | None = None,
    chunks: AsyncIterator[bytes],
    label: str = "",
    notes: str = "",
    by: str,
) -> FileVersion:
    """Add a version to a file; it is the one offered from now on. ``name`` renames the file."""
    await _active(rt, store, queries.FILE, file_id)
    async with storage.receive(
        rt, store, filename=filename, content_type=content_type, chunks=chunks
    ) as received:
        # Locked, so that two uploads at once become two versions, and none of a removed file.
        file = await _active(rt, store, queries.LOCK_FILE, file_id)
        if name and one_line(name):
            await rt.db.run(
                queries.RENAME_FILE, store_id=store.id, file_id=file_id, name=one_line(name)
            )
        version = await _add_version(rt, store, file.product_id, file_id, received, label, notes)
        await changed(rt, store, by, "file.replace", "file", file_id, {"version": version.id})
    return version


async def _active(
    rt: Runtime, store: Store, query: Query[ProductFile], file_id: str
) -> ProductFile:
    file = await rt.db.one(query, store_id=store.id, id=file_id)
    if file is None:
        raise Refused(N_("This store has no such file."))
    if file.state is not FileState.ACTIVE:
        raise Refused(N_("The file was removed. Add it to the product again."))
    return file


async def _add_version(
    rt: Runtime,
    store: Store,
    product_id: str,
    file_id: str,
    received: Received,
    label: str,
    notes: str,
) -> FileVersion:
    version = await rt.db.one(
        queries.ADD_VERSION, store_id=store.id, id=received.version_id, file_id=file_id,
        label=label.strip(), notes=notes.strip(), filename=received.filename,
        content_type=received.content_type, size=received.stored.size,
        sha256=received.stored.sha256, storage=received.storage, storage_key=received.stored.key,
        created_at=rt.clock.now(),
    )  # fmt: skip
    if version is None:
        raise LookupError("the new version was not returned")
    data = {"file_id": file_id, "product_id": product_id, "number": version.number}
    await events.publish(rt, store, EventType.FILE_VERSION_ADDED, version.id, data)
    return version


async def rename_file(rt: Runtime, store: Store, file_id: str, name: str, *, by: str) -> None:
    """Call the file something else, also for those who have it. Refused for an empty name."""
    name = one_line(name)
    if not name:
        raise Refused(N_("The file needs a name."))
    async with rt.db.transaction():
        await _active(rt, store, queries.LOCK_FILE, file_id)
        await rt.db.run(queries.RENAME_FILE, store_id=store.id, file_id=file_id, name=name)
        await changed(rt, store, by, "file.rename", "file", file_id, {"name": name})


async def order_files(
    rt: Runtime, store: Store, product_id: str, file_ids: Sequence[str], *, by: str
) -> None:
    """Put the product's files in this order; those that are not named keep theirs, behind."""
    async with rt.db.transaction():
        there = await rt.db.all(queries.FILES, store_id=store.id, product_id=product_id)
        known = [file.id for file in there]
        wanted = [one for one in dict.fromkeys(file_ids) if one in set(known)]
        order = wanted + [one for one in known if one not in set(wanted)]
        if order == known:
            return
        await rt.db.run_many(
            queries.PLACE_FILE,
            [
                {"store_id": store.id, "file_id": one, "new_position": at}
                for at, one in enumerate(order, 1)
            ],
        )
        await changed(rt, store, by, "file.order", "product", product_id)


def one_line(text: str) -> str:
    """A name as it may be shown: on one line, of at most 200 characters."""
    return " ".join(text.replace("\0", "").split())[: storage.NAME_LENGTH]


async def remove_file(rt: Runtime, store: Store, file_id: str, *, by: str) -> None:
    """Offer the file to nobody any more. Its bytes and its history stay."""
    async with rt.db.transaction():
        file = await _active(rt, store, queries.LOCK_FILE, file_id)
        await rt.db.run(queries.REMOVE_FILE, store_id=store.id, file_id=file_id)
        data = {"product_id": file.product_id}
        await events.publish(rt, store, EventType.FILE_REMOVED, file_id, data)
        await changed(rt, store, by, "file.remove", "file", file_id)


async def file_by_id(rt: Runtime, store_id: str, file_id: str) -> ProductFile | None:
    """A file, removed or not."""
    return await rt.db.one(queries.FILE, store_id=store_id, id=file_id)


async def files_of(
    rt: Runtime, store: Store, product_id: str
) -> list[tuple[ProductFile, FileVersion | None]]:
    """The files a product offers, in their order, each with its newest version."""
    newest = {v.file_id: v for v in await newest_versions(rt, store.id, product_id)}
    files = await rt.db.all(queries.FILES, store_id=store.id, product_id=product_id)
    return [(file, newest.get(file.id)) for file in files]


async def versions_of(rt: Runtime, store_id: str, file_id: str) -> list[FileVersion]:
    """Every version of a file, the newest first."""
    return await rt.db.all(queries.VERSIONS_OF_FILES, store_id=store_id, file_ids=[file_id])


async def files_with_versions(
    rt: Runtime, store: Store, product_id: str
) -> list[tuple[ProductFile, list[FileVersion]]]:
    """The files a product offers, in their order, each with all its versions, the newest first."""
    files = await rt.db.all(queries.FILES, store_id=store.id, product_id=product_id)
    ids = [file.id for file in files]
    versions = await rt.db.all(queries.VERSIONS_OF_FILES, store_id=store.id, file_ids=ids)
    return [(file, [one for one in versions if one.file_id == file.id]) for file in files]


async def version_by_id(
    rt: Runtime, store_id: str, product_id: str, version_id: str
) -> FileVersion | None:
    """A version of one of the product's files, removed or not."""
    row = await rt.db.one(queries.VERSION, store_id=store_id, id=version_id)
    return row.version() if row is not None and row.product_id == product_id else None


async def versions_for_products(
    rt: Runtime, store_id: str, product_ids: Sequence[str], *, newest_only: bool = False
) -> list[OfferedVersion]:
    """What the products offer now, in one query: by product, by position, newest version first.

    Older versions are among them where the product offers those.
    """
    query = queries.NEWEST if newest_only else queries.OFFERED
    rows = await rt.db.all(query, store_id=store_id, product_ids=product_ids)
    return [OfferedVersion(r.product_id, r.file_name, r.position, r.version()) for r in rows]


async def newest_versions(rt: Runtime, store_id: str, product_id: str) -> list[FileVersion]:
    """The newest version of each file that the product offers, in their order."""
    offered = await versions_for_products(rt, store_id, [product_id], newest_only=True)
    return [one.version for one in offered]
