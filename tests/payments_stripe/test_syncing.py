"""What no event told is found and repaired, once, wherever a worker died."""

from datetime import timedelta
from typing import Any

import pytest
from portico.api import Interval, Mode, OrderState, SubscriptionStatus
from portico_payments_stripe import accounts, differing, polling, syncing
from portico_payments_stripe.models import SyncState

from tests.payments_stripe.shop import Shop


async def sync(shop: Shop) -> Any:
    """Press "Sync now", and let the worker do it."""
    shop.keep_up()
    await syncing.begin(shop.ctx, Mode.TEST)
    await shop.work()
    return await syncing.latest(shop.ctx, Mode.TEST)


async def test_everything_that_was_missed_is_repaired(shop: Shop) -> None:
    await shop.buy()
    refunded = shop.held((await shop.payments())[-1].provider_ref)["payment_intent"]
    subscription = await shop.subscribe()
    shop.stripe.v1.refunds.create({"payment_intent": refunded, "amount": 300})
    shop.stripe.v1.subscriptions.update(
        subscription.provider_ref or "", {"cancel_at_period_end": True}
    )
    await (await shop.open_page()).give()  # and never came back
    done = await sync(shop)
    assert (done.state, done.problem) == (SyncState.DONE, None)
    assert done.finished_at is not None
    states = sorted(order.state for order in await shop.orders())
    assert states == [OrderState.PAID, OrderState.PAID, OrderState.PARTIALLY_REFUNDED]
    assert (await shop.subscription()).cancel_at is not None


async def test_a_second_one_finds_nothing_to_do(shop: Shop) -> None:
    await shop.subscribe()
    await shop.buy()
    await sync(shop)
    again = await sync(shop)
    # Refunds of other stores' payments: whose they are, only reading them back tells.
    refunds = shop.server.control("objects", kind="refund")
    since = again.since.timestamp()
    assert again.repaired == len([one for one in refunds if one["created"] >= since])
    assert again.seen > 0


async def test_renewals_that_nobody_told_of(shop: Shop) -> None:
    await shop.subscribe()
    await shop.work(days=63)
    assert len(await shop.orders()) == 1
    await sync(shop)
    assert [order.total for order in await shop.orders()] == [2000] * 3
    found = await shop.subscription()
    assert found.status is SubscriptionStatus.ACTIVE
    assert found.current_period_end > shop.clock.now()


async def test_it_goes_on_where_a_worker_died(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differing, "PAGE", 2)
    price = await shop.sell(Interval.MONTH)
    for _ in range(5):
        await (await shop.open_page(price)).give()
    begun = await syncing.begin(shop.ctx, Mode.TEST)
    real, pages = syncing._page, 0

    async def dies(*args: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 3:
            raise KeyboardInterrupt
        return await real(*args)

    monkeypatch.setattr(syncing, "_page", dies)
    with pytest.raises(KeyboardInterrupt):
        await syncing.run(shop.ctx, {"id": begun.id})
    stopped = await syncing.latest(shop.ctx, Mode.TEST)
    assert stopped is not None and stopped.state is SyncState.RUNNING and stopped.cursor
    again = await syncing.begin(shop.ctx, Mode.TEST)
    assert again.id == begun.id
    shop.keep_up()
    await shop.work()
    done = await syncing.latest(shop.ctx, Mode.TEST)
    assert done is not None and (done.id, done.state) == (begun.id, SyncState.DONE)
    assert len(await shop.subscriptions()) == 5


async def test_one_that_cannot_go_on_says_why(shop: Shop) -> None:
    shop.server.control("key", key="sk_test_for_a_while", permissions=None)
    await shop.set(test_key="sk_test_for_a_while")
    shop.server.control("revoke", key="sk_test_for_a_while")
    failed = await sync(shop)
    assert failed.state is SyncState.FAILED
    assert "does not know the key" in failed.problem


# Asking for events


async def test_where_stripe_cannot_send_events_they_are_asked_for(shop: Shop) -> None:
    await shop.buy()
    await polling.look(shop.ctx, {})  # notes where events are now
    subscription = await shop.subscribe()
    shop.stripe.v1.subscriptions.cancel(subscription.provider_ref or "")
    shop.keep_up()
    await polling.look(shop.ctx, {})
    await shop.work()
    assert (await shop.subscription()).status is SubscriptionStatus.CANCELED
    account = await accounts.get(shop.ctx, Mode.TEST)
    assert account is not None and account.last_event_at is not None


async def test_a_round_without_news_costs_one_call_and_nothing_else(shop: Shop) -> None:
    await polling.look(shop.ctx, {})
    await polling.look(shop.ctx, {})
    await shop.work()
    shop.server.control("reset-calls")
    await polling.look(shop.ctx, {})
    calls = shop.server.control("calls")
    assert calls["by_path"] == {"GET /v1/events": 1}


async def test_after_a_month_off_the_reconciliation_takes_over(shop: Shop) -> None:
    await polling.look(shop.ctx, {})
    await polling._set(shop.ctx, Mode.TEST, "evt_that_is_no_longer_listed")
    await (await shop.open_page()).give()
    shop.keep_up()
    await polling.look(shop.ctx, {})
    await shop.work()
    assert (await shop.orders())[0].state is OrderState.PAID
    account = await accounts.get(shop.ctx, Mode.TEST)
    assert account is not None and account.reconciled_at is not None
    assert shop.clock.now() - account.reconciled_at < timedelta(hours=1)
