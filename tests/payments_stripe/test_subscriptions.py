"""Cancelling and undoing, and every state that Stripe has."""

import pytest
from portico.api import CancellationReason, Interval, Refused, SubscriptionStatus
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import CancellationMode

from tests.payments_stripe.shop import Shop


async def cancel(shop: Shop, mode: CancellationMode) -> None:
    await subscriptions.cancel(
        shop.rt, shop.store, await shop.customer(), (await shop.subscription()).id, mode,
        CancellationReason.TOO_EXPENSIVE, "Sorry",
    )  # fmt: skip


@pytest.mark.parametrize("mode", list(CancellationMode))
async def test_reason_and_comment_reach_stripe(shop: Shop, mode: CancellationMode) -> None:
    found = await shop.subscribe()
    await cancel(shop, mode)
    at_stripe = shop.held(found.provider_ref)
    details = at_stripe["cancellation_details"]
    assert (details["feedback"], details["comment"]) == ("too_expensive", "Sorry")
    ended = mode is CancellationMode.IMMEDIATELY
    assert (at_stripe["status"] == "canceled") is ended
    assert at_stripe["cancel_at_period_end"] is not ended


async def test_undone_at_stripe_too(shop: Shop) -> None:
    found = await shop.subscribe()
    await cancel(shop, CancellationMode.AT_PERIOD_END)
    buyer = await shop.customer()
    await subscriptions.resume(shop.rt, shop.store, buyer, found.id)
    assert not shop.held(found.provider_ref)["cancel_at_period_end"]
    assert (await shop.subscription()).cancel_at is None
    # And a second time round, which must not be taken for the first.
    await cancel(shop, CancellationMode.AT_PERIOD_END)
    assert shop.held(found.provider_ref)["cancel_at_period_end"]
    await subscriptions.resume(shop.rt, shop.store, buyer, found.id)
    assert not shop.held(found.provider_ref)["cancel_at_period_end"]


async def test_it_ends_when_its_period_does(shop: Shop) -> None:
    found = await shop.subscribe()
    await cancel(shop, CancellationMode.AT_PERIOD_END)
    await shop.work(days=32)
    await shop.ctx.events.hint("subscription", found.provider_ref or "")
    await shop.work()
    ended = await shop.subscription()
    assert ended.status is SubscriptionStatus.CANCELED
    assert ended.ended_at == found.current_period_end


async def test_a_date_that_the_seller_chose_can_be_taken_back(shop: Shop) -> None:
    found = await shop.subscribe()
    end = int(found.current_period_end.timestamp()) + 86400
    shop.stripe.v1.subscriptions.update(found.provider_ref or "", {"cancel_at": end})
    await shop.ctx.events.hint("subscription", found.provider_ref or "")
    await shop.work()
    leaving = await shop.subscription()
    assert leaving.cancel_at is not None and int(leaving.cancel_at.timestamp()) == end
    await subscriptions.resume(shop.rt, shop.store, await shop.customer(), found.id)
    assert shop.held(found.provider_ref)["cancel_at"] is None


async def test_after_the_last_try_it_is_unpaid_or_ends_as_the_account_says(shop: Shop) -> None:
    from tests.payments_stripe.hosted import FAILS_LATER  # noqa: PLC0415

    shop.server.control("settings", after_retries="unpaid")
    try:
        await shop.buy(await shop.sell(Interval.MONTH, trial_days=3), FAILS_LATER)
        found = await shop.subscription()
        await shop.work(days=40)
        await shop.ctx.events.hint("subscription", found.provider_ref or "")
        await shop.work()
        assert shop.held(found.provider_ref)["status"] == "unpaid"
        assert (await shop.subscription()).status is SubscriptionStatus.UNPAID
    finally:
        shop.server.control("settings", after_retries="canceled")


async def test_a_schedule_of_the_sellers_is_left_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portico_payments_stripe import subscriptions as ours  # noqa: PLC0415

    class Scheduled:
        schedule = "sub_sched_1"

    with pytest.raises(Refused, match="planned changes"):
        ours._check_unscheduled(Scheduled())  # type: ignore[arg-type]
