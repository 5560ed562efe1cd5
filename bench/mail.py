"""How long a sign-in mail takes from the click to the SMTP server's 250, behind a long queue."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
from portico.customers import service as customers
from portico.demo.seed import SLUG, FormParser
from portico.events.models import Lane
from portico.stores import service as stores

from bench.servers import DEFAULT_PLUGINS, Installation, portico
from tests.support.processes import free_port

QUEUED = 100_000
SIGN_INS = 60
PAUSE = 0.25
PATIENCE = 60.0
_PREFIX = "signs-in-"

# Half of them receipts and the like, half a newsletter, all due now, each about the demo's orders.
_MAILS = """
INSERT INTO emails (id, store_id, customer_id, order_id, kind, locale, to_address, message_id,
                    params, state, attempts, created_at)
SELECT 'mail_bench_' || n, o.store_id, o.customer_id, o.id, 'confirmation', 'en',
       'reader-' || n || '@example.com', '<bench-' || n || '@example.com>', '{}', 'queued', 0,
       now()
FROM generate_series(1, $1::int) AS n
CROSS JOIN (SELECT * FROM orders WHERE state = 'paid' ORDER BY id LIMIT 1) AS o
"""
_DELIVERIES = """
INSERT INTO outbox (id, store_id, kind, key, lane, payload, state, attempts, next_at, created_at)
SELECT 'dlv_bench_' || id, store_id, 'mail', 'mail:' || id,
       CASE WHEN row_number() OVER () % 2 = 0 THEN $1::int ELSE $2::int END,
       jsonb_build_object('email_id', id, 'plugin', NULL), 'pending', 0, now(), now()
FROM emails WHERE id LIKE 'mail_bench_%'
"""
_WAITING = "SELECT count(*) FROM outbox WHERE kind = 'mail' AND state <> 'dead'"


@dataclass(frozen=True)
class MailTimes:
    """Seconds from the click to the 250, in order; and the queue's length before and after."""

    seconds: list[float]
    before: int
    after: int

    def percentile(self, percent: float) -> float:
        """The time that ``percent`` of the sign-ins did not exceed."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * percent / 100))]


async def measure(installation: Installation, folder: Path) -> MailTimes:
    """Fill the queue, let two processes work it, and sign in again and again meanwhile."""
    addresses = [f"{_PREFIX}{n}@example.com" for n in range(SIGN_INS)]
    await _make_customers(installation, addresses)
    await _fill(installation)
    port = free_port()
    plugins = ",".join(name for name in DEFAULT_PLUGINS if name != "email_mailbox")
    mail = {"PORTICO_SMTP_URL": f"smtp://127.0.0.1:{port}", "PORTICO_PLUGINS": plugins}
    async with (
        _smtp(port) as smtp,
        # Each customer comes from an address of their own: one address may ask for few mails.
        portico(installation, folder, workers=2, PORTICO_TRUSTED_PROXIES="1", **mail) as server,
    ):
        before = await _waiting(installation)
        arrivals = asyncio.create_task(_arrivals(smtp, len(addresses)))
        clicks = {}
        for number, address in enumerate(addresses):
            clicks[address] = await _click(server.base, address, f"192.0.2.{number + 1}")
            await asyncio.sleep(PAUSE)
        arrived = await asyncio.wait_for(arrivals, PATIENCE)
        after = await _waiting(installation)
    return MailTimes(sorted(arrived[one] - clicks[one] for one in addresses), before, after)


async def _make_customers(installation: Installation, addresses: list[str]) -> None:
    async with installation.running() as rt:
        store = await stores.by_slug(rt, SLUG)
        assert store is not None
        async with rt.db.transaction():
            for address in addresses:
                await customers.find_or_create(rt, store, address)


async def _fill(installation: Installation) -> None:
    connection = await asyncpg.connect(installation.database_url)
    try:
        await connection.execute(_MAILS, QUEUED)
        await connection.execute(_DELIVERIES, int(Lane.NORMAL), int(Lane.BULK))
        await connection.execute("ANALYZE emails, outbox")
    finally:
        await connection.close()


async def _waiting(installation: Installation) -> int:
    connection = await asyncpg.connect(installation.database_url)
    try:
        return int(await connection.fetchval(_WAITING))
    finally:
        await connection.close()


@asynccontextmanager
async def _smtp(port: int) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.smtp", str(port), _PREFIX, stdout=PIPE
    )
    assert process.stdout is not None
    try:
        await process.stdout.readline()  # "ready"
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _arrivals(smtp: Process, count: int) -> dict[str, float]:
    assert smtp.stdout is not None
    arrived: dict[str, float] = {}
    while len(arrived) < count:
        when, _, address = (await smtp.stdout.readline()).decode().strip().partition(" ")
        arrived.setdefault(address, float(when))
    return arrived


async def _click(base: str, address: str, ip: str) -> float:
    """Open the sign-in form and send it, as a browser does; returns when it was sent."""
    headers = {"X-Forwarded-For": ip}
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=PATIENCE) as browser:
        form = FormParser()
        form.feed((await browser.get(f"/p/{SLUG}/sign-in")).text)
        fields = form.values | {form.by_purpose["email"]: address}
        clicked = time.monotonic()
        answer = await browser.post(form.action or f"/p/{SLUG}/sign-in", data=fields)
    if answer.status_code != 303 or not answer.headers["location"].startswith(
        f"/p/{SLUG}/sign-in/sent"
    ):
        raise RuntimeError(f"signing in answered {answer.status_code}: {answer.text[:500]}")
    return clicked
