"""Stored bytes that no row names are deleted, and no others."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.catalog import service as catalog
from portico.catalog.tables import file_versions
from portico.db import Command, Query
from portico.events import service as events
from portico.hooks.errors import Refused
from portico.storage import service as storage
from portico.storage.tables import storage_intents
from storage import chunks

INTENTS = Query(str, sa.select(storage_intents.c.id))
NAME_BYTES = Command(
    sa.update(file_versions).values(storage_key=sa.bindparam("key", type_=sa.Text))
)


async def add(rt, store, product, content=b"one"):
    return await catalog.add_file(
        rt, store, product.id, filename="a.zip", chunks=chunks(content), by="cli"
    )


@pytest.fixture
def killed(monkeypatch):
    """The process ends before the row of the file is written: nothing more is done."""

    class Killed(BaseException):
        pass

    async def die(*_args, **_options):
        raise Killed

    async def nothing(*_args):
        pass

    async def upload(rt, store, product):
        with monkeypatch.context() as patch:
            patch.setattr(events, "audit", die)
            patch.setattr(storage, "_give_up", nothing)
            with pytest.raises(Killed):
                await add(rt, store, product)

    return upload


async def test_what_a_killed_process_stored_is_deleted_later_through_its_plugin(
    runtime, store, product, memory, clock, killed
):
    kept = await add(runtime, store, product)
    await killed(runtime, store, product)
    await activation.retire(runtime, store, "memory", by="cli")
    assert len(memory.kept) == 2
    assert await storage.collect(runtime) == 0
    assert len(memory.kept) == 2
    clock.advance(storage.PATIENCE + timedelta(seconds=1))
    assert await storage.collect(runtime) == 1
    assert list(memory.kept) == [kept.storage_key]
    assert await runtime.db.all(INTENTS) == []


async def test_a_whole_upload_and_a_refused_one_leave_no_note(runtime, store, product, memory):
    await add(runtime, store, product)
    memory.wrong_hash = True
    with pytest.raises(Refused):
        await add(runtime, store, product)
    assert len(memory.kept) == 1
    assert await runtime.db.all(INTENTS) == []


async def test_bytes_that_a_row_names_are_never_deleted(
    runtime, store, product, memory, clock, killed
):
    version = await add(runtime, store, product)
    await killed(runtime, store, product)
    left = await runtime.db.one(INTENTS)
    assert left in memory.kept and left != version.id
    await runtime.db.run(NAME_BYTES, key=left)
    clock.advance(storage.PATIENCE + timedelta(seconds=1))
    await storage.collect(runtime)
    assert left in memory.kept
    assert await runtime.db.all(INTENTS) == []


async def test_an_upload_that_outlasts_our_patience_gets_no_row(
    runtime, store, product, memory, clock
):
    async def slow():
        yield b"one"
        clock.advance(storage.PATIENCE + timedelta(seconds=1))
        await storage.collect(runtime)
        yield b"two"

    with pytest.raises(Refused, match="did not arrive whole"):
        await catalog.add_file(
            runtime, store, product.id, filename="a.zip", chunks=slow(), by="test"
        )
    assert memory.kept == {}
    assert await catalog.files_of(runtime, store, product.id) == []


async def test_a_storage_that_does_not_delete_is_asked_again(
    runtime, store, product, memory, clock, killed, monkeypatch
):
    await killed(runtime, store, product)
    clock.advance(storage.PATIENCE + timedelta(seconds=1))

    async def away(ctx, stored):
        raise ConnectionError("the storage is away")

    with monkeypatch.context() as patch:
        patch.setitem(runtime.registry._methods["delete_file"], "memory", away)
        assert await storage.collect(runtime) == 1
    assert len(memory.kept) == 1
    clock.advance(storage.AGAIN + timedelta(seconds=1))
    assert await storage.collect(runtime) == 1
    assert memory.kept == {}
    assert await runtime.db.all(INTENTS) == []
