"""Subscriptions and downloads in the dashboard."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from lists_rows import Shop
from portico.catalog import downloads
from portico.catalog.models import FileState
from portico.catalog.tables import file_versions, files
from portico.customers import service as customers
from portico.events import service as events
from portico.hooks.checkout import SubscriptionReport
from portico.hooks.markers import hookimpl
from portico.hooks.plugin import Plugin
from portico.hooks.subscriptions import SubscriptionHooks
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import CancellationMode, SubscriptionStatus
from portico.testing import factories

SUBSCRIPTIONS = "/dashboard/shop/subscriptions"
DOWNLOADS = "/dashboard/shop/downloads"


def report(one, **changes):
    fields = {name: getattr(one, name) for name in SubscriptionReport.__dataclass_fields__
              if hasattr(one, name)}  # fmt: skip
    return replace(SubscriptionReport(**fields), **changes)


class Provider(Plugin, SubscriptionHooks):
    """Does what it is asked to."""

    name, title = "test_provider", "Provider"

    @hookimpl
    async def cancel_subscription(self, ctx, request):
        one = request.subscription
        if request.cancellation.cancel_mode is CancellationMode.IMMEDIATELY:
            ended = {"canceled_at": ctx.now(), "ended_at": ctx.now()}
            return report(one, status=SubscriptionStatus.CANCELED, **ended)
        return report(one, cancel_at=one.current_period_end, canceled_at=ctx.now())

    @hookimpl
    async def resume_subscription(self, ctx, request):
        return report(request.subscription, cancel_at=None, canceled_at=None)


@pytest.fixture
def portico_plugins(mails):
    return (mails, Provider())


@pytest_asyncio.fixture
async def shop(runtime, store):
    return Shop(runtime, store)


@pytest_asyncio.fixture
async def plan(runtime, store):
    return await factories.make_product(runtime, store, name="Plan")


async def actions(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [entry.action for entry in log if entry.actor_type == "seller"]


async def test_a_seller_cancels_undoes_it_and_ends_it_at_once(owner, shop, plan, runtime, store):
    end = runtime.clock.now() + timedelta(days=20)
    one = await shop.subscription("ada@example.com", plan, current_period_end=end)
    page = f"{SUBSCRIPTIONS}/{one.id}"
    assert "At the end of the period" in await owner.get(f"{page}/cancel")
    await owner.send(f"{page}/cancel", mode="some day")
    assert owner.status == 400
    await owner.send(f"{page}/cancel", mode="at_period_end")
    assert "Ends on" in await owner.follow()
    await owner.send(f"{page}/resume")
    assert "Next charge on" in await owner.follow()
    assert "The cancellation was undone" in owner.body
    await owner.get(f"{page}/cancel")
    await owner.send(f"{page}/cancel", mode="immediately")
    assert "Ended on" in await owner.follow() and "Cancelled at once" in owner.body
    now = await subscriptions.get(runtime, store.id, one.id)
    assert now.status is SubscriptionStatus.CANCELED
    assert sorted(await actions(runtime, store)) == [
        "subscription.cancel", "subscription.cancel", "subscription.resume",
    ]  # fmt: skip


async def test_subscriptions_are_found_and_narrowed(owner, shop, plan, runtime):
    ada = await shop.subscription("ada@example.com", plan)
    due = await shop.subscription("bob@example.com", plan, status=SubscriptionStatus.PAST_DUE)
    order = await shop.order("bob@example.com", plan)
    await shop.card(order, "4711")

    async def seen(query):
        body = await owner.get(f"{SUBSCRIPTIONS}?{query}")
        return [one for one in (ada, due) if one.id in body]

    assert await seen("") == [ada, due]
    assert await seen("state=past_due") == [due]
    assert await seen(f"product={plan.id}&state=active") == [ada]
    assert await seen("q=4711") == [due]
    assert await seen("q=ada") == [ada]
    assert await seen(f"q={due.number}") == [due]
    text = await owner.get(f"{SUBSCRIPTIONS}/export?state=past_due")
    assert "bob@example.com" in text and "ada@example.com" not in text


async def test_downloads_say_who_and_how_often(owner, shop, plan, runtime, store):
    common = {"created_at": runtime.clock.now()}
    file = await shop._add(files, "file", product_id=plan.id, name="Manual", position=0,
                           state=FileState.ACTIVE, **common)  # fmt: skip
    versions = [
        await shop._add(
            file_versions,
            "ver",
            file_id=file,
            number=n,
            label=f"v{n}",
            notes="",
            filename="m.pdf",
            content_type="application/pdf",
            size=1,
            sha256="a" * 64,
            storage="s",
            storage_key=f"k{n}",
            **common,
        )
        for n in (1, 2)
    ]  # fmt: skip
    for email, version, times in (("ada@example.com", 0, 2), ("bob@example.com", 1, 1)):
        order = await shop.order(email, plan)
        for i in range(times):
            grant = await downloads.make_grant(runtime, store, order.customer_id, versions[version])
            redeemed = await downloads.redeem_grant(runtime, store, order.customer_id, grant)
            for _ in range(2):  # a range that is fetched anew counts once
                await downloads.record(runtime, store, order.customer_id, redeemed)
            assert i < times
    body = await owner.get(DOWNLOADS)
    assert body.count("ada@example.com") == 2 and body.count("bob@example.com") == 1
    body = await owner.get(f"{DOWNLOADS}/files")
    assert f'product={versions[0]}">2<' in body and f'product={versions[1]}">1<' in body
    body = await owner.get(f"{DOWNLOADS}?product={versions[1]}")
    assert "ada@example.com" not in body and "Manual v2" in body
    assert "bob@example.com" not in await owner.get(f"{DOWNLOADS}?q=ada")
    assert (await owner.get(f"{DOWNLOADS}/export")).count("ada@example.com") == 2


async def test_another_stores_subscription_is_not_there(owner, runtime, shop):
    other = await factories.make_store(runtime, slug="other")
    product = await factories.make_product(runtime, other)
    theirs = await Shop(runtime, other).subscription("ada@example.com", product)
    for path in ("", "/cancel"):
        await owner.get(f"{SUBSCRIPTIONS}/{theirs.id}{path}")
        assert owner.status == 404, path
    for path, fields in (("cancel", {"mode": "immediately"}), ("resume", {})):
        await owner.get(SUBSCRIPTIONS)
        await owner.send(f"{SUBSCRIPTIONS}/{theirs.id}/{path}", **fields)
        assert owner.status == 404, path
    assert await customers.by_email(runtime, other.id, "ada@example.com") is not None
