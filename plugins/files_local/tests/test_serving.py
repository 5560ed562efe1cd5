"""Files from disk through the real server, with connections that break."""

import asyncio
import hashlib
import itertools
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from portico.assembly import build_runtime, start, stop
from portico.catalog import service as catalog
from portico.db import Command
from portico.sessions.models import Audience
from portico.sessions.tables import sessions
from portico.sessions.tokens import hash_token, new_token
from portico.testing import factories
from portico.testing.app import create_tables, make_settings
from portico.web.cookies import session_cookie
from portico_files_local import plugin

pytestmark = pytest.mark.slow
SECRET_KEY = "for the tests of this server only: everybody knows it"
SIZE = 30 * 2**20
MEGABYTE = 2**20


@dataclass
class Site:
    """A server with one file, and a browser that is signed in."""

    url: str
    path: str
    cookies: dict[str, str]
    sha256: str
    process: subprocess.Popen[bytes]
    stored: Path

    def browser(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url, cookies=self.cookies, follow_redirects=True, timeout=60
        )

    def open_files(self) -> list[str]:
        """What the server's processes have open of the file."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(process.name)) != self.process.pid:
                    continue
                found += [str(fd.readlink()) for fd in (process / "fd").iterdir()]
            except (OSError, ProcessLookupError):
                continue
        return [path for path in found if path == str(self.stored)]


async def prepare(settings) -> tuple[str, str, str, str]:
    """A store whose customer has bought a file; its path, cookie and hash."""
    rt = build_runtime(settings, plugins=[plugin])
    await create_tables(settings.resolved_database_url, rt.registry)
    await start(rt)
    try:
        store = await factories.make_store(rt, slug="shop")
        product = await factories.make_product(rt, store)
        customer = await factories.make_customer(rt, store)
        await factories.make_paid_order(rt, store, customer, product)

        async def content():
            block = os.urandom(MEGABYTE)
            for number in range(SIZE // MEGABYTE):
                yield number.to_bytes(8) + block[8:]

        version = await catalog.add_file(
            rt, store, product.id, filename="big.bin", chunks=content(), by="test"
        )
        token, now = new_token(), rt.clock.now()
        row = {
            "id": hash_token(token), "audience": Audience.CUSTOMER, "store_id": store.id,
            "customer_id": customer.id, "seller_id": None, "user_agent": "", "ip": "127.0.0.1",
            "created_at": now, "last_seen_at": now, "expires_at": now + timedelta(days=30),
        }  # fmt: skip
        await rt.db.run(Command(sa.insert(sessions).values(row)))
        return version.id, token, version.sha256, version.storage_key
    finally:
        await stop(rt)


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            httpx.get(f"{url}/healthz")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    database = f"sqlite:///{folder / 'portico.db'}"
    settings = make_settings(database, folder, base_url=url, secret_keys=(SECRET_KEY,))
    version_id, token, sha256, key = asyncio.run(prepare(settings))
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PORTICO_")
    } | {
        "PORTICO_DATABASE_URL": database, "PORTICO_DATA_DIR": str(folder),
        "PORTICO_SECRET_KEYS": SECRET_KEY, "PORTICO_BASE_URL": url,
        "PORTICO_PLUGINS": "files_local", "PORTICO_WORKER": "false",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--factory",
        "--host", "127.0.0.1", "--port", str(port), "--no-ws",
        "portico.app:create_app_from_environment",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment, cwd=folder, start_new_session=True)
    try:
        wait_until_it_answers(url, process)
        cookies = {session_cookie(settings, "shop"): token}
        path, stored = f"/p/shop/downloads/{version_id}", folder / "files" / key
        yield Site(url, path, cookies, sha256, process, stored)
    finally:
        process.terminate()
        process.wait(20)


def fetch(browser: httpx.Client, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    with browser.stream("GET", path, headers=headers) as response:
        return response, b"".join(response.iter_raw())


def test_a_whole_file_arrives_as_it_was_stored(site):
    with site.browser() as browser:
        response, content = fetch(browser, site.path)
    assert response.status_code == 200
    assert response.headers["Content-Length"] == str(SIZE)
    assert response.headers["ETag"] == f'"{site.sha256}"'
    assert hashlib.sha256(content).hexdigest() == site.sha256


def test_a_download_that_broke_off_goes_on_by_a_range(site):
    with site.browser() as browser:
        with browser.stream("GET", site.path) as response:
            begun = b""
            for block in response.iter_raw():
                begun += block
                if len(begun) > 5 * MEGABYTE:
                    break
            tag = response.headers["ETag"]
        headers = {"Range": f"bytes={len(begun)}-", "If-Range": tag}
        response, rest = fetch(browser, site.path, **headers)
    assert response.status_code == 206
    assert response.headers["Content-Range"] == f"bytes {len(begun)}-{SIZE - 1}/{SIZE}"
    assert hashlib.sha256(begun + rest).hexdigest() == site.sha256


def test_ranges_put_together_are_the_file(site):
    edges = [0, 1, 262_143, 262_145, 10 * MEGABYTE, SIZE]
    digest = hashlib.sha256()
    with site.browser() as browser:
        for begin, end in itertools.pairwise(edges):
            response, part = fetch(browser, site.path, Range=f"bytes={begin}-{end - 1}")
            assert (response.status_code, len(part)) == (206, end - begin)
            digest.update(part)
    assert digest.hexdigest() == site.sha256


def test_head_tells_the_length_and_the_connection_stays_usable(site):
    with site.browser() as browser:
        head = browser.head(site.path)
        assert (head.status_code, head.headers["Content-Length"]) == (200, str(SIZE))
        _, part = fetch(browser, site.path, Range="bytes=0-9")
        assert part[:8] == bytes(8)


def test_clients_that_go_away_leave_no_file_open(site):
    with site.browser() as browser:
        address = str(browser.head(site.path).url).removeprefix(site.url)
    cookie = "; ".join(f"{name}={value}" for name, value in site.cookies.items())
    host, port = site.url.removeprefix("http://").split(":")
    for headers in ("", "Range: bytes=1-\r\n"):
        for _ in range(10):
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(
                    f"GET {address} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
                    f"{headers}\r\n".encode()
                )
                assert connection.recv(100).startswith(b"HTTP/1.1 20")
    deadline = time.monotonic() + 20
    while site.open_files() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert site.open_files() == []
    with site.browser() as browser:
        _, content = fetch(browser, site.path)
    assert hashlib.sha256(content).hexdigest() == site.sha256


def test_without_a_session_there_are_no_bytes(site):
    with httpx.Client(base_url=site.url) as stranger:
        response = stranger.get(site.path)
    assert response.status_code == 302
    assert "sign-in" in response.headers["Location"]
