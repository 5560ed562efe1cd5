"""The pages a customer changes, pauses and keeps a subscription with; no script runs here."""

import re
from typing import Any

from portico.stores import service as stores
from portico.testing.browser import Browser
from portico.testing.factories import make_customer
from portico_payments_sandbox import billing

Shop = Any  # the fixture's class; see conftest.py


async def signed_in(shop: Shop) -> tuple[Browser, str]:
    """A browser of the buyer's, and where their subscription is."""
    browser = Browser(shop.app)
    await browser.sign_in(await shop.customer())
    running = await shop.subscription()
    return browser, f"/p/{shop.store.slug}/subscriptions/{running.id}"


async def portal(shop: Shop, **settings: Any) -> None:
    await stores.update_portal(shop.rt, shop.store.id, settings, by="test")
    shop.store = await stores.by_id(shop.rt, shop.store.id)


async def test_a_plan_is_changed_in_three_steps(shop: Shop) -> None:
    await portal(shop, subscription_update={"proration_behavior": "always_invoice"})
    running = await shop.subscribe()
    browser, page = await signed_in(shop)
    assert f"{page}/change" not in await browser.get(page)  # there is but one plan
    price = await shop.dearer_plan()
    assert f"{page}/change" in await browser.get(page)
    assert "€50.00 a month" in await browser.get(f"{page}/change")
    await browser.send(f"{page}/change", price_id=running.price_id)
    assert "Choose another one" in browser.body
    await browser.send(f"{page}/change", price_id=price.id)
    confirm = browser.location
    preview = await browser.follow()
    assert "Change and pay €30.00" in preview
    assert re.search(r"Credited.*€20\.00", preview, re.DOTALL)
    assert (await shop.subscription()).price_id == running.price_id
    await browser.send(confirm)
    assert "Your plan is changed" in await browser.follow()
    await browser.send(confirm)
    assert (await shop.subscription()).price_id == price.id
    assert [one.total for one in await shop.orders()] == [3000, 2000]
    assert browser.status == 303


async def test_nobody_sees_or_confirms_anothers_change(shop: Shop) -> None:
    await shop.subscribe()
    price = await shop.dearer_plan()
    browser, page = await signed_in(shop)
    await browser.get(f"{page}/change")
    await browser.send(f"{page}/change", price_id=price.id)
    preview = browser.location
    other = Browser(shop.app)
    await other.sign_in(await make_customer(shop.rt, shop.store))
    await other.get(f"/p/{shop.store.slug}/")
    for path in (page, f"{page}/change", preview, f"{page}/pause"):
        await other.get(path)
        assert other.status == 404, path
    await other.get(f"/p/{shop.store.slug}/settings")
    for path in (f"{page}/change", preview, f"{page}/pause", f"{page}/unpause", f"{page}/offer"):
        await other.send(path, price_id=price.id, months="1")
        assert other.status == 404, path
    assert len(await shop.orders()) == 1


async def test_a_pause_is_offered_shown_and_ended(shop: Shop) -> None:
    await shop.subscribe()
    browser, page = await signed_in(shop)
    assert f"{page}/pause" not in await browser.get(page)
    await portal(shop, subscription_update={"pause_months": 2})
    await browser.get(f"{page}/pause")
    assert "2 months" in browser.body
    await browser.send(f"{page}/pause", months="9")
    assert "cannot be changed" in await browser.follow()
    await browser.send(f"{page}/pause", months="2")
    assert "Paused until" in await browser.follow()
    assert f"{page}/cancel" in browser.body
    await browser.send(f"{page}/unpause")
    assert "Your subscription goes on." in await browser.follow()
    assert "Next charge" in browser.body


async def test_an_offer_comes_before_cancelling_and_stands_in_nobodys_way(shop: Shop) -> None:
    await portal(shop, cancellation={"retention_percent_off": 50, "retention": "Stay a while."})
    await shop.subscribe()
    browser, page = await signed_in(shop)
    offer = await browser.get(f"{page}/cancel")
    assert "Keep it for 50 % less for 3 months?" in offer
    assert "Stay a while." in offer
    assert "You would pay €10.00 a month instead of €20.00" in offer
    assert f"{page}/cancel?offer=no" in offer
    assert "You keep access until" in await browser.get(f"{page}/cancel?offer=no")
    await browser.send(f"{page}/offer")
    assert "You pay €10.00 until" in await browser.follow()
    assert "Keep it for" not in await browser.get(f"{page}/cancel")
    await browser.send(f"{page}/cancel", reason="other")
    assert "Cancelled." in await browser.follow()


async def test_what_a_schedule_decides_is_left_alone(shop: Shop) -> None:
    running = await shop.subscribe()
    await shop.dearer_plan()
    ctx = shop.rt.hooks.context(shop.store, "payments_sandbox")
    assert await billing.schedule(ctx, running.provider_ref)
    await shop.work(minutes=1)
    browser, page = await signed_in(shop)
    text = await browser.get(page)
    assert "follows a schedule" in text
    for path in ("change", "cancel", "pause"):
        assert f"{page}/{path}" not in text
        await browser.get(f"{page}/{path}")
        assert browser.location == page
    await browser.send(f"{page}/cancel")
    assert (await shop.subscription()).cancel_at is None
