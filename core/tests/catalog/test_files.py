"""What becomes of a seller's upload."""

import asyncio
import hashlib

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.catalog import queries
from portico.catalog import service as catalog
from portico.catalog.tables import file_versions, files
from portico.db import Query
from portico.events import service as events
from portico.events.tables import audit_log, outbox
from portico.hooks.errors import Refused
from portico.storage.service import BLOCK, display_name, media_type
from portico.stores import service as stores
from portico.testing import factories
from storage import chunks

COUNT_FILES = Query(int, sa.select(sa.func.count()).select_from(files))
COUNT_VERSIONS = Query(int, sa.select(sa.func.count()).select_from(file_versions))
EVENTS = Query(dict, sa.select(outbox.c.payload).where(outbox.c.kind == "event"))
ACTIONS = Query(str, sa.select(audit_log.c.action).order_by(audit_log.c.id))


async def add(rt, store, product, content=b"one", **options):
    options.setdefault("filename", "fonts.zip")
    return await catalog.add_file(
        rt, store, product.id, chunks=chunks(content), by="seller:sel_1", **options
    )


async def event_types(rt):
    return [one["type"] for one in await rt.db.all(EVENTS)]


async def test_an_added_file_is_offered_with_its_size_and_hash(runtime, store, product, memory):
    version = await add(runtime, store, product, b"abc", label="4.2", notes="New figures")
    offered = await catalog.versions_for_products(runtime, store.id, [product.id])
    assert [one.version for one in offered] == [version]
    assert (version.number, version.size, version.label) == (1, 3, "4.2")
    assert version.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert (version.storage, version.content_type) == ("memory", "application/zip")
    assert memory.kept[version.storage_key] == b"abc"
    assert await event_types(runtime) == ["file_version.added"]
    assert (await runtime.db.all(ACTIONS))[-1] == "file.add"


async def test_a_replaced_file_offers_the_new_version_first(runtime, store, product):
    first = await add(runtime, store, product)
    second = await catalog.replace_file(
        runtime, store, first.file_id, filename="fonts-2.zip", chunks=chunks(b"two"),
        name="Fonts", by="cli",
    )  # fmt: skip
    offered = await catalog.versions_for_products(runtime, store.id, [product.id])
    assert [one.version.number for one in offered] == [2, 1]
    assert {one.file_name for one in offered} == {"Fonts"}
    newest = await catalog.versions_for_products(runtime, store.id, [product.id], newest_only=True)
    assert [one.version for one in newest] == [second]
    assert await catalog.versions_of(runtime, store.id, first.file_id) == [second, first]


async def test_older_versions_are_left_out_where_the_product_says_so(runtime, store):
    product = await factories.make_product(runtime, store, older_versions=False)
    first = await add(runtime, store, product)
    await catalog.replace_file(
        runtime, store, first.file_id, filename="b", chunks=chunks(b"2"), by="cli"
    )
    offered = await catalog.versions_for_products(runtime, store.id, [product.id])
    assert [one.version.number for one in offered] == [2]


async def test_a_removed_file_is_offered_to_nobody_and_keeps_its_bytes(
    runtime, store, product, memory
):
    version = await add(runtime, store, product)
    await catalog.remove_file(runtime, store, version.file_id, by="cli")
    assert await catalog.versions_for_products(runtime, store.id, [product.id]) == []
    assert version.storage_key in memory.kept
    assert sorted(await event_types(runtime)) == ["file.removed", "file_version.added"]
    for change in (
        catalog.remove_file(runtime, store, version.file_id, by="cli"),
        catalog.replace_file(
            runtime, store, version.file_id, filename="x", chunks=chunks(b"x"), by="cli"
        ),
    ):
        with pytest.raises(Refused, match="was removed"):
            await change


async def test_two_uploads_of_one_file_at_once_become_two_versions(runtime, store, product):
    first = await add(runtime, store, product)
    await asyncio.gather(*(
        catalog.replace_file(
            runtime, store, first.file_id, filename="f", chunks=chunks(b"%d" % n), by="cli"
        )
        for n in range(5)
    ))  # fmt: skip
    versions = await catalog.versions_of(runtime, store.id, first.file_id)
    assert [one.number for one in versions] == [6, 5, 4, 3, 2, 1]


async def test_an_empty_file_is_refused_and_leaves_nothing(runtime, store, product, memory):
    with pytest.raises(Refused, match="empty"):
        await add(runtime, store, product, b"")
    assert memory.kept == {}
    assert await runtime.db.one(COUNT_FILES) == 0


class TestLimit:
    @pytest.fixture
    def portico_settings(self):
        return {"upload_limit": 10}

    async def test_a_file_over_the_limit_is_refused_in_words(self, runtime, store, product, memory):
        await add(runtime, store, product, b"x" * 10)
        with pytest.raises(Refused, match="larger than 10 bytes"):
            await add(runtime, store, product, b"x" * 11)
        assert len(memory.kept) == 1
        assert await runtime.db.one(COUNT_VERSIONS) == 1


async def test_an_upload_that_breaks_off_leaves_nothing(runtime, store, product, memory):
    async def broken():
        yield b"half"
        raise ConnectionError("the browser went away")

    with pytest.raises(ConnectionError):
        await catalog.add_file(runtime, store, product.id, filename="f", chunks=broken(), by="cli")
    assert memory.kept == {}
    assert await runtime.db.one(COUNT_VERSIONS) == 0


async def test_bytes_that_the_storage_got_wrong_are_deleted_and_refused(
    runtime, store, product, memory
):
    memory.wrong_hash = True
    with pytest.raises(Refused, match="did not arrive whole"):
        await add(runtime, store, product)
    assert memory.kept == {}


async def test_when_the_row_fails_the_bytes_are_deleted(
    runtime, store, product, memory, monkeypatch
):
    async def fail(*_args, **_options):
        raise RuntimeError("the audit log is full")

    monkeypatch.setattr(events, "audit", fail)
    with pytest.raises(RuntimeError, match="full"):
        await add(runtime, store, product)
    assert memory.kept == {}
    assert await runtime.db.one(COUNT_VERSIONS) == 0


async def test_new_files_go_to_the_chosen_storage_and_old_ones_stay(
    runtime, store, product, memory, second
):
    old = await add(runtime, store, product)
    await stores.update_settings(
        runtime, store.id, settings={"providers": {"storage": "second"}}, by="cli"
    )
    await activation.retire(runtime, store, "memory", by="cli")
    store = await stores.by_id(runtime, store.id)
    new = await add(runtime, store, product, b"two")
    assert (old.storage, new.storage) == ("memory", "second")
    assert new.storage_key in second.kept
    assert old.storage_key in memory.kept


async def test_without_a_storage_the_seller_is_told(runtime, store, product):
    await activation.retire(runtime, store, "memory", by="cli")
    await activation.retire(runtime, store, "second", by="cli")
    store = await stores.by_id(runtime, store.id)
    with pytest.raises(Refused, match="Turn on a storage plugin"):
        await add(runtime, store, product)


async def test_another_stores_file_cannot_be_changed(runtime, store, product):
    version = await add(runtime, store, product)
    other = await factories.make_store(runtime)
    with pytest.raises(Refused, match="no such file"):
        await catalog.remove_file(runtime, other, version.file_id, by="cli")
    with pytest.raises(Refused, match="no such product"):
        await add(runtime, other, product)
    assert await runtime.db.one(queries.VERSION, store_id=other.id, id=version.id) is None


async def test_storage_plugins_get_even_blocks(runtime, store, product, monkeypatch, memory):
    sizes = []
    keep = memory.store_file

    async def count(ctx, upload):
        async def counted():
            async for block in upload.chunks:
                sizes.append(len(block))
                yield block

        return await keep(ctx, type(upload)(
            upload.version_id, upload.filename, upload.content_type, counted(), upload.max_bytes
        ))  # fmt: skip

    monkeypatch.setitem(runtime.registry._methods["store_file"], "memory", count)
    await catalog.add_file(
        runtime, store, product.id, filename="f", by="cli",
        chunks=chunks(b"a" * 10, b"b" * (2 * BLOCK), b"c"),
    )  # fmt: skip
    assert sizes == [BLOCK, BLOCK, 11]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\fonts.zip", "fonts.zip"),
        ("a\x00b\r\nc.txt", "abc.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("..", "file"),
        ("", "file"),
        ("folder/", "folder"),
        ("Schriften für Anfänger.zip", "Schriften für Anfänger.zip"),
        ("x" * 300 + ".tar.gz", "x" * 197 + ".gz"),
    ],
)
def test_names_are_made_safe_to_show(given, shown):
    assert display_name(given) == shown
    assert len(shown) <= 200


@pytest.mark.parametrize(
    ("given", "filename", "kind"),
    [
        (None, "a.pdf", "application/pdf"),
        ("text/html; charset=utf-8", "a.bin", "text/html"),
        ("text/html\r\nX-Evil: 1", "a.pdf", "application/pdf"),
        (None, "no-extension", "application/octet-stream"),
        (None, "a.tar.gz", "application/octet-stream"),
    ],
)
def test_media_types_are_guessed_where_none_is_given(given, filename, kind):
    assert media_type(given, filename) == kind


async def test_a_storage_that_retires_while_bytes_come_keeps_none(runtime, store, product, memory):
    async def slow():
        yield b"one"
        await activation.retire(runtime, store, "memory", by="test")
        yield b"two"

    with pytest.raises(Refused, match="no place for files"):
        await catalog.add_file(
            runtime, store, product.id, filename="a.zip", chunks=slow(), by="test"
        )
    assert memory.kept == {}
    assert await runtime.db.one(COUNT_VERSIONS) == 0


async def test_uploads_at_the_same_time_do_not_wait_for_each_other(runtime, store, product):
    await asyncio.gather(*(add(runtime, store, product, b"x" * n) for n in range(1, 9)))
    assert await runtime.db.one(COUNT_VERSIONS) == 8
