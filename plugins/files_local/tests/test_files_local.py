"""Files on disk: whole or not at all."""

import asyncio
import errno
import hashlib
import os
import signal
import subprocess
import sys
import textwrap

import portico_files_local as files_local
import pytest
import pytest_asyncio
from portico.api import FileStorageHooks, HealthCheck, LocalFile, Refused, StoredKey, Upload
from portico.testing import factories
from portico.testing.contracts.files import FileStorageHooksContract
from portico_files_local import plugin

pytestmark = pytest.mark.plugins(plugin)


async def chunks(*parts):
    for part in parts:
        yield part


def upload(*parts, version_id="ver_01jd3k5w2m8q4x6z9b7c5v3n1t", limit=1000, filename="a.zip"):
    return Upload(version_id, filename, "application/zip", chunks(*parts), limit)


def key_of(stored):
    return StoredKey(stored.key, stored.size, stored.sha256, "a.zip", "application/zip")


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime)


@pytest.fixture
def ask(runtime, store):
    async def asking(hook, subject, of=None):
        return await runtime.hooks.owner(of or store, "files_local", hook, subject)

    return asking


@pytest.fixture
def root(runtime):
    return runtime.settings.data_dir / "files"


def left(root):
    return [path for path in root.rglob("*") if path.is_file()]


async def test_a_file_is_kept_under_its_store_and_version(ask, root, store):
    stored = await ask(FileStorageHooks.store_file, upload(b"abc", b"def"))
    path = root / store.id / "1t" / "ver_01jd3k5w2m8q4x6z9b7c5v3n1t"
    assert path.read_bytes() == b"abcdef"
    assert (stored.size, stored.sha256) == (6, hashlib.sha256(b"abcdef").hexdigest())
    assert left(root) == [path]
    assert await ask(FileStorageHooks.open_file, key_of(stored)) == LocalFile(path.absolute())
    assert await ask(FileStorageHooks.check_file, key_of(stored))


@pytest.mark.parametrize("filename", ["../../x", "/etc/passwd", "a\x00b", "x" * 300, ""])
async def test_what_the_seller_calls_a_file_is_no_part_of_its_path(ask, root, store, filename):
    await ask(FileStorageHooks.store_file, upload(b"abc", filename=filename))
    (path,) = left(root)
    assert path.relative_to(root).parts[:2] == (store.id, "1t")


async def test_an_upload_that_breaks_off_leaves_nothing(ask, root):
    async def broken():
        yield b"half"
        raise ConnectionError("gone")

    one = Upload("ver_1", "a", "b/c", broken(), 1000)
    with pytest.raises(ConnectionError):
        await ask(FileStorageHooks.store_file, one)
    assert left(root) == []


async def test_an_upload_that_is_cancelled_leaves_nothing(ask, root):
    begun = asyncio.Event()

    async def endless():
        yield b"half"
        begun.set()
        await asyncio.Event().wait()

    one = Upload("ver_1", "a", "b/c", endless(), 1000)
    task = asyncio.create_task(ask(FileStorageHooks.store_file, one))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(root) == []


async def test_more_than_the_limit_is_refused(ask, root):
    with pytest.raises(Refused, match="larger"):
        await ask(FileStorageHooks.store_file, upload(b"x" * 600, b"x" * 600))
    assert left(root) == []


async def test_a_full_disk_is_told_in_words(ask, root, monkeypatch):
    def full(part, final):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files_local, "_finish", full)
    with pytest.raises(Refused, match="not enough room"):
        await ask(FileStorageHooks.store_file, upload(b"abc"))
    assert left(root) == []


async def test_a_file_that_is_gone_or_cut_is_not_opened(ask, root):
    stored = await ask(FileStorageHooks.store_file, upload(b"abcdef"))
    (path,) = left(root)
    path.write_bytes(b"abc")
    assert await ask(FileStorageHooks.open_file, key_of(stored)) is None
    assert not await ask(FileStorageHooks.check_file, key_of(stored))
    path.unlink()
    assert await ask(FileStorageHooks.open_file, key_of(stored)) is None
    await ask(FileStorageHooks.delete_file, key_of(stored))


async def test_a_deleted_file_is_gone(ask, root):
    stored = await ask(FileStorageHooks.store_file, upload(b"abcdef"))
    await ask(FileStorageHooks.delete_file, key_of(stored))
    assert left(root) == []


async def test_no_key_leads_to_another_stores_files_or_out_of_the_folder(
    ask, runtime, root, store, tmp_path
):
    stored = await ask(FileStorageHooks.store_file, upload(b"abcdef"))
    other = await factories.make_store(runtime)
    (tmp_path / "data" / "secret").write_bytes(b"abcdef")
    assert await ask(FileStorageHooks.open_file, key_of(stored), of=other) is None
    for key in (f"{store.id}/../../secret", f"{store.id}/..", "/etc/passwd", "", f"{store.id}//x"):
        lying = StoredKey(key, 6, stored.sha256, "a", "b/c")
        assert await ask(FileStorageHooks.open_file, lying) is None
        await ask(FileStorageHooks.delete_file, lying)
    assert (tmp_path / "data" / "secret").exists()


async def test_leftovers_of_killed_uploads_are_removed_after_a_day(runtime, root, store):
    incoming = root / "incoming"
    incoming.mkdir(parents=True)
    old, new = incoming / "a.part", incoming / "b.part"
    now = runtime.clock.now().timestamp()
    for path, age in ((old, 90_000), (new, 80_000)):
        path.write_bytes(b"half")
        os.utime(path, (now - age, now - age))
    (job,) = plugin.jobs()
    await runtime.hooks.run(store, "files_local", "clean", lambda ctx, _: job.run(ctx, {}), None)
    assert left(root) == [new]


async def test_health_tells_of_a_folder_that_cannot_be_written(runtime, store, root):
    (reply,) = await runtime.hooks.each(store, files_local.FilesLocal.check_health, HealthCheck())
    assert reply.value[0].what == "The folder for files can be written"
    assert reply.value[0].ok
    root.rename(root.parent / "moved")
    root.write_bytes(b"in the way")
    (reply,) = await runtime.hooks.each(store, files_local.FilesLocal.check_health, HealthCheck())
    assert [one.ok for one in reply.value] == [False]
    assert "let the user" in reply.value[0].fix


def test_a_process_killed_during_an_upload_leaves_no_file(tmp_path):
    """Only a part under incoming/, which is cleaned up later."""
    program = textwrap.dedent("""
        import asyncio, sys
        from types import SimpleNamespace
        from portico_files_local import plugin
        from portico.api import Upload

        async def endless():
            while True:
                yield b"x" * 262144
                print("written", flush=True)

        ctx = SimpleNamespace(
            data_dir=sys.argv[1], require_store=lambda: SimpleNamespace(id="sto_1")
        )
        asyncio.run(plugin.store_file(ctx, Upload("ver_1", "a", "b/c", endless(), 10**12)))
    """)
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        for _ in range(5):
            assert process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    assert [path.suffix for path in left(tmp_path)] == [".part"]
    assert not (tmp_path / "files" / "sto_1").exists()


class TestContract(FileStorageHooksContract):
    plugin = plugin
