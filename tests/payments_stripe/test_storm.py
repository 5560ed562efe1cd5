"""Thousands of webhooks, shuffled, repeated, some lost, and a server that dies all the time.

The full figure, as an operator may run it: ``PORTICO_STORM=500 pytest -k storm`` makes 500
subscriptions, whose about 5,000 events come one to four times each.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import Interval, Mode
from portico.catalog import service as catalog
from portico.cli.common import running
from portico.db import Database, Query
from portico.emails.models import Email
from portico.emails.tables import emails
from portico.events.models import Delivery, DeliveryState
from portico.events.tables import outbox
from portico.licenses.models import License
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderState, Payment, PaymentState
from portico.orders.tables import orders, payments
from portico.stores import service as stores
from portico.subscriptions.models import Subscription
from portico.subscriptions.tables import subscriptions
from portico.testing import postgres
from portico.testing.app import make_settings
from portico_payments_stripe import client, prices, syncing
from portico_payments_stripe.models import SyncState
from portico_payments_stripe.webhooks import EVENTS
from stripe import StripeClient

from tests.payments_stripe.shop import PLUGIN
from tests.support.installation import Installation
from tests.support.mail_server import MailServer
from tests.support.processes import Process
from tests.support.stripe import StripeServer

SUBSCRIPTIONS = int(os.environ.get("PORTICO_STORM", "20"))
KILLS = 10
DAY = 86400
PATIENCE = 120 + 2.0 * SUBSCRIPTIONS
"""Seconds until everything should be done, also on a busy machine."""
PLUGINS = "auth_email_link,payments_stripe,files_local,licenses,email_smtp"
WAITING = Query(
    Delivery,
    sa.select(outbox).where(
        sa.not_(outbox.c.key.startswith("periodic:", autoescape=True)),
        outbox.c.key != "housekeeping",
    ),
)


@dataclass
class Scene:
    """An installation that sells through Stripe, and Stripe."""

    installation: Installation
    database: Database
    url: str
    server: StripeServer
    stripe: StripeClient
    portico: Process
    price: str

    async def with_ctx(self, work: Any) -> Any:
        """Run ``work(ctx)`` as the plugin, in a core of this process."""
        settings = make_settings(
            self.url, self.installation.folder / "data", plugins=PLUGINS.split(",")
        )
        async with running(settings) as rt:
            store = await stores.by_slug(rt, "shop")
            assert store is not None
            await activation.enabled(rt, store)
            return await work(rt.hooks.context(store, PLUGIN))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'portico.db'}"
        return
    made = postgres.create_database(postgres.server_url())
    yield made
    postgres.drop_database(made)


@pytest_asyncio.fixture
async def scene(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    with StripeServer(tmp_path) as server, MailServer(tmp_path) as post:
        monkeypatch.setenv(client.API_BASE, server.base)
        client.forget_outages()
        extra = {"PORTICO_PLUGINS": PLUGINS, "PORTICO_WORKER_LEASE": "5",
                 "PORTICO_SMTP_URL": post.url,
                 client.API_BASE: server.base}  # fmt: skip
        made = Installation(tmp_path, url, extra)
        made.command("db", "upgrade")
        api = StripeClient(server.key, base_addresses={"api": server.base, "files": server.base})
        price = await open_store(url, tmp_path, server, api, made.base)
        portico = made.server()
        async with Database(url) as database:
            yield Scene(made, database, url, server, api, portico, price)
        portico.stop()


async def open_store(
    url: str, folder: Path, server: StripeServer, api: StripeClient, base: str
) -> str:
    """A product with a license, sold by the month under a price of Stripe's; returns that."""
    server.control("webhooks", stopped=True, shuffle=True, copies_max=4, drop_rate=0.03,
                   retry_delays=[0.5] * 200)  # fmt: skip
    endpoint = api.v1.webhook_endpoints.create(
        {"url": f"{base}/hooks/{PLUGIN}/shop", "enabled_events": list(EVENTS)}  # type: ignore[typeddict-item]
    )
    settings = make_settings(url, folder / "data", plugins=PLUGINS.split(","))
    async with running(settings) as rt:
        store = await stores.create(rt, slug="shop", name="Shop", mode=Mode.TEST, by="cli")
        await activation.enable(rt, store, PLUGIN, by="test")
        await activation.save_settings(
            rt, store, PLUGIN, {"test_key": server.key, "webhook_secret": endpoint.secret},
            by="test",
        )  # fmt: skip
        product = await catalog.create_product(
            rt, store, slug="club", name="Club", license_issuer="licenses", by="cli"
        )
        ours = await catalog.add_price(
            rt, store, product.id, unit_amount=900, currency="EUR", interval=Interval.MONTH,
            by="test",
        )  # fmt: skip
        await activation.enabled(rt, store)
        ctx = rt.hooks.context(store, PLUGIN)
        at_stripe = api.v1.products.create({"name": "Club"})
        made = api.v1.prices.create(
            {"product": at_stripe.id, "currency": "eur", "unit_amount": 900,
             "recurring": {"interval": "month"}}
        )  # fmt: skip
        await prices.keep(ctx, Mode.TEST, made.id, at_stripe.id, ours, "unspecified", ours=False)
    return made.id


def live_through(scene: Scene) -> None:
    """Two months of a club: people join, cards fail, people leave, come back, get money back."""
    chance = random.Random(SUBSCRIPTIONS)
    api, mine = scene.stripe.v1, []
    for number in range(SUBSCRIPTIONS):
        customer = api.customers.create({"email": f"member-{number}@example.com"})
        token = "pm_card_chargeCustomerFail" if number % 10 == 9 else "pm_card_visa"
        card = api.payment_methods.attach(token, {"customer": customer.id})
        api.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
        trial: Any = {"trial_period_days": 7} if number % 10 == 9 else {}
        made = api.subscriptions.create(
            {"customer": customer.id, "items": [{"price": scene.price}], **trial}
        )
        mine.append(made.id)
    scene.server.control("advance", seconds=10 * DAY)
    for one in chance.sample(mine, len(mine) // 3):
        api.subscriptions.update(one, {"cancel_at_period_end": True})
    scene.server.control("advance", seconds=10 * DAY)
    for one in chance.sample(mine, len(mine) // 4):
        if scene.server.control("object", id=one)["status"] != "canceled":
            api.subscriptions.update(one, {"cancel_at_period_end": False})
    scene.server.control("advance", seconds=20 * DAY)
    for one in chance.sample(mine, len(mine) // 8):
        if scene.server.control("object", id=one)["status"] != "canceled":
            api.subscriptions.cancel(one)
    for charge in scene.server.control("objects", kind="charge")[:: max(8, 1)]:
        if charge["paid"] and charge["payment_intent"]:
            api.refunds.create({"payment_intent": charge["payment_intent"], "amount": 100})


async def endure(scene: Scene) -> None:
    """Let the webhooks come, and kill the server ten times meanwhile."""
    chance = random.Random(KILLS)
    base = scene.installation.base
    scene.portico.start()
    await asyncio.to_thread(scene.portico.wait_until_ready, base)
    scene.server.control("webhooks", stopped=False)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        scene.portico.kill()
        scene.portico.start()
        await asyncio.to_thread(scene.portico.wait_until_ready, base)
    await quiet(scene)


async def quiet(scene: Scene) -> None:
    """Wait until Stripe has nothing to send and the worker nothing to do."""
    async with asyncio.timeout(PATIENCE):
        while True:
            state = await asyncio.to_thread(scene.server.control, "state")
            rows = await scene.database.all(WAITING)
            dead = [one for one in rows if one.state is DeliveryState.DEAD]
            assert dead == []
            later = [one for one in rows if one.key.startswith("attempt:")]
            if state["idle"] and len(rows) == len(later):
                return
            await asyncio.sleep(0.5)


async def reconcile(scene: Scene) -> None:
    begun = await scene.with_ctx(lambda ctx: syncing.begin(ctx, Mode.TEST))
    async with asyncio.timeout(PATIENCE):
        while True:
            latest = await scene.with_ctx(lambda ctx: syncing.latest(ctx, Mode.TEST))
            assert latest.id == begun.id and latest.state is not SyncState.FAILED, latest.problem
            if latest.state is SyncState.DONE:
                break
            await asyncio.sleep(1)
    await quiet(scene)


@pytest.mark.slow
async def test_after_the_storm_and_one_reconciliation_all_is_as_stripe_has_it(
    scene: Scene,
) -> None:
    await asyncio.to_thread(live_through, scene)
    deliveries = scene.server.control("deliveries")
    lost = scene.server.control("dropped")
    assert len(deliveries) > 8 * SUBSCRIPTIONS
    assert lost
    await endure(scene)
    await reconcile(scene)
    await subscriptions_are_stripes(scene)
    await money_is_stripes(scene)
    await nothing_was_made_twice(scene)
    log = scene.portico.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


async def subscriptions_are_stripes(scene: Scene) -> None:
    known = {
        one.provider_ref: one
        for one in await scene.database.all(Query(Subscription, sa.select(subscriptions)))
    }
    at_stripe = scene.server.control("objects", kind="subscription")
    assert len(known) == len(at_stripe) == SUBSCRIPTIONS
    for theirs in at_stripe:
        ours, item = known[theirs["id"]], theirs["items"]["data"][0]
        assert ours.status.value == theirs["status"], theirs["id"]
        assert seconds(ours.current_period_end) == item["current_period_end"]
        assert seconds(ours.cancel_at) == theirs["cancel_at"]
        assert seconds(ours.ended_at) == theirs["ended_at"]


def seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.astimezone(UTC).timestamp())


async def money_is_stripes(scene: Scene) -> None:
    """Every paid invoice is one paid order of that amount, and every refund is in one."""
    paid = [one for one in scene.server.control("objects", kind="invoice")
            if one["status"] == "paid"]  # fmt: skip
    ours = await scene.database.all(Query(Payment, sa.select(payments)))
    taken = [one for one in ours if one.state is PaymentState.SUCCEEDED]
    assert sum(one.amount for one in taken) == sum(one["amount_paid"] for one in paid)
    worth = Counter(one.provider_ref for one in taken if one.amount)
    assert worth == Counter(one["id"] for one in paid if one["amount_paid"])
    back = sum(one["amount"] for one in scene.server.control("objects", kind="refund"))
    every = await scene.database.all(Query(Order, sa.select(orders)))
    assert sum(one.refunded for one in every) == back > 0


async def nothing_was_made_twice(scene: Scene) -> None:
    """One mail of a kind about an order, one license for a purchase."""
    sent = await scene.database.all(Query(Email, sa.select(emails)))
    about = Counter((one.kind, one.order_id) for one in sent if one.order_id is not None)
    refunds = {pair: count for pair, count in about.items() if count > 1}
    assert refunds == {}
    every = await scene.database.all(Query(Order, sa.select(orders)))
    bought = [one for one in every if one.kind.value == "purchase"
              and one.state not in (OrderState.PENDING, OrderState.FAILED)]  # fmt: skip
    keys = await scene.database.all(Query(License, sa.select(licenses)))
    assert sorted(str(one.order_id) for one in keys) == sorted(one.id for one in bought)
    assert len(bought) == SUBSCRIPTIONS
