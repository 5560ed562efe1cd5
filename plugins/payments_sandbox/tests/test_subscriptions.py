"""Renewals, failures, new cards, cancellations and refunds, through core's services."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from portico.api import (
    CancellationMode,
    Interval,
    OrderKind,
    OrderState,
    Refused,
    SubscriptionStatus,
)
from portico.orders import service as orders
from portico.subscriptions import methods as payment_methods
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import AttemptState
from portico_payments_sandbox import queries
from portico_payments_sandbox.billing import add_intervals

Shop = Any  # the fixture's class; see conftest.py
DECLINES = "4000 0000 0000 0002"
ASKS = "4000 0025 0000 3155"
FAILS_LATER = "4000 0000 0000 0341"
GOOD = "4242 4242 4242 4242"


async def give_card(shop: Shop, card: str, subscription_id: str | None) -> Any:
    """Give a new card on the hosted page; returns the update as core has it then."""
    buyer = await shop.customer()
    ids: list[str] = []

    def back(update_id: str) -> str:
        ids.append(update_id)
        return f"{shop.rt.settings.base_url}/p/{shop.store.slug}/buy/{shop.product.slug}"

    url = await payment_methods.start_update(shop.rt, shop.store, buyer, subscription_id, back)
    page = type(await shop.open_page())(shop.app)
    await page.get(url)
    await page.card(card, expiry="11 / 35")  # another card than the one it was bought with
    if "Confirm with your bank" in page.html:
        await page.send(step="approve")
    return await payment_methods.finish_update(shop.rt, shop.store, buyer, ids[0])


async def test_a_subscription_renews_at_the_end_of_its_period(shop: Shop) -> None:
    begun = await shop.subscribe()
    assert begun.status is SubscriptionStatus.ACTIVE
    assert begun.current_period_end == add_intervals(shop.clock.now(), Interval.MONTH, 1)
    await shop.work(days=29)
    assert len(await shop.orders()) == 1
    await shop.work(days=1)
    renewed = await shop.subscription()
    assert renewed.current_period_start == begun.current_period_end
    renewal, purchase = await shop.orders()
    assert (renewal.kind, renewal.state) == (OrderKind.RENEWAL, OrderState.PAID)
    assert (renewal.total, renewal.subscription_id) == (2000, begun.id)
    assert purchase.subscription_id == begun.id
    (item,) = await orders.items(shop.rt, shop.store.id, renewal.id)
    assert (item.description, item.amount) == (begun.description, 2000)


def test_the_31st_comes_back_after_february() -> None:
    start = datetime(2027, 1, 31, tzinfo=UTC)
    ends = [add_intervals(start, Interval.MONTH, count).day for count in (1, 2, 3)]
    assert ends == [28, 31, 30]


async def test_a_failed_renewal_is_tried_again_and_in_the_end_given_up(shop: Shop) -> None:
    begun = await shop.subscribe(FAILS_LATER)
    await shop.work(days=30)
    failed = await shop.subscription()
    assert (failed.status, failed.past_due_since) == (
        SubscriptionStatus.PAST_DUE, shop.clock.now(),
    )  # fmt: skip
    assert len(await shop.orders()) == 1
    since = failed.past_due_since
    for days in (2, 5, 7):
        await shop.work(days=days)
        again = await shop.subscription()
        assert (again.status, again.past_due_since) == (SubscriptionStatus.PAST_DUE, since)
    await shop.work(days=7)
    ended = await shop.subscription()
    assert (ended.status, ended.ended_at) == (SubscriptionStatus.CANCELED, shop.clock.now())
    assert ended.id == begun.id


@pytest.mark.parametrize("new_card", [GOOD, ASKS])
async def test_a_new_card_pays_what_is_owed(shop: Shop, new_card: str) -> None:
    begun = await shop.subscribe(FAILS_LATER)
    await shop.work(days=30)
    update = await give_card(shop, new_card, begun.id)
    assert update.state is AttemptState.SUCCEEDED
    mended = await shop.subscription()
    assert (mended.status, mended.past_due_since) == (SubscriptionStatus.ACTIVE, None)
    assert mended.payment_method_id == update.payment_method_id
    assert [one.state for one in await shop.orders()] == [OrderState.PAID, OrderState.PAID]
    await shop.work(minutes=5)
    assert len(await shop.orders()) == 2


async def test_a_card_that_asks_makes_a_renewal_wait_for_its_owner(shop: Shop) -> None:
    begun = await shop.subscribe()
    await give_card(shop, ASKS, begun.id)
    await shop.work(days=30)
    assert (await shop.subscription()).status is SubscriptionStatus.PAST_DUE
    await give_card(shop, ASKS, begun.id)
    assert (await shop.subscription()).status is SubscriptionStatus.ACTIVE
    assert len(await shop.orders()) == 2


async def test_a_card_for_all_replaces_every_card(shop: Shop) -> None:
    await shop.subscribe()
    update = await give_card(shop, GOOD, None)
    assert (await shop.subscription()).payment_method_id == update.payment_method_id
    buyer = await shop.customer()
    methods = await payment_methods.methods_of_customer(shop.rt, shop.store.id, buyer.id)
    assert [one.is_default for one in methods] == [True, False]


async def test_a_card_that_is_given_again_is_kept_once(shop: Shop) -> None:
    await shop.subscribe()
    await give_card(shop, GOOD, None)
    update = await give_card(shop, GOOD, None)
    methods = await payment_methods.methods_of_customer(
        shop.rt, shop.store.id, (await shop.customer()).id
    )
    assert len(methods) == 2
    assert next(one.id for one in methods if one.is_default) == update.payment_method_id


async def test_a_declined_card_leaves_the_update_open(shop: Shop) -> None:
    begun = await shop.subscribe()
    update = await give_card(shop, DECLINES, begun.id)
    assert update.state is AttemptState.PENDING
    assert (await shop.subscription()).payment_method_id == begun.payment_method_id


async def test_a_card_in_use_cannot_be_removed_and_another_can(shop: Shop) -> None:
    begun = await shop.subscribe()
    buyer = await shop.customer()
    old = begun.payment_method_id
    with pytest.raises(Refused, match="A subscription is paid with this"):
        await payment_methods.remove_method(shop.rt, shop.store, buyer, old)
    await give_card(shop, GOOD, begun.id)
    await payment_methods.remove_method(shop.rt, shop.store, buyer, old)
    left = await payment_methods.methods_of_customer(shop.rt, shop.store.id, buyer.id)
    assert [one.id for one in left] == [(await shop.subscription()).payment_method_id]
    with pytest.raises(LookupError):
        await payment_methods.remove_method(shop.rt, shop.store, buyer, old)


async def test_cancelling_takes_effect_at_the_periods_end_and_can_be_undone(shop: Shop) -> None:
    begun = await shop.subscribe()
    buyer = await shop.customer()
    done = await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)
    assert (done.state, done.cancel_mode) == (
        AttemptState.SUCCEEDED, CancellationMode.AT_PERIOD_END,
    )  # fmt: skip
    leaving = await shop.subscription()
    assert (leaving.status, leaving.cancel_at) == (
        SubscriptionStatus.ACTIVE, begun.current_period_end,
    )  # fmt: skip
    again = await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)
    assert again.id == done.id
    stays = await subscriptions.resume(shop.rt, shop.store, buyer, begun.id)
    assert stays.cancel_at is None
    await shop.work(days=30)
    assert len(await shop.orders()) == 2


async def test_a_cancelled_subscription_ends_without_another_charge(shop: Shop) -> None:
    begun = await shop.subscribe()
    buyer = await shop.customer()
    await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)
    await shop.work(days=30)
    ended = await shop.subscription()
    assert (ended.status, ended.ended_at) == (
        SubscriptionStatus.CANCELED, begun.current_period_end,
    )  # fmt: skip
    assert len(await shop.orders()) == 1
    with pytest.raises(Refused, match="already ended"):
        await subscriptions.resume(shop.rt, shop.store, buyer, begun.id)
    with pytest.raises(Refused, match="already ended"):
        await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)


async def test_cancelling_while_money_is_owed_ends_it_at_once(shop: Shop) -> None:
    begun = await shop.subscribe(FAILS_LATER)
    await shop.work(days=30)
    buyer = await shop.customer()
    done = await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)
    assert done.cancel_mode is CancellationMode.IMMEDIATELY
    ended = await shop.subscription()
    assert (ended.status, ended.ended_at) == (SubscriptionStatus.CANCELED, shop.clock.now())
    await shop.work(days=10)
    assert len(await shop.orders()) == 1


async def test_money_goes_back_in_parts_and_never_more_than_was_paid(shop: Shop) -> None:
    await shop.buy()
    (order,) = await shop.orders()
    part = await orders.refund(shop.rt, shop.store, order.id, 500, "requested", by="seller:sel_1")
    assert (part.state, part.amount) == ("succeeded", 500)
    (order,) = await shop.orders()
    assert (order.state, order.refunded) == (OrderState.PARTIALLY_REFUNDED, 500)
    with pytest.raises(Refused, match="more than what is left"):
        await orders.refund(shop.rt, shop.store, order.id, 1501, None, by="seller:sel_1")
    await orders.refund(shop.rt, shop.store, order.id, 1500, None, by="seller:sel_1")
    await shop.work(minutes=10)
    (order,) = await shop.orders()
    assert (order.state, order.refunded) == (OrderState.REFUNDED, 2000)
    assert len(await orders.refunds(shop.rt, shop.store.id, order.id)) == 2


async def test_what_happened_shows_in_the_sandboxs_own_log(shop: Shop) -> None:
    begun = await shop.subscribe()
    await shop.work(days=30)
    ctx = shop.rt.hooks.context(shop.store, "payments_sandbox")
    types = [
        one.type for one in await ctx.db.all(queries.LATEST_EVENTS, store_id=shop.store.id, limit=9)
    ]
    assert sorted(types) == ["payment.succeeded", "payment.succeeded", "subscription.updated"]
    assert begun.current_period_end - begun.current_period_start >= timedelta(days=28)
