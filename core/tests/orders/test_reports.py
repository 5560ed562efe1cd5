"""What a provider reports becomes state once, whatever the order and however often."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import (
    Mode,
    OrderState,
    PaymentState,
    RefundReport,
    RefundState,
    SubscriptionStatus,
)
from portico.db import Query
from portico.emails.tables import emails
from portico.events.tables import outbox
from portico.orders import service as orders
from portico.orders.reports import next_state

Shop = Any  # the fixture's class; see conftest.py
KINDS = Query(str, sa.select(emails.c.kind).order_by(emails.c.created_at, emails.c.id))
EVENTS = Query(dict, sa.select(outbox.c.payload).where(outbox.c.kind == "event"))


async def mails(shop: Shop) -> list[str]:
    return sorted(await shop.rt.db.all(KINDS))


async def events(shop: Shop) -> list[str]:
    return sorted(one["type"] for one in await shop.rt.db.all(EVENTS))


async def test_the_first_paid_report_pays_the_order_and_mails_once(shop: Shop) -> None:
    ref = await shop.begin()
    for _ in range(3):
        await shop.report(shop.paid(ref))
    (order,) = await shop.orders()
    assert (order.state, order.paid_at) == (OrderState.PAID, shop.clock.now())
    assert await mails(shop) == ["confirmation"]
    assert await events(shop) == ["order.paid"]


async def test_reports_at_the_same_time_issue_once(shop: Shop) -> None:
    ref = await shop.begin()
    await asyncio.gather(*[shop.report(shop.paid(ref)) for _ in range(8)])
    assert len(await shop.orders()) == 1
    assert await events(shop) == ["order.paid"]
    assert await mails(shop) == ["confirmation"]


async def test_the_same_renewal_reported_at_the_same_time_is_one_order(shop: Shop) -> None:
    await shop.subscribe()
    renewal = shop.paid("in_2", subscription_ref="sub_fake")
    await asyncio.gather(*[shop.report(renewal) for _ in range(8)])
    assert [one.kind for one in await shop.orders()] == ["renewal", "purchase"]
    assert (await mails(shop)).count("renewal_receipt") == 1


@pytest.mark.parametrize("late", [PaymentState.PENDING, PaymentState.FAILED, PaymentState.CANCELED])
async def test_an_old_report_changes_nothing_of_a_paid_order(
    shop: Shop, late: PaymentState
) -> None:
    ref = await shop.begin()
    await shop.report(shop.paid(ref), shop.paid(ref, state=late))
    (order,) = await shop.orders()
    assert order.state is OrderState.PAID


async def test_a_failed_payment_may_still_succeed(shop: Shop) -> None:
    ref = await shop.begin()
    await shop.report(shop.paid(ref, state=PaymentState.FAILED, failure_message="Declined."))
    assert await shop.orders() == []
    await shop.report(shop.paid(ref))
    assert [one.state for one in await shop.orders()] == [OrderState.PAID]


def test_paid_is_for_good_in_every_order_of_reports() -> None:
    for states in permutations(PaymentState):
        state = PaymentState.PENDING
        for reported in states:
            state = next_state(state, reported)
        assert state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(
    "wrong",
    [{"amount": 1999}, {"currency": "USD"}, {"mode": Mode.LIVE}],
    ids=["amount", "currency", "mode"],
)
async def test_money_that_does_not_match_is_not_counted_and_a_person_is_told(
    shop: Shop, wrong: dict[str, Any]
) -> None:
    ref = await shop.begin()
    await shop.report(shop.paid(ref, **wrong))
    assert await shop.orders() == []
    (finding,) = await activation.findings(shop.rt, shop.store)
    assert (finding.kind, finding.source) == ("payment_mismatch", "fake")


async def test_a_report_about_the_unknown_is_left_out(shop: Shop) -> None:
    await shop.report(shop.paid("nobody"), shop.subscribed(), shop.paid(await shop.begin()))
    assert len(await shop.orders()) == 1


async def test_a_subscription_begins_with_its_order(shop: Shop) -> None:
    begun = await shop.subscribe()
    (order,) = await shop.orders()
    assert order.subscription_id == begun.id
    assert (begun.provider_ref, begun.amount) == ("sub_fake", 2000)
    assert begun.payment_method_id is not None


async def test_a_failed_renewal_makes_it_past_due_and_mails_once(shop: Shop) -> None:
    await shop.subscribe()
    failed = shop.paid("in_2", subscription_ref="sub_fake", state=PaymentState.FAILED)
    await shop.report(failed, failed)
    since = shop.clock.now()
    shop.clock.advance(timedelta(days=2))
    await shop.report(failed, shop.subscribed(status=SubscriptionStatus.PAST_DUE))
    due = await shop.subscription()
    assert (due.status, due.past_due_since) == (SubscriptionStatus.PAST_DUE, since)
    assert (await mails(shop)).count("payment_failed") == 1
    await shop.report(shop.paid("in_2", subscription_ref="sub_fake"), shop.subscribed())
    paid = await shop.subscription()
    assert (paid.status, paid.past_due_since) == (SubscriptionStatus.ACTIVE, None)


async def test_cancelling_and_undoing_at_the_provider_mails_each_once(shop: Shop) -> None:
    await shop.subscribe()
    leaving = shop.subscribed(cancel_at=shop.clock.now() + timedelta(days=3))
    await shop.report(leaving, leaving)
    await shop.report(shop.subscribed(), shop.subscribed())
    ended = shop.subscribed(status=SubscriptionStatus.CANCELED, ended_at=shop.clock.now())
    await shop.report(ended, ended, shop.subscribed())
    assert (await shop.subscription()).status is SubscriptionStatus.CANCELED
    assert await mails(shop) == [
        "cancellation", "cancellation", "cancellation_undone", "confirmation",
    ]  # fmt: skip


async def test_what_was_read_before_somebody_elses_change_is_read_again(shop: Shop) -> None:
    await shop.subscribe()
    old_truth, read_at = shop.subscribed(status=SubscriptionStatus.PAST_DUE), shop.clock.now()
    shop.clock.advance(timedelta(seconds=5))
    newer = shop.subscribed(current_period_end=shop.clock.now() + timedelta(days=30))
    await shop.report(newer)
    await shop.report(old_truth, read_at=read_at)
    assert (await shop.subscription()).status is SubscriptionStatus.ACTIVE
    shop.clock.advance(timedelta(seconds=5))
    shop.fake.truth["sub_fake"] = [replace(newer, cancel_at=shop.clock.now())]
    await shop.work()
    assert (await shop.subscription()).cancel_at == shop.clock.now()


def refund(shop: Shop, ref: str, payment: str, amount: int, **changes: Any) -> RefundReport:
    fields = {"state": RefundState.SUCCEEDED, "currency": "EUR", "at": shop.clock.now()} | changes
    return RefundReport(provider_ref=ref, payment_ref=payment, amount=amount, **fields)


async def test_what_was_paid_back_is_the_sum_of_the_refunds(shop: Shop) -> None:
    ref = await shop.begin()
    await shop.report(shop.paid(ref))
    first, second = refund(shop, "re_1", ref, 500), refund(shop, "re_2", ref, 1500)
    await shop.report(first, first, replace(first, state=RefundState.PENDING))
    (order,) = await shop.orders()
    assert (order.state, order.refunded) == (OrderState.PARTIALLY_REFUNDED, 500)
    await asyncio.gather(*[shop.report(second, first) for _ in range(4)])
    (order,) = await shop.orders()
    assert (order.state, order.refunded) == (OrderState.REFUNDED, 2000)
    assert (await mails(shop)).count("refund") == 2
    await shop.report(replace(second, state=RefundState.FAILED))
    (order,) = await shop.orders()
    assert (order.state, order.refunded) == (OrderState.PARTIALLY_REFUNDED, 500)
    assert len(await orders.refunds(shop.rt, shop.store.id, order.id)) == 2
