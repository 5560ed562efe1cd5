"""Many mails through a mail server that fails, and that is stopped: each arrives, its state true.

As many as PORTICO_STORM_MAILS says (10000 for the figure that is published).
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.assembly import schema_owners
from portico.cli.common import running
from portico.db import Command, Database, Query, UTCDateTime
from portico.db.migrations import upgrade
from portico.emails import service as mails
from portico.emails.models import Email, EmailState
from portico.emails.tables import emails
from portico.events.models import DeliveryState
from portico.events.tables import outbox
from portico.hooks.loader import load_plugins
from portico.stores import service as stores
from portico.testing import postgres
from portico.testing.app import make_settings

from tests.support.installation import Installation
from tests.support.mail_server import MailServer
from tests.support.processes import Process

MAILS = int(os.environ.get("PORTICO_STORM_MAILS", "600"))
PLUGINS = "auth_email_link,files_local,email_smtp"
BATCH = 200
AT_A_TIME = 10
"""Mails that one worker hands over at a time."""
STUCK = 120.0
"""Seconds without any mail sent until something is wrong."""

EMAILS = Query(Email, sa.select(emails))
SENT = Query(int, sa.select(sa.func.count()).where(emails.c.state == EmailState.SENT))
_waits = sa.and_(outbox.c.kind == "mail", outbox.c.state == DeliveryState.PENDING)
LATER_IS_NOW = Command(
    sa.update(outbox)
    .where(_waits, outbox.c.next_at > sa.bindparam("now", type_=UTCDateTime))
    .values(next_at=sa.bindparam("now", type_=UTCDateTime))
)
"""The minutes that a greylisting server wants pass at once; so does its absence."""


@dataclass
class Storm:
    """A worker, its database, and the mail server it sends through."""

    post: MailServer
    database: Database
    worker: Process

    async def sent(self) -> int:
        return await self.database.one(SENT) or 0

    async def reaches(self, count: int) -> None:
        """Return when so many mails were sent."""
        best, since = -1, time.monotonic()
        while (sent := await self.sent()) < count:
            if sent > best:
                best, since = sent, time.monotonic()
            assert time.monotonic() - since < STUCK, f"{sent} of {count} mails are sent"
            await self.database.run(LATER_IS_NOW, now=datetime.now(UTC))
            await asyncio.sleep(0.2)


@pytest_asyncio.fixture
async def storm(tmp_path: Path) -> AsyncIterator[Storm]:
    url = postgres.create_database(postgres.server_url())
    with MailServer(tmp_path, fails_every=7) as post:
        extra = {"PORTICO_PLUGINS": PLUGINS, "PORTICO_SMTP_URL": post.url}
        made = Installation(tmp_path, url, extra)
        await upgrade(url, schema_owners(load_plugins(PLUGINS.split(","))))
        await queue_mails(url, tmp_path)
        worker = made.worker().start()
        async with Database(url) as database:
            yield Storm(post, database, worker)
        worker.kill()
    postgres.drop_database(url)


async def queue_mails(url: str, folder: Path) -> None:
    async with running(make_settings(url, folder / "data", plugins=PLUGINS)) as rt:
        store = await stores.create(rt, slug="shop", name="Shop", by="cli")
        for start in range(0, MAILS, BATCH):
            async with rt.db.transaction():
                for number in range(start, min(start + BATCH, MAILS)):
                    await mails.queue(
                        rt, store, "email_changed", f"reader-{number}@example.com",
                        params={"new_email": "new@example.com"}, locale="en",
                    )  # fmt: skip


@pytest.mark.slow
async def test_every_mail_arrives_once_and_its_state_is_true(storm: Storm) -> None:
    began = time.monotonic()
    for part in (1, 2):
        await storm.reaches(MAILS * part // 3)
        storm.post.stop()
        await asyncio.sleep(1)
        assert await storm.sent() < MAILS, "it was over before the server was stopped"
        storm.post.start()
    await storm.reaches(MAILS)
    seconds = time.monotonic() - began
    print(f"{MAILS} mails in {seconds:.1f} s: {MAILS / seconds:.0f} a second")

    arrived = storm.post.mails()
    rows = {email.to_address: email for email in await storm.database.all(EMAILS)}
    assert {mail.to for mail in arrived} == set(rows)
    assert len(rows) == MAILS
    assert all(mail.message_id == rows[mail.to].message_id for mail in arrived)
    # Twice only what the server had taken when it was stopped, and not answered.
    assert max(Counter((mail.to, mail.run) for mail in arrived).values()) == 1
    assert len(arrived) - MAILS <= 2 * AT_A_TIME
    states_are_true(storm, rows)
    assert "Traceback" not in storm.worker.log.read_text()


def states_are_true(storm: Storm, rows: dict[str, Email]) -> None:
    for email in rows.values():
        assert (email.state, email.response) == (EmailState.SENT, "OK")
        assert email.attempts == len(email.history)
        assert [one["state"] for one in email.history[:-1]] == ["deferred"] * (email.attempts - 1)
    failures = storm.post.failures()
    assert {failure.code for failure in failures} == {0, 450, 452}
    causes = {450: "greylisted", 452: "full", 0: "unreachable"}
    for failure in failures:
        words = str(failure.code or "")
        told = {one["cause"] for one in rows[failure.to].history if words in one["words"]}
        assert causes[failure.code] in told, (failure, rows[failure.to].history)
