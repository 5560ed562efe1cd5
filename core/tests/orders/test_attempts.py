"""What core began at a provider comes to its end, whatever happens to the process."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from portico.api import (
    CancellationMode,
    OrderState,
    PaymentMethodReport,
    PaymentState,
    RefundState,
    Refused,
    SubscriptionStatus,
    UpdateOutcome,
)
from portico.db import Command
from portico.orders import service as orders
from portico.orders.refunds import finish_refund
from portico.subscriptions import methods as payment_methods
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import AttemptState
from portico.subscriptions.tables import subscriptions as subscription_rows
from portico.testing.factories import make_customer

Shop = Any  # the fixture's class; see conftest.py


async def later(shop: Shop, **time: float) -> None:
    """Let time pass, and the worker do what is due then."""
    shop.clock.advance(timedelta(**time))
    await shop.work()


async def payment(shop: Shop, ref: str) -> Any:
    return await orders.payment_by_ref(shop.rt, shop.store.id, "fake", ref)


async def test_a_payment_nobody_came_back_from_is_read_by_the_worker(shop: Shop) -> None:
    ref = await shop.begin()
    shop.fake.truth[ref] = [shop.paid(ref)]
    await later(shop, minutes=4)
    assert await shop.orders() == []
    await later(shop, minutes=1)
    assert [one.state for one in await shop.orders()] == [OrderState.PAID]


async def test_an_open_payment_is_looked_at_less_and_less_and_then_left(shop: Shop) -> None:
    ref = await shop.begin()
    shop.fake.truth[ref] = [shop.paid(ref, state=PaymentState.PENDING)]
    for _ in range(5 * 24):
        await later(shop, hours=1)
    assert 5 < shop.fake.calls.count("read_back") < 15
    shop.fake.calls.clear()
    await later(shop, days=10)
    assert "read_back" not in shop.fake.calls
    await shop.report(shop.paid(ref))
    assert len(await shop.orders()) == 1


async def test_a_kill_before_the_page_was_known_gives_the_payment_up(shop: Shop) -> None:
    shop.fake.dies.add("start")
    with pytest.raises(shop.Killed):
        await shop.begin()
    assert await payment(shop, shop.fake.started[0]) is None
    await later(shop, minutes=5)
    await shop.report(shop.paid(shop.fake.started[0]))
    assert await shop.orders() == []


async def test_a_provider_that_does_not_answer_is_said_to_the_buyer(shop: Shop) -> None:
    shop.fake.fails.add("start")
    with pytest.raises(Refused, match="Nothing was charged"):
        await shop.begin()
    assert await shop.orders() == []


async def test_coming_back_while_the_provider_is_silent_is_no_error(shop: Shop) -> None:
    ref = await shop.begin()
    shop.fake.fails.add("read_back")
    known = await payment(shop, ref)
    order = await orders.finish_checkout(shop.rt, shop.store, known.id)
    assert order.state is OrderState.PENDING
    shop.fake.fails.clear()
    shop.fake.truth[ref] = [shop.paid(ref)]
    order = await orders.finish_checkout(shop.rt, shop.store, known.id)
    assert order.state is OrderState.PAID
    with pytest.raises(LookupError):
        await orders.finish_checkout(shop.rt, shop.store, "pay_unknown")


async def test_a_kill_in_a_refund_pays_back_once(shop: Shop) -> None:
    order = await shop.buy()
    shop.fake.dies.add("refund")
    with pytest.raises(shop.Killed):
        await orders.refund(shop.rt, shop.store, order.id, 500, None, by="seller:sel_1")
    assert (await shop.orders())[0].refunded == 0
    await later(shop, minutes=5)
    (order,) = await shop.orders()
    assert (order.state, order.refunded) == (OrderState.PARTIALLY_REFUNDED, 500)
    assert len(shop.fake.refunds) == 1


async def test_a_webhook_faster_than_a_refunds_answer_makes_no_second_refund(shop: Shop) -> None:
    order = await shop.buy()
    shop.fake.dies.add("refund")
    with pytest.raises(shop.Killed):
        await orders.refund(shop.rt, shop.store, order.id, 500, None, by="seller:sel_1")
    await shop.report(*shop.fake.refunds.values())
    await later(shop, minutes=5)
    (refund,) = await orders.refunds(shop.rt, shop.store.id, order.id)
    assert refund.state is RefundState.SUCCEEDED
    assert (await shop.orders())[0].refunded == 500


async def test_an_answer_that_is_older_than_a_webhook_takes_nothing_back(shop: Shop) -> None:
    order = await shop.buy()
    shop.fake.dies.add("refund")
    with pytest.raises(shop.Killed):
        await orders.refund(shop.rt, shop.store, order.id, 500, None, by="seller:sel_1")
    (begun,) = await orders.refunds(shop.rt, shop.store.id, order.id)
    ((key, report),) = shop.fake.refunds.items()
    await shop.report(report)
    shop.fake.refunds[key] = replace(report, state=RefundState.PENDING)
    assert (await finish_refund(shop.rt, shop.store, begun)).state is RefundState.SUCCEEDED
    (order,) = await shop.orders()
    assert (order.state, order.refunded) == (OrderState.PARTIALLY_REFUNDED, 500)


async def test_a_refund_the_provider_does_not_answer_goes_on_later(shop: Shop) -> None:
    order = await shop.buy()
    shop.fake.fails.add("refund")
    pending = await orders.refund(shop.rt, shop.store, order.id, 2000, None, by="seller:sel_1")
    assert pending.state is RefundState.PENDING
    with pytest.raises(Refused, match="more than what is left"):
        await orders.refund(shop.rt, shop.store, order.id, 1, None, by="seller:sel_1")
    shop.fake.fails.clear()
    await later(shop, minutes=5)
    assert (await shop.orders())[0].state is OrderState.REFUNDED


async def test_an_order_that_is_not_paid_cannot_be_refunded(shop: Shop) -> None:
    known = await payment(shop, await shop.begin())
    with pytest.raises(Refused, match="has not been paid"):
        await orders.refund(shop.rt, shop.store, known.order_id, 1, None, by="seller:sel_1")
    with pytest.raises(LookupError):
        await orders.refund(shop.rt, shop.store, "ord_unknown", 1, None, by="seller:sel_1")


async def test_a_kill_in_a_cancellation_is_carried_out_by_the_worker(shop: Shop) -> None:
    begun = await shop.subscribe()
    shop.fake.subscription = shop.subscribed(cancel_at=shop.clock.now() + timedelta(days=9))
    shop.fake.dies.add("cancel")
    buyer = await shop.customer()
    with pytest.raises(shop.Killed):
        await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)
    assert (await shop.subscription()).cancel_at is None
    await later(shop, minutes=5)
    assert (await shop.subscription()).cancel_at is not None


async def test_an_undone_cancellation_does_not_come_back(shop: Shop) -> None:
    """Killed in the middle, seen through a webhook, undone by the customer: then it stays."""
    begun = await shop.subscribe()
    leaving = shop.subscribed(cancel_at=shop.clock.now() + timedelta(days=9))
    shop.fake.dies.add("cancel")
    buyer = await shop.customer()
    with pytest.raises(shop.Killed):
        await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)
    await shop.report(leaving)
    shop.fake.subscription = shop.subscribed()
    await subscriptions.resume(shop.rt, shop.store, buyer, begun.id)
    shop.fake.calls.clear()
    await later(shop, minutes=5)
    assert "cancel" not in shop.fake.calls
    assert (await shop.subscription()).cancel_at is None


async def test_a_cancellation_without_an_answer_is_noted_and_done_later(shop: Shop) -> None:
    begun = await shop.subscribe()
    shop.fake.fails.add("cancel")
    buyer = await shop.customer()
    with pytest.raises(Refused, match="Your cancellation is noted"):
        await subscriptions.cancel(shop.rt, shop.store, buyer, begun.id)
    shop.fake.fails.clear()
    shop.fake.subscription = shop.subscribed(
        status=SubscriptionStatus.CANCELED, ended_at=shop.clock.now()
    )
    await later(shop, minutes=5)
    assert (await shop.subscription()).status is SubscriptionStatus.CANCELED


async def test_money_that_is_owed_makes_every_cancellation_immediate(shop: Shop) -> None:
    begun = await shop.subscribe()
    await shop.report(shop.subscribed(status=SubscriptionStatus.PAST_DUE))
    shop.fake.subscription = shop.subscribed(
        status=SubscriptionStatus.CANCELED, ended_at=shop.clock.now()
    )
    done = await subscriptions.cancel(
        shop.rt, shop.store, await shop.customer(), begun.id, CancellationMode.AT_PERIOD_END
    )
    assert done.cancel_mode is CancellationMode.IMMEDIATELY


async def test_an_update_nobody_came_back_from_is_finished_by_the_worker(shop: Shop) -> None:
    begun = await shop.subscribe()
    buyer = await shop.customer()
    await payment_methods.start_update(shop.rt, shop.store, buyer, begun.id)
    card = PaymentMethodReport("card_2", "card", "visa", "3155", 1, 2035, is_default=True)
    shop.fake.outcome = UpdateOutcome(True, [card, shop.subscribed(payment_method=card)])
    await later(shop, minutes=5)
    after = await shop.subscription()
    assert after.payment_method_id != begun.payment_method_id
    methods = await payment_methods.methods_of_customer(shop.rt, shop.store.id, buyer.id)
    assert [(one.last4, one.is_default) for one in methods] == [("3155", True), ("4242", False)]


async def test_an_update_that_failed_says_why(shop: Shop) -> None:
    begun = await shop.subscribe()
    buyer = await shop.customer()
    ids: list[str] = []
    await payment_methods.start_update(
        shop.rt, shop.store, buyer, begun.id, lambda one: ids.append(one) or "/back"
    )
    assert shop.fake.outcome is None
    waiting = await payment_methods.finish_update(shop.rt, shop.store, buyer, ids[0])
    assert waiting.state is AttemptState.PENDING
    shop.fake.outcome = UpdateOutcome(False, [], "The card was refused.")
    failed = await payment_methods.finish_update(shop.rt, shop.store, buyer, ids[0])
    assert (failed.state, failed.failure_message) == (AttemptState.FAILED, "The card was refused.")
    again = await payment_methods.finish_update(shop.rt, shop.store, buyer, ids[0])
    assert again == failed


async def test_the_default_that_pays_for_a_subscription_stays(shop: Shop) -> None:
    await shop.subscribe()
    await shop.rt.db.run(Command(sa.update(subscription_rows).values(payment_method_id=None)))
    buyer = await shop.customer()
    (method,) = await payment_methods.methods_of_customer(shop.rt, shop.store.id, buyer.id)
    assert method.is_default
    with pytest.raises(Refused, match="A subscription is paid with this"):
        await payment_methods.remove_method(shop.rt, shop.store, buyer, method.id)


async def test_nobody_cancels_or_updates_what_is_not_theirs(shop: Shop) -> None:
    begun = await shop.subscribe()
    other = await make_customer(shop.rt, shop.store)
    for work in (
        subscriptions.cancel(shop.rt, shop.store, other, begun.id),
        subscriptions.resume(shop.rt, shop.store, other, begun.id),
        payment_methods.start_update(shop.rt, shop.store, other, begun.id),
        payment_methods.remove_method(shop.rt, shop.store, other, begun.payment_method_id),
    ):
        with pytest.raises(LookupError):
            await work
