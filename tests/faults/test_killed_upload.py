"""A process is killed between a file's bytes and its row: the bytes do not stay for ever."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from portico.catalog import service as catalog
from portico.clock import FixedClock
from portico.hooks.plugin import Plugin
from portico.runtime import Runtime
from portico.storage import service as storage
from portico.testing import factories
from portico_files_local import plugin as files_local

UPLOAD_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from portico.catalog import service as catalog
from portico.cli.common import running
from portico.events import service as events
from portico.stores import service as stores
from portico.testing.app import make_settings

async def chunks():
    yield b"never named by a row"

async def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

async def main(url, folder, slug, product_id):
    async with running(make_settings(url, Path(folder), plugins="files_local")) as rt:
        events.publish = die
        store = await stores.by_slug(rt, slug)
        await catalog.add_file(
            rt, store, product_id, filename="a.zip", chunks=chunks(), by="test"
        )

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def portico_plugins() -> Sequence[Plugin]:
    return (files_local,)


async def test_the_bytes_of_a_killed_upload_are_deleted_and_no_others(
    runtime: Runtime, clock: FixedClock, tables_url: str
) -> None:
    async def whole() -> AsyncIterator[bytes]:
        yield b"whole"

    store = await factories.make_store(runtime)
    product = await factories.make_product(runtime, store)
    kept = await catalog.add_file(
        runtime, store, product.id, filename="a.zip", chunks=whole(), by="test"
    )
    folder = Path(runtime.settings.data_dir)

    def there() -> list[str]:
        return sorted(one.name for one in (folder / "files" / store.id).rglob("ver_*"))

    killed = await asyncio.create_subprocess_exec(
        sys.executable, "-c", UPLOAD_AND_DIE, tables_url, str(folder), store.slug, product.id
    )
    assert await killed.wait() == -signal.SIGKILL
    assert len(there()) == 2
    await storage.collect(runtime)
    assert len(there()) == 2
    clock.advance(datetime.now(UTC) - clock.now() + storage.PATIENCE)
    assert await storage.collect(runtime) == 1
    assert there() == [kept.id]
