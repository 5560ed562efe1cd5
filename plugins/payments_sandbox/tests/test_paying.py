"""Paying on the hosted page."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from portico.api import Interval, Mode, OrderState, PaymentState, Refused, SubscriptionStatus
from portico.orders import service as orders
from portico.stores import service as stores
from portico.testing.factories import make_store

Shop = Any  # the fixture's class; see conftest.py
DECLINES = "4000 0000 0000 0002"
EMPTY = "4000 0000 0000 9995"
ASKS = "4000 0025 0000 3155"


async def test_a_good_card_pays_the_order(shop: Shop) -> None:
    browser = await shop.buy()
    assert browser.status == 200
    assert "Thank you" in browser.html
    (order,) = await shop.orders()
    assert (order.state, order.total, order.mode) == (OrderState.PAID, 2000, Mode.TEST)
    (payment,) = await orders.payments(shop.rt, shop.store.id, order.id)
    assert payment.state is PaymentState.SUCCEEDED


async def test_the_page_says_what_is_paid_and_that_no_money_moves(shop: Shop) -> None:
    page = await shop.open_page()
    assert "no money moves" in page.html
    assert "€20.00" in page.html
    assert shop.product.name in page.html
    assert "<script>" not in page.html and "<style" not in page.html


@pytest.mark.parametrize(
    ("card", "words"), [(DECLINES, "was declined"), (EMPTY, "not enough money")]
)
async def test_a_declined_card_may_be_followed_by_a_good_one(
    shop: Shop, card: str, words: str
) -> None:
    page = await shop.open_page()
    await page.card(card)
    assert (page.status, words in page.html) == (422, True)
    assert await shop.orders() == []
    await page.card("4242424242424242")
    assert "Thank you" in page.html
    assert len(await shop.orders()) == 1


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"number": ""}, "number", "Enter a card number"),
        ({"number": "4242 4242 4242 4241"}, "number", "not a card number"),
        ({"number": "5555 5555 5555 4444"}, "number", "takes test cards only"),
        ({"number": "٤٢٤٢"}, "number", "not a card number"),
        ({"expiry": "13 / 34"}, "expiry", "Enter the month and year"),
        ({"expiry": "soon"}, "expiry", "Enter the month and year"),
        ({"expiry": "10 / 26"}, "expiry", "has expired"),
        ({"cvc": "12"}, "cvc", "three or four digits"),
    ],
)
async def test_what_is_typed_wrong_is_said_at_its_field(
    shop: Shop, fields: dict[str, str], field: str, words: str
) -> None:
    page = await shop.open_page()
    await page.send(**{"number": "4242424242424242", "expiry": "12/34", "cvc": "123"} | fields)
    assert page.status == 422
    assert words in page.html.split(f'id="{field}-error"')[1].split("</p>")[0]
    assert await shop.orders() == []


async def test_a_card_is_good_to_the_end_of_its_month(shop: Shop) -> None:
    page = await shop.open_page()
    await page.card("4242424242424242", expiry="11/26")
    assert "Thank you" in page.html


async def test_a_card_that_asks_is_charged_after_its_owner_approves(shop: Shop) -> None:
    page = await shop.open_page()
    await page.card(ASKS)
    assert "Confirm with your bank" in page.html
    assert await shop.orders() == []
    await page.send(step="approve")
    assert "Thank you" in page.html
    assert [one.state for one in await shop.orders()] == [OrderState.PAID]


async def test_a_confirmation_that_is_declined_leads_back_to_the_card(shop: Shop) -> None:
    page = await shop.open_page()
    await page.card(ASKS)
    await page.send(step="decline")
    assert "was not confirmed" in page.html
    await page.card("4242424242424242")
    assert "Thank you" in page.html


async def test_nobody_can_approve_without_a_card(shop: Shop) -> None:
    page = await shop.open_page()
    await page.send(step="approve")
    assert "/pay/" in page.path
    assert await shop.orders() == []


async def test_going_back_cancels_the_payment(shop: Shop) -> None:
    page = await shop.open_page()
    card_page = page.path
    await page.send(step="cancel")
    assert page.path == f"/p/{shop.store.slug}/buy/{shop.product.slug}"
    await shop.work()
    assert await shop.orders() == []
    await page.get(card_page)
    assert "did not go through" in page.html


async def test_coming_back_twice_pays_once(shop: Shop) -> None:
    page = await shop.open_page()
    card_page = page.path
    await page.card("4242424242424242")
    returned = page.path
    await page.get(returned)
    await page.get(card_page)
    assert page.path == returned
    await shop.work()
    assert len(await shop.orders()) == 1


async def test_a_page_sent_from_two_tabs_charges_once(shop: Shop) -> None:
    slug = await shop.sell(Interval.MONTH)
    page = await shop.open_page(slug)
    other = await shop.open_page(slug)
    await other.get(page.path)
    await asyncio.gather(page.card("4242424242424242"), other.card("4242424242424242"))
    await shop.work()
    assert len(await shop.orders()) == 1
    assert (await shop.subscription()).status is SubscriptionStatus.ACTIVE


async def test_who_pays_and_closes_the_tab_has_paid(shop: Shop) -> None:
    """The worker hears of it from the sandbox, whether or not the browser comes back."""
    page = await shop.open_page()
    token = page.token
    await page._client.post(
        page.path,
        form={"csrf_token": token, "number": "4242424242424242", "expiry": "12/34", "cvc": "123"},
    )
    assert await shop.orders() == []
    await shop.work()
    assert [one.state for one in await shop.orders()] == [OrderState.PAID]


async def test_a_card_page_is_open_for_a_day(shop: Shop) -> None:
    page = await shop.open_page()
    shop.clock.advance(timedelta(hours=24))
    await page.card("4242424242424242")
    assert "did not go through" in page.html
    assert await shop.orders() == []


async def test_a_card_page_of_another_store_is_not_there(shop: Shop) -> None:
    other = await make_store(shop.rt)
    page = await shop.open_page()
    await page.get(page.path.replace(f"/{shop.store.slug}/", f"/{other.slug}/"))
    assert page.status == 404


async def test_a_form_without_its_token_charges_nothing(shop: Shop) -> None:
    page = await shop.open_page()
    answer = await page._client.post(
        page.path, form={"number": "4242424242424242", "expiry": "12/34", "cvc": "123"}
    )
    assert answer.status_code == 400
    await shop.work()
    assert await shop.orders() == []


async def test_the_sandbox_takes_nothing_in_live_mode(shop: Shop) -> None:
    live = await stores.update_settings(shop.rt, shop.store.id, mode=Mode.LIVE, by="test")
    with pytest.raises(Refused, match="cannot take payments"):
        await orders.start_checkout(shop.rt, live, shop.price, "a@example.com", locale="en")


async def test_a_trial_costs_nothing_today(shop: Shop) -> None:
    trial = await shop.subscribe(trial_days=14)
    assert trial.status is SubscriptionStatus.TRIALING
    assert trial.trial_end == trial.current_period_end == shop.clock.now() + timedelta(days=14)
    (order,) = await shop.orders()
    assert (order.total, order.state) == (0, OrderState.PAID)
    await shop.work(days=14)
    paid = await shop.subscription()
    assert paid.status is SubscriptionStatus.ACTIVE
    renewal, _ = await shop.orders()
    assert (renewal.total, renewal.state) == (2000, OrderState.PAID)
