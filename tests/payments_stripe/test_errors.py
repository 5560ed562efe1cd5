"""Stripe slow, busy, broken or gone: who waits, who is told what, and what is tried again."""

import asyncio
import contextlib
import time
from typing import Any

import pytest
from portico.api import Mode, OrderState, Refused
from portico.testing.browser import Browser
from portico_payments_stripe import accounts, client, polling
from portico_payments_stripe.client import connected

from tests.payments_stripe.shop import Shop

PAGES = ("", "purchases", "subscriptions", "downloads", "billing", "settings")


@pytest.fixture
def portico_plugins(stripe_server: Any) -> list[Any]:
    from portico_payments_stripe import plugin  # noqa: PLC0415

    return [plugin]


async def test_a_card_that_is_declined_is_said_in_the_readers_language(shop: Shop) -> None:
    browser = Browser(shop.app)
    shop.server.control("fault", kind="error", status=500, times=10)
    await browser.get(f"/p/{shop.store.slug}/buy/{shop.product.slug}?lang=de")
    await browser.send(
        f"/p/{shop.store.slug}/buy/{shop.product.slug}", price_id=shop.price.id, email=shop.buyer
    )
    assert browser.status == 422
    assert all(order.state is OrderState.FAILED for order in await shop.orders())


@pytest.mark.parametrize("kind", ["rate_limit", "error", "cut"])
async def test_work_is_tried_again_until_stripe_is_well(shop: Shop, kind: str) -> None:
    await (await shop.open_page()).give()
    payment = (await shop.payments())[-1]
    await shop.ctx.events.hint("payment", payment.provider_ref or "")
    shop.server.control("fault", kind=kind, times=4)
    await shop.work()
    client.forget_outages()
    await shop.work(minutes=30)
    client.forget_outages()
    await shop.work(minutes=30)
    assert (await shop.orders())[0].state is OrderState.PAID


async def test_no_page_that_is_only_looked_at_asks_stripe(shop: Shop) -> None:
    await shop.subscribe()
    browser = Browser(shop.app)
    await browser.sign_in(await shop.customer())
    shop.server.control("reset-calls")
    one = await shop.subscription()
    for path in (*PAGES, f"subscriptions/{one.id}"):
        await browser.get(f"/p/{shop.store.slug}/{path}")
        assert browser.status == 200, path
    assert shop.server.control("calls")["total"] == 0


async def test_a_stripe_that_is_gone_is_left_alone_for_a_while(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRIES", 0)
    shop.server.control("fault", kind="cut", times=100)
    for _ in range(client.STRIKES):
        with pytest.raises(Exception, match=r"Stripe"):
            await polling.probe(shop.ctx, Mode.TEST)
    shop.server.control("reset-calls")
    begun = time.monotonic()
    for _ in range(20):
        with pytest.raises(Exception, match="does not answer"):
            await polling.probe(shop.ctx, Mode.TEST)
    assert time.monotonic() - begun < 1
    assert shop.server.control("calls")["total"] == 0
    with pytest.raises(Refused):
        await shop.open_page()
    shop.server.control("clear-faults")
    monkeypatch.setattr(client, "PAUSE_SECONDS", 0.0)
    outage = client._OUTAGES[client.api_base() or ""]
    outage.until = 0.0
    await polling.probe(shop.ctx, Mode.TEST)
    assert outage.strikes == 0
    await shop.buy()


async def test_the_portal_says_that_it_shows_what_was_known_last(shop: Shop) -> None:
    await shop.subscribe()
    browser = Browser(shop.app)
    await browser.sign_in(await shop.customer())
    words = "has not answered since"
    assert words not in await browser.get(f"/p/{shop.store.slug}/billing")
    shop.server.control("fault", kind="cut", times=100)
    with pytest.raises(Exception, match="Stripe"):
        async with connected(shop.ctx) as stripe:
            await stripe.v1.events.list_async()
    assert words in await browser.get(f"/p/{shop.store.slug}/billing")
    shop.server.control("clear-faults")
    client.forget_outages()
    await polling.look(shop.ctx, {})
    assert words not in await browser.get(f"/p/{shop.store.slug}/billing")
    account = await accounts.get(shop.ctx, Mode.TEST)
    assert account is not None and account.failing_since is None


async def test_every_call_has_what_it_needs(shop: Shop) -> None:
    """Version and, where it changes something, an idempotency key that is ours."""
    shop.server.control("reset-calls")
    await shop.subscribe()
    log = shop.server.control("calls")["log"]
    posts = [one for one in log if one["method"] == "POST"]
    assert len(posts) >= 3
    assert all((one["idempotency_key"] or "").startswith("portico-") for one in posts)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["postgresql"])  # no wait for Stripe is a matter of it
@pytest.mark.parametrize("fault", ["delay", "rate_limit", "error", "cut"])
async def test_the_overview_is_as_fast_while_stripe_is_not(shop: Shop, fault: str) -> None:
    """Looked at in turns, so that a busy machine slows both alike."""
    found = await shop.subscribe()
    browser = Browser(shop.app)
    await browser.sign_in(await shop.customer())
    well: list[float] = []
    ill: list[float] = []
    for _ in range(6):
        shop.server.control("clear-faults")
        await look(shop, browser, found.provider_ref or "", well)
        shop.server.control("fault", kind=fault, times=100, seconds=5.0)
        await look(shop, browser, found.provider_ref or "", ill)
    shop.server.control("clear-faults")
    assert p99(ill) < 1.5 * p99(well) + 0.01, (p99(ill), p99(well))


async def look(shop: Shop, browser: Browser, subscription: str, took: list[float]) -> None:
    """Thirty looks at the overview, while the worker asks Stripe something all the time."""
    from portico.api import CheckoutHooks, Hint  # noqa: PLC0415

    async def ask() -> None:
        while True:
            with contextlib.suppress(Exception):
                await shop.rt.hooks.owner(
                    shop.store, "payments_stripe", CheckoutHooks.read_back,
                    Hint("subscription", subscription),
                )  # fmt: skip
            await asyncio.sleep(0.05)

    worker = asyncio.create_task(ask())
    try:
        for _ in range(30):
            begun = time.perf_counter()
            await browser.get(f"/p/{shop.store.slug}/")
            took.append(time.perf_counter() - begun)
            assert browser.status == 200
            await asyncio.sleep(0.01)
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


def p99(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.99) - 1]
