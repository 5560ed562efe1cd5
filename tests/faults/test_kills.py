"""Processes are killed while people buy: nothing is lost, nothing is issued twice."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.catalog import service as catalog
from portico.cli.common import running
from portico.db import Command, Database, Query
from portico.emails.models import Email, EmailState
from portico.emails.tables import emails
from portico.events.models import Delivery, DeliveryState
from portico.events.tables import outbox
from portico.licenses.models import License, LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderState
from portico.orders.tables import orders
from portico.stores import service as stores
from portico.testing import postgres
from portico.testing.app import make_settings

from tests.support.buyers import Street
from tests.support.installation import Installation
from tests.support.mail_server import MailServer
from tests.support.processes import Process

PLUGINS = "auth_email_link,payments_sandbox,files_local,licenses,email_smtp"
SLUG = "typeface"
AT_ONCE = 8
LEASE_SECONDS = 10
"""Until what a killed worker held is free; somebody looks six times in that time."""
PATIENCE = 180.0
"""Seconds until the mail or the last delivery should have come, also on a busy machine."""

ORDERS = Query(Order, sa.select(orders))
LICENSES = Query(License, sa.select(licenses))
EMAILS = Query(Email, sa.select(emails))
WAITING = Query(
    Delivery,
    sa.select(outbox).where(
        # What runs by itself waits for its next round, always.
        sa.not_(outbox.c.key.startswith("periodic:", autoescape=True)),
        outbox.c.key != "housekeeping",
    ),
)
_attempts = outbox.c.key.startswith("attempt:", autoescape=True)
LOOK_NOW = Command(sa.update(outbox).where(_attempts).values(next_at=outbox.c.created_at))


@dataclass
class Shop:
    """A store with a licensed product, and the processes that serve it."""

    installation: Installation
    post: MailServer
    database: Database
    server: Process
    worker: Process
    kills: int = 0

    def street(self) -> Street:
        return Street(f"{self.installation.base}/p/shop/", SLUG)

    async def attack(self, street: Street, purchases: int, times: int) -> None:
        """Kill server and worker in turn, ``times`` times, spread over the purchases.

        In the middle both at once, while one of them waits for the mail server's answer.
        """
        chance = random.Random(times)
        rounds = times - 1
        for number in range(rounds):
            while street.bought < purchases * number // rounds:
                await asyncio.sleep(0.01)
            if number == rounds // 2:
                await self.post_has_mail()
                await self.kill(self.server, self.worker)
                continue
            await asyncio.sleep(chance.uniform(0, 0.3))
            assert street.bought < purchases, "everybody had bought before the last kill"
            await self.kill(self.worker if number % 2 else self.server)

    async def post_has_mail(self) -> None:
        """Return when the mail server has the mail that it is slow to answer."""
        async with asyncio.timeout(PATIENCE):
            while not self.post.has_mail_to(self.post.slow_to):
                await asyncio.sleep(0.05)

    async def kill(self, *processes: Process) -> None:
        """Kill processes and start them again."""
        for process in processes:
            assert process.running is not None
            assert process.running.poll() is None, f"{process.arguments} ended by itself"
            process.kill()
            self.kills += 1
        for process in processes:
            process.start()
        if self.server in processes:
            await asyncio.to_thread(self.server.wait_until_ready, self.installation.base)

    async def settle(self) -> list[Delivery]:
        """Wait until nothing is left to do; what is returned waits for a time to come."""
        await self._quiet()
        # Core looks at every attempt at a payment some minutes after it began: let it be then.
        await self.database.run(LOOK_NOW)
        return await self._quiet()

    async def _quiet(self) -> list[Delivery]:
        deadline = time.monotonic() + PATIENCE
        while True:
            rows = await self.database.all(WAITING)
            busy = [one for one in rows if not _is_a_later_look(one)]
            if not busy:
                return list(rows)
            assert all(one.state is not DeliveryState.DEAD for one in busy), busy
            assert time.monotonic() < deadline, busy
            await asyncio.sleep(0.5)


def _is_a_later_look(one: Delivery) -> bool:
    waits = one.state is DeliveryState.PENDING and one.next_at > datetime.now(UTC)
    return waits and one.key.startswith("attempt:")


@pytest.fixture(params=["postgresql", "sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'portico.db'}"
        return
    url = postgres.create_database(postgres.server_url())
    yield url
    postgres.drop_database(url)


@pytest.fixture
def purchases(database_url: str) -> int:
    """SQLite writes one at a time: a smaller crowd says as much there."""
    return 40 if database_url.startswith("sqlite") else 200


@pytest_asyncio.fixture
async def shop(database_url: str, purchases: int, tmp_path: Path) -> AsyncIterator[Shop]:
    with MailServer(tmp_path, slow_to=buyer(purchases // 2)) as post:
        extra = {"PORTICO_PLUGINS": PLUGINS, "PORTICO_SMTP_URL": post.url,
                 "PORTICO_WORKER_LEASE": str(LEASE_SECONDS)}  # fmt: skip
        made = Installation(tmp_path, database_url, extra)
        server = made.server().start()
        server.wait_until_ready(made.base)
        await open_store(database_url, tmp_path)
        worker = made.worker().start()
        async with Database(database_url) as database:
            yield Shop(made, post, database, server, worker)
        server.kill()
        worker.kill()


async def open_store(database_url: str, folder: Path) -> None:
    """What a seller does before anybody buys."""
    settings = make_settings(database_url, folder / "data", plugins=PLUGINS)
    async with running(settings) as rt:
        store = await stores.create(rt, slug="shop", name="Shop", by="cli")
        product = await catalog.create_product(
            rt, store, slug=SLUG, name="Typeface", license_issuer="licenses", by="cli"
        )
        await catalog.add_price(rt, store, product.id, unit_amount=2000, currency="EUR", by="test")


@pytest.mark.slow
async def test_killing_server_and_worker_loses_no_order_no_license_and_no_mail(
    shop: Shop, purchases: int
) -> None:
    kills = 20 if purchases == 200 else 6
    buyers = [buyer(number) for number in range(purchases)]
    street = shop.street()
    async with asyncio.TaskGroup() as everything:
        everything.create_task(street.crowd(buyers, AT_ONCE))
        everything.create_task(shop.attack(street, purchases, kills))
    later = await shop.settle()

    assert shop.kills == kills
    assert [status for status in street.seen if status.startswith(("4", "5"))] == []
    paid = await orders_are_paid_once(shop, purchases, later)
    keys = await each_order_has_one_key(shop, paid)
    await every_confirmation_came(shop, buyers, keys, kills)
    for log in (shop.server.log, shop.worker.log):
        assert "Traceback" not in log.read_text()


def buyer(number: int) -> str:
    return f"buyer-{number}@example.com"


async def orders_are_paid_once(shop: Shop, purchases: int, later: list[Delivery]) -> list[Order]:
    """One paid order each. Others are what people began and lost with the connection."""
    found = await shop.database.all(ORDERS)
    paid = [order for order in found if order.state is OrderState.PAID]
    assert len(paid) == len({order.customer_id for order in paid}) == purchases
    rest = Counter(order.state for order in found if order.state is not OrderState.PAID)
    assert set(rest) <= {OrderState.PENDING, OrderState.FAILED}
    assert len(later) == rest[OrderState.PENDING]
    return paid


async def each_order_has_one_key(shop: Shop, paid: list[Order]) -> dict[str, str]:
    """Returns the key of each order."""
    found = await shop.database.all(LICENSES)
    assert all(one.state is LicenseState.ACTIVE and one.key for one in found)
    assert sorted(str(one.order_id) for one in found) == sorted(order.id for order in paid)
    assert len({one.key for one in found}) == len(paid)
    return {str(one.order_id): str(one.key) for one in found}


async def every_confirmation_came(
    shop: Shop, buyers: list[str], keys: dict[str, str], kills: int
) -> None:
    """Everybody's came, with their key; a repeat is the same mail, and a kill's doing."""
    sent = {email.to_address: email for email in await shop.database.all(EMAILS)}
    assert all(email.state is EmailState.SENT for email in sent.values())
    mails = shop.post.mails()
    assert {mail.to for mail in mails} == set(sent) == set(buyers)
    for mail in mails:
        assert mail.message_id == sent[mail.to].message_id
        assert keys[str(sent[mail.to].order_id)] in mail.text
    copies = Counter(mail.to for mail in mails)
    assert copies[shop.post.slow_to] > 1, "no kill fell between a mail and its answer"
    assert len(mails) - len(buyers) <= kills
