"""Clients that go away in the middle of a request: every database connection comes back."""

import asyncio
import random
import re
import statistics
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from portico.testing import postgres

from tests.support.forms import sign_in
from tests.support.processes import Demo, start_demo

REQUESTS = 2_000
AT_ONCE = 24
BUSY = re.compile(r'^portico_database_connections\{state="busy"\} ([0-9.]+)$', re.MULTILINE)
OUR_TRANSACTIONS = """
SELECT state, query FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def demo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Demo]:
    url = postgres.create_database(postgres.server_url()) if request.param != "sqlite" else None
    running = start_demo(tmp_path, url)
    yield running
    running.process.stop()
    if url is not None:
        postgres.drop_database(url)


@pytest.mark.slow
async def test_after_a_thousand_clients_went_away_every_connection_is_back(demo: Demo) -> None:
    cookies = await asyncio.to_thread(sign_in, demo)
    told = await crowd(demo, cookies)

    assert told["answered"] == REQUESTS // 2
    assert told["cut"] + told["cut in the answer"] + told["too late to cut"] == REQUESTS // 2
    assert told["cut"] > REQUESTS // 5, told
    await all_connections_are_back(demo)
    async with httpx.AsyncClient(cookies=cookies) as browser:
        page = await browser.get(demo.portal)
    assert page.status_code == 200
    assert "Your purchases" in page.text
    log = demo.process.log.read_text()
    assert "Traceback" not in log
    assert not re.search(r'"level": "(error|critical)"|\[ERROR\]', log), log[-3000:]


async def crowd(demo: Demo, cookies: dict[str, str]) -> Counter[str]:
    """Ask for the overview from ``AT_ONCE`` clients at a time; every second one goes away.

    It does so somewhere within the time that the last answers took, however fast the server is.
    """
    told: Counter[str] = Counter()
    chance = random.Random(REQUESTS)
    parts = [chance.random() if number % 2 else None for number in range(REQUESTS)]
    took: deque[float] = deque([0.05], maxlen=AT_ONCE)
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    place = urlsplit(demo.portal)
    request = (
        f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {header}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()

    async def client() -> None:
        while parts:
            part = parts.pop()
            wait = None if part is None else part * statistics.median(took)
            started = time.perf_counter()
            answer = await ask(str(place.hostname), int(place.port or 80), request, wait)
            if answer == "answered":
                took.append(time.perf_counter() - started)
            told[answer] += 1

    async with asyncio.TaskGroup() as clients:
        for _ in range(AT_ONCE):
            clients.create_task(client())
    return told


async def ask(host: str, port: int, request: bytes, wait: float | None) -> str:
    """Make one request and read the answer; or be gone after ``wait`` seconds."""
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(request)
    answer = bytearray()
    try:
        async with asyncio.timeout(30 if wait is None else wait):
            while part := await reader.read(65536):
                answer += part
    except TimeoutError:
        assert wait is not None, "no answer in 30 seconds"
        writer.transport.abort()
        return "cut in the answer" if answer else "cut"
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    assert b"Your purchases" in answer
    return "answered" if wait is None else "too late to cut"


async def all_connections_are_back(demo: Demo) -> None:
    """Nobody holds a connection; a worker that looks into the outbox does, for a moment."""
    deadline = time.monotonic() + 10
    async with httpx.AsyncClient() as browser:
        while True:
            metrics = (await browser.get(f"{demo.base}/metrics")).text
            busy = BUSY.search(metrics)
            assert busy is not None, metrics
            open_transactions = await transactions(demo)
            if float(busy[1]) == 0 and not open_transactions:
                return
            assert time.monotonic() < deadline, (busy[0], open_transactions)
            await asyncio.sleep(0.05)


async def transactions(demo: Demo) -> list[str]:
    """What PostgreSQL is doing for the demo, or waits for it to end."""
    if demo.database_url is None:
        return []
    connection = await asyncpg.connect(demo.database_url)
    try:
        return [
            f"{row['state']}: {row['query']}" for row in await connection.fetch(OUR_TRANSACTIONS)
        ]
    finally:
        await connection.close()
