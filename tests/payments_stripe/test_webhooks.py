"""Webhooks: who sent them is proven, once is enough, and nothing in them is believed."""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from portico.api import Mode, OrderState
from portico.db import Query
from portico.tables import metadata
from portico_payments_stripe import webhooks
from portico_payments_stripe.tables import metadata as plugin_metadata
from stripe import WebhookSignature

from tests.payments_stripe.shop import PLUGIN, Shop

SECRET = "whsec_test_secret"
UNCOUNTED = {"hook_health"}
"""How hooks do is written from time to time, whatever they answer."""


@pytest.fixture(autouse=True)
async def secret(shop: Shop) -> None:
    await shop.ctx.secrets.keep(webhooks.secret_name(Mode.TEST, "new"), SECRET)


def event(kind: str, thing: dict[str, Any], event_id: str = "evt_1") -> bytes:
    return json.dumps({
        "id": event_id, "object": "event", "type": kind, "livemode": False,
        "api_version": "2026-10-28.endive", "data": {"object": thing},
    }).encode()  # fmt: skip


def signature(shop: Shop, body: bytes, secret: str = SECRET, ago: int = 0) -> str:
    """Made by Stripe's library, not by us."""
    at = int(shop.clock.now().timestamp()) - ago
    return str(WebhookSignature.generate_signature_header(body.decode(), secret, at))


async def send(shop: Shop, body: bytes, header: str | None) -> int:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if header is not None:
        headers["Stripe-Signature"] = header
    answer = await shop.app.test_client().post(
        f"/hooks/{PLUGIN}/{shop.store.slug}", data=body, headers=headers
    )
    return answer.status_code


async def rows(shop: Shop) -> dict[str, int]:
    """How many rows every table has."""
    found = {}
    for tables in (metadata.sorted_tables, plugin_metadata.sorted_tables):
        for table in tables:
            if table.name not in UNCOUNTED:
                counted = sa.select(sa.func.count()).select_from(table)
                found[table.name] = await shop.rt.db.one(Query(int, counted)) or 0
    return found


async def paid_session(shop: Shop) -> dict[str, Any]:
    await (await shop.open_page()).give()
    return shop.held((await shop.payments())[-1].provider_ref)


async def test_a_payment_is_known_without_the_customer_coming_back(shop: Shop) -> None:
    session = await paid_session(shop)
    body = event("checkout.session.completed", session)
    assert await send(shop, body, signature(shop, body)) == 200
    assert (await shop.orders()) == [] or (await shop.orders())[0].state is OrderState.PENDING
    await shop.work()
    assert (await shop.orders())[0].state is OrderState.PAID


async def test_nothing_in_it_is_believed(shop: Shop) -> None:
    await shop.open_page()
    session = shop.held((await shop.payments())[-1].provider_ref)
    lie = session | {"status": "complete", "payment_status": "paid"}
    body = event("checkout.session.completed", lie)
    assert await send(shop, body, signature(shop, body)) == 200
    await shop.work()
    assert all(order.state is OrderState.PENDING for order in await shop.orders())


async def test_what_stripe_did_not_send_writes_nothing(shop: Shop) -> None:
    body = event("checkout.session.completed", await paid_session(shop))
    good = signature(shop, body)
    before = await rows(shop)
    forged = {
        "none": None,
        "empty": "",
        "nonsense": "t=,v1=",
        "another secret": signature(shop, body, "whsec_other"),
        "an old scheme": good.replace("v1=", "v0="),
        "replayed": signature(shop, body, ago=webhooks.TOLERANCE_SECONDS + 60),
        "from the future": signature(shop, body, ago=-webhooks.TOLERANCE_SECONDS - 60),
        "two times": f"t=1,{good}",
    }
    for what, header in forged.items():
        assert await send(shop, body, header) == 400, what
    assert await send(shop, body[:-20], good) == 400, "truncated"
    assert await send(shop, body + b" ", good) == 400, "changed"
    assert await send(shop, b"", signature(shop, b"")) == 400, "no event"
    assert await send(shop, b"[1]", signature(shop, b"[1]")) == 400, "no event"
    large = b" " * (2**20 + 1)
    assert await send(shop, large, signature(shop, large)) == 413, "oversized"
    assert await rows(shop) == before


async def test_sent_again_it_causes_nothing_again(shop: Shop) -> None:
    body = event("checkout.session.completed", await paid_session(shop))
    for _ in range(3):
        assert await send(shop, body, signature(shop, body)) == 200
    await shop.work()
    shop.server.control("reset-calls")
    before = await rows(shop)
    for _ in range(3):
        assert await send(shop, body, signature(shop, body)) == 200
    await shop.work()
    assert shop.server.control("calls")["total"] == 0
    after = await rows(shop)
    assert after["orders"] == before["orders"] and after["emails"] == before["emails"]


async def test_unknown_types_and_objects_are_taken(shop: Shop) -> None:
    for one in ({"object": "issuing.card", "id": "ic_1"}, {"object": "balance"}, {}):
        body = event("something.new", one, f"evt_{one.get('object')}")
        assert await send(shop, body, signature(shop, body)) == 200
    session = await paid_session(shop)
    body = event("checkout.session.some_day", session, "evt_new_type")
    assert await send(shop, body, signature(shop, body)) == 200
    await shop.work()
    assert (await shop.orders())[0].state is OrderState.PAID


async def test_the_secret_before_counts_for_a_day(shop: Shop) -> None:
    """Stripe itself signs with both for up to a day after a secret was rolled."""
    until = shop.clock.now() + timedelta(hours=24)
    await shop.ctx.secrets.keep(webhooks.secret_name(Mode.TEST, "old"), SECRET, until=until)
    await shop.ctx.secrets.keep(webhooks.secret_name(Mode.TEST, "new"), "whsec_newer")
    body = event("customer.updated", {"object": "customer", "id": "cus_1"})
    newer = signature(shop, body, "whsec_newer")
    assert await send(shop, body, signature(shop, body)) == 200
    assert await send(shop, body, newer) == 200
    both = f"{signature(shop, body)},{newer.partition(',')[2]}"
    assert await send(shop, body, both) == 200
    shop.clock.advance(timedelta(hours=25))
    assert await send(shop, body, signature(shop, body)) == 400
    assert await send(shop, body, signature(shop, body, "whsec_newer")) == 200


async def test_an_endpoint_of_the_sellers_own_making(shop: Shop) -> None:
    await shop.set(webhook_secret="whsec_typed_in")
    body = event("customer.updated", {"object": "customer", "id": "cus_1"})
    assert await send(shop, body, signature(shop, body, "whsec_typed_in")) == 200


async def test_events_of_the_same_second_in_any_order(shop: Shop) -> None:
    """What is read back is what is true now: the order they come in means nothing."""
    subscription = await shop.subscribe()
    shop.stripe.v1.subscriptions.update(
        subscription.provider_ref or "", {"cancel_at_period_end": True}
    )
    shop.stripe.v1.subscriptions.cancel(subscription.provider_ref or "")
    old = {"object": "subscription", "id": subscription.provider_ref, "status": "active"}
    for number, kind in enumerate(("deleted", "updated", "created", "updated")):
        body = event(f"customer.subscription.{kind}", old, f"evt_{number}")
        assert await send(shop, body, signature(shop, body)) == 200
        await shop.work()
        assert (await shop.subscription()).status.value == "canceled"


async def test_the_signature_is_stripes(shop: Shop) -> None:
    """Ours agrees with the library's own check."""
    body = event("customer.updated", {"object": "customer", "id": "cus_1"})
    header = signature(shop, body)
    assert WebhookSignature.verify_header(body, header, SECRET)
    time, _, rest = header.partition(",")
    digest = hmac.new(SECRET.encode(), time[2:].encode() + b"." + body, hashlib.sha256)
    assert rest == f"v1={digest.hexdigest()}"
