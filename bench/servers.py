"""Installations to measure, and the processes that serve them."""

import asyncio
import contextlib
import os
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portico.assembly import build_runtime, start, stop
from portico.cli.database import migrate
from portico.demo.content import DemoPeople
from portico.demo.seed import seed
from portico.runtime import Runtime
from portico.sessions import service as sessions
from portico.settings import Settings, load_settings
from portico.stores.models import Store
from portico.testing.factories import make_attempt

from tests.support.processes import PORTICO, free_port

BIN = Path(PORTICO).parent
DEFAULT_PLUGINS = (
    "auth_email_link", "payments_sandbox", "files_local", "licenses", "email_smtp",
    "email_mailbox",
)  # fmt: skip
START_SECONDS = 60.0


@dataclass(frozen=True)
class Installation:
    """The demo's data in a database, made by ``portico demo``'s own seed."""

    database_url: str
    data_dir: Path
    secret_key: str = field(default_factory=lambda: secrets.token_hex(32))

    def environment(self, base: str, **extra: str) -> dict[str, str]:
        """What the product's processes read; ``extra`` goes on top."""
        return {
            "PORTICO_DEMO": "true",
            "PORTICO_BASE_URL": base,
            "PORTICO_DATA_DIR": str(self.data_dir),
            "PORTICO_SECRET_KEYS": self.secret_key,
            "PORTICO_DATABASE_URL": self.database_url,
            "PORTICO_PLUGINS": ",".join(DEFAULT_PLUGINS),
            **extra,
        }

    def settings(self, **extra: str) -> Settings:
        """The same, for use in this process."""
        values = self.environment("http://127.0.0.1:8000", **extra)
        with replaced_environment(values):
            return load_settings(worker=False)

    @asynccontextmanager
    async def running(self, **extra: str) -> AsyncIterator[Runtime]:
        """A core in this process, to make what a measurement needs."""
        rt = build_runtime(self.settings(**extra))
        await start(rt)
        try:
            yield rt
        finally:
            await stop(rt)


def make_installation(database_url: str, data_dir: Path) -> Installation:
    """Migrate an empty database and fill it with the demo store."""
    data_dir.mkdir(parents=True)
    made = Installation(database_url, data_dir)

    async def fill() -> None:
        await migrate(made.settings())
        await seed(made.settings())

    asyncio.run(fill())
    return made


async def sign_in(rt: Runtime, store: Store, customer_id: str) -> str:
    """Open a session for a customer; returns the cookie's value."""
    attempt = await make_attempt(
        rt, store, "auth_email_link", email=DemoPeople().customer, subject_id=customer_id
    )
    opened = await sessions.open_session(
        rt, store, attempt.id, previous_token=None, user_agent="bench", ip="127.0.0.1"
    )
    assert opened is not None
    return opened.token


@contextmanager
def replaced_environment(values: Mapping[str, str]) -> Iterator[None]:
    """This process's environment without its own Portico settings, and with ``values``."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("PORTICO_"):
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass
class Server:
    """A server under measurement."""

    base: str
    process: asyncio.subprocess.Process
    start_seconds: float
    log: Path

    def peaks(self) -> list[int]:
        """The peak resident memory (VmHWM) of each worker process, in kB."""
        return [peak_memory(pid) for pid in children(self.process.pid)]


@asynccontextmanager
async def portico(
    installation: Installation, folder: Path, *, workers: int, **extra: str
) -> AsyncIterator[Server]:
    """``portico serve --workers N`` on a free port, from the moment it is ready."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [str(BIN / "portico"), "serve", "--port", str(port), "--workers", str(workers)]
    async with _started(command, installation.environment(base, **extra), folder, base,
                        "/readyz") as server:  # fmt: skip
        yield server


@asynccontextmanager
async def floor(
    installation: Installation, folder: Path, *, workers: int, page_size: int
) -> AsyncIterator[Server]:
    """``bench/floor.py`` on the same server."""
    port = free_port()
    command = [
        str(BIN / "granian"), "--interface", "asgi", "--loop", "uvloop", "--no-ws",
        "--workers", str(workers), "--port", str(port), "--factory", "bench.floor:create_app",
    ]  # fmt: skip
    environment = {
        "BENCH_DATABASE_URL": installation.database_url,
        "BENCH_PAGE_SIZE": str(page_size),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    base = f"http://127.0.0.1:{port}"
    async with _started(command, environment, folder, base, "/ready") as server:
        yield server


@asynccontextmanager
async def _started(
    command: list[str], environment: Mapping[str, str], folder: Path, base: str, ready: str
) -> AsyncIterator[Server]:
    log = folder / f"{Path(command[0]).name}-{base.rpartition(':')[2]}.log"
    began = time.perf_counter()
    with log.open("wb") as out, replaced_environment(environment):
        process = await asyncio.create_subprocess_exec(
            *command, stdout=out, stderr=out, cwd=folder, start_new_session=True
        )
    try:
        await asyncio.to_thread(_wait, process, base + ready, log)
        yield Server(base, process, time.perf_counter() - began, log)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()


def _wait(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.returncode is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text()[-3000:]}")


def children(pid: int) -> list[int]:
    """The server's worker processes (not Python's own resource tracker)."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(one) for one in found
        if b"resource_tracker" not in Path(f"/proc/{one}/cmdline").read_bytes()
    ]  # fmt: skip


def peak_memory(pid: int) -> int:
    """A process's peak resident memory in kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
