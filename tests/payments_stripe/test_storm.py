"""Thousands of webhooks, shuffled, repeated, some lost, and a server that dies all the time.

The full figure, as an operator may run it: ``PORTICO_STORM=500 pytest -s -k storm`` makes 500
subscriptions, whose more than 5,000 events come one to four times each.
"""

import asyncio
import html
import os
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import Mode
from portico.cli.common import running
from portico.db import Database, Query
from portico.emails.models import Email, EmailKind, EmailState
from portico.emails.tables import emails
from portico.events.models import Delivery, DeliveryState
from portico.events.tables import outbox
from portico.i18n import format_date
from portico.licenses.models import License
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderKind, OrderState, Payment, PaymentState
from portico.orders.tables import orders, payments
from portico.sessions.models import Audience
from portico.sessions.queries import INSERT_SESSION
from portico.sessions.tokens import hash_token
from portico.stores import service as stores
from portico.subscriptions.models import Subscription
from portico.subscriptions.tables import subscriptions
from portico.testing import postgres
from portico.testing.app import make_settings
from portico.worker import SLOTS
from portico_payments_stripe import client, syncing
from portico_payments_stripe.models import Sync, SyncState
from portico_payments_stripe.tables import syncs
from stripe import StripeClient

from tests.payments_stripe.club import PLUGINS, live_through, open_store
from tests.payments_stripe.shop import PLUGIN
from tests.support.installation import Installation
from tests.support.mail_server import MailServer
from tests.support.processes import Process
from tests.support.stripe import StripeServer

SUBSCRIPTIONS = int(os.environ.get("PORTICO_STORM", "20"))
KILLS = 10 if SUBSCRIPTIONS > 20 else 5
EVENTS_EACH = 10
"""Events of each subscription, at least: 500 make 5,000."""
PATIENCE = 120 + 2.0 * SUBSCRIPTIONS
"""Seconds until everything should be done, also on a busy machine."""
WAITING = Query(
    Delivery,
    sa.select(outbox).where(
        sa.not_(outbox.c.key.startswith("periodic:", autoescape=True)),
        sa.not_(outbox.c.key.startswith("attempt:", autoescape=True)),
        outbox.c.key != "housekeeping",
    ),
)
EMAILS = Query(Email, sa.select(emails))
LICENSES = Query(License, sa.select(licenses))
ORDERS = Query(Order, sa.select(orders))
PAYMENTS = Query(Payment, sa.select(payments))
SUBSCRIBED = Query(Subscription, sa.select(subscriptions))
SYNC = Query(Sync, sa.select(syncs))


@dataclass
class Scene:
    """An installation that sells through Stripe, Stripe, and where mails go."""

    installation: Installation
    database: Database
    server: StripeServer
    stripe: StripeClient
    post: MailServer
    portico: Process
    price: str


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
        api = server.library()
        price = await open_store(url, tmp_path, server, api, made.base)
        portico = made.server()
        async with Database(url) as database:
            yield Scene(made, database, server, api, post, portico, price)
        portico.stop()


async def endure(scene: Scene) -> None:
    """Let the webhooks come, and kill the server again and again meanwhile."""
    chance = random.Random(KILLS)
    base = scene.installation.base
    scene.portico.start()
    await asyncio.to_thread(scene.portico.wait_until_ready, base)
    scene.server.control("webhooks", stopped=False)
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.2, 1.5) * max(1.0, SUBSCRIPTIONS / 100))
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
            if state["idle"] and not rows:
                return
            await asyncio.sleep(0.5)


async def reconcile(scene: Scene, url: str) -> Sync:
    """Sync now, until all that it has found is repaired."""
    settings = make_settings(url, scene.installation.folder / "data", plugins=PLUGINS.split(","))
    async with running(settings) as rt:
        store = await stores.by_slug(rt, "shop")
        assert store is not None
        await activation.enabled(rt, store)
        await syncing.begin(rt.hooks.context(store, PLUGIN), Mode.TEST)
    await quiet(scene)
    (done,) = await scene.database.all(SYNC)
    assert done.state is SyncState.DONE, done.problem
    return done


@pytest.mark.slow
async def test_after_the_storm_and_one_reconciliation_all_is_as_stripe_has_it(
    scene: Scene, url: str
) -> None:
    await asyncio.to_thread(live_through, scene.server, scene.stripe, scene.price, SUBSCRIPTIONS)
    deliveries = scene.server.control("deliveries")
    lost = scene.server.control("dropped")
    events = {one["event"] for one in deliveries} | set(lost)
    assert lost and len(events) >= EVENTS_EACH * SUBSCRIPTIONS
    scene.server.control("reset-calls")
    begun = time.monotonic()
    await endure(scene)
    stormed = time.monotonic() - begun
    repaired = (await reconcile(scene, url)).repaired
    await subscriptions_are_stripes(scene)
    await the_portal_says_so(scene)
    await money_is_stripes(scene)
    keys = await each_purchase_has_one_license(scene)
    mails, repeats = await each_mail_came_once(scene, keys)
    seconds_in_all = time.monotonic() - begun
    calls = scene.server.control("calls")["total"]
    print(f"{SUBSCRIPTIONS} subscriptions: {len(deliveries)} deliveries of {len(events)} events, "
          f"{len(lost)} of them lost, {KILLS} kills, {stormed:.0f} s; {repaired} repaired, "
          f"{seconds_in_all:.0f} s in all; {calls} calls of Stripe; {mails} mails, "
          f"{repeats} of them repeated")  # fmt: skip
    log = scene.portico.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


async def subscriptions_are_stripes(scene: Scene) -> None:
    known = {one.provider_ref: one for one in await scene.database.all(SUBSCRIBED)}
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


async def the_portal_says_so(scene: Scene) -> None:
    """Each member's own page of subscriptions, from the server that was killed all the time."""
    known = {one.provider_ref: one for one in await scene.database.all(SUBSCRIBED)}
    pages = f"{scene.installation.base}/p/shop/subscriptions"
    shown = Counter[str]()
    async with httpx.AsyncClient() as browser:
        for theirs in scene.server.control("objects", kind="subscription"):
            token = await signed_in(scene, known[theirs["id"]])
            answer = await browser.get(pages, headers={"Cookie": f"portico-shop={token}"})
            (row,) = re.findall(r'<ul class="rows">(.*?)</ul>', answer.text, re.DOTALL)
            text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split())
            state, when = words_for(theirs)
            assert text.endswith(state) and when in text, (theirs["id"], state, when, text)
            shown[state] += 1
    assert len(shown) >= 3, "too much alike to show anything"


async def signed_in(scene: Scene, subscription: Subscription) -> str:
    """The cookie of a browser in which the subscription's customer is signed in."""
    now = datetime.now(UTC)
    await scene.database.run(
        INSERT_SESSION, id=hash_token(subscription.id), audience=Audience.CUSTOMER,
        store_id=subscription.store_id, customer_id=subscription.customer_id, seller_id=None,
        user_agent="", ip="127.0.0.1", created_at=now, last_seen_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    return subscription.id


def words_for(theirs: Mapping[str, Any]) -> tuple[str, str]:
    """What a page has to say of a subscription of Stripe's: its state, and what comes when."""

    def day(at: int) -> str:
        return format_date(datetime.fromtimestamp(at, UTC), "en")

    period_end = theirs["items"]["data"][0]["current_period_end"]
    match theirs["status"]:
        case "canceled":
            return "Ended", f"Ended on {day(theirs['ended_at'])}"
        case "past_due":
            return "Payment failed", "€9.00 a month"
        case "active" if theirs["cancel_at"]:
            return "Cancelled", f"Access ends {day(theirs['cancel_at'])}"
        case "active":
            return "Active", f"Next charge €9.00 on {day(period_end)}"
    raise AssertionError(f"nothing of this club is {theirs['status']}")


async def money_is_stripes(scene: Scene) -> None:
    """Every paid invoice is one paid order of that amount, and every refund is in one."""
    paid = [one for one in scene.server.control("objects", kind="invoice")
            if one["status"] == "paid"]  # fmt: skip
    ours = await scene.database.all(PAYMENTS)
    taken = [one for one in ours if one.state is PaymentState.SUCCEEDED]
    assert sum(one.amount for one in taken) == sum(one["amount_paid"] for one in paid)
    worth = Counter(one.provider_ref for one in taken if one.amount)
    assert worth == Counter(one["id"] for one in paid if one["amount_paid"])
    back = sum(one["amount"] for one in scene.server.control("objects", kind="refund"))
    assert sum(one.refunded for one in await scene.database.all(ORDERS)) == back > 0


async def each_purchase_has_one_license(scene: Scene) -> dict[str, str]:
    """Returns the key of each order."""
    bought = [one for one in await scene.database.all(ORDERS)
              if one.kind is OrderKind.PURCHASE
              and one.state not in (OrderState.PENDING, OrderState.FAILED)]  # fmt: skip
    keys = await scene.database.all(LICENSES)
    assert sorted(str(one.order_id) for one in keys) == sorted(one.id for one in bought)
    assert len(bought) == len({one.key for one in keys}) == SUBSCRIPTIONS
    return {str(one.order_id): str(one.key) for one in keys}


async def each_mail_came_once(scene: Scene, keys: Mapping[str, str]) -> tuple[int, int]:
    """Of everything that is to be told, one mail has come in; a repeat is the same mail, and a
    kill's doing: of what the worker had in hand, when the mail server had taken it and the database
    was still busy. Returns how many came, and how many of them again."""
    told = {one.message_id: one for one in await scene.database.all(EMAILS)}
    assert {one.state for one in told.values()} == {EmailState.SENT}
    about = Counter(
        (one.kind, one.order_id, one.params.get("subscription_id")) for one in told.values()
    )
    assert [one for one, count in about.items() if count > 1] == []
    came = scene.post.mails()
    assert {one.message_id for one in came} == set(told)
    for mail in came:
        row = told[mail.message_id]
        assert mail.to == row.to_address
        if row.kind == EmailKind.CONFIRMATION:
            assert keys[str(row.order_id)] in mail.text
    confirmed = {one.order_id for one in told.values() if one.kind == EmailKind.CONFIRMATION}
    assert confirmed == set(keys)
    assert len(came) - len(told) <= KILLS * SLOTS
    return len(came), len(came) - len(told)
