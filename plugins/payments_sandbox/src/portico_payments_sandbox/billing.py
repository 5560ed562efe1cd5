"""Periods, renewals, failures and what is tried again."""

from calendar import monthrange
from dataclasses import replace
from datetime import datetime, timedelta

from portico.api import Context, Interval, PaymentState, SubscriptionStatus, new_id

from portico_payments_sandbox import ledger, queries
from portico_payments_sandbox.cards import DECLINED, NEEDS_CONFIRMATION, charge_error
from portico_payments_sandbox.models import (
    Checkout,
    Method,
    SandboxPayment,
    SandboxSubscription,
)

RETRIES = (timedelta(days=2), timedelta(days=5), timedelta(days=7), timedelta(days=7))
"""How long after each failed charge the next one is tried; after the last it is canceled."""
BATCH = 100
_OWING = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)


def add_intervals(start: datetime, interval: Interval, count: int) -> datetime:
    """``count`` intervals after ``start``; a month without that day ends on its last."""
    if interval is Interval.DAY:
        return start + timedelta(days=count)
    if interval is Interval.WEEK:
        return start + timedelta(weeks=count)
    months = start.month - 1 + (12 * count if interval is Interval.YEAR else count)
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


def begin(ctx: Context, checkout: Checkout, method: Method) -> SandboxSubscription:
    """The subscription that a paid checkout begins."""
    now = ctx.now()
    interval = checkout.interval or Interval.MONTH
    trial_end = now + timedelta(days=checkout.trial_days) if checkout.trial_days else None
    anchor = trial_end or now
    end = trial_end or add_intervals(anchor, interval, checkout.interval_count)
    return SandboxSubscription(
        id=new_id("sbs"),
        store_id=checkout.store_id,
        customer=checkout.customer,
        checkout=checkout.id,
        method=method.id,
        status=SubscriptionStatus.TRIALING if trial_end else SubscriptionStatus.ACTIVE,
        description=checkout.description,
        amount=checkout.period_amount,
        currency=checkout.currency,
        quantity=checkout.quantity,
        interval=interval,
        interval_count=checkout.interval_count,
        anchor_at=anchor,
        periods=0 if trial_end else 1,
        current_period_start=now,
        current_period_end=end,
        trial_end=trial_end,
        cancel_at=None,
        canceled_at=None,
        ended_at=None,
        next_attempt_at=end,
        attempts=0,
        open_payment=None,
        fail_next=False,
        created_at=now,
        price=checkout.price,
    )


async def renew_due(ctx: Context) -> int:
    """Charge what is due now; returns how many subscriptions that were."""
    store_id = ctx.require_store().id
    due = await ctx.db.all(queries.DUE, store_id=store_id, now=ctx.now(), limit=BATCH)
    for subscription_id in due:
        async with ctx.db.transaction():
            subscription = await ledger.lock_subscription(ctx, subscription_id)
            if subscription is not None and _is_due(subscription, ctx.now()):
                await _advance(ctx, subscription)
    return len(due)


async def renew_now(ctx: Context, subscription_id: str) -> bool:
    """Charge the next period (or what is owed) whatever the date; False where it has ended."""
    async with ctx.db.transaction():
        subscription = await ledger.lock_subscription(ctx, subscription_id)
        if subscription is None or subscription.status is SubscriptionStatus.CANCELED:
            return False
        await _advance(ctx, subscription)
    return True


async def fail_next(ctx: Context, subscription_id: str) -> bool:
    """Let the next renewal fail, whatever the card; False where it has ended."""
    async with ctx.db.transaction():
        subscription = await ledger.lock_subscription(ctx, subscription_id)
        if subscription is None or subscription.status is SubscriptionStatus.CANCELED:
            return False
        await ledger.save_subscription(ctx, replace(subscription, fail_next=True))
    return True


async def schedule(ctx: Context, subscription_id: str) -> bool:
    """Put a subscription under a schedule, or end that; returns which."""
    async with ctx.db.transaction():
        found = await ledger.lock_subscription(ctx, subscription_id)
        if found is None:
            return False
        changed = replace(found, scheduled=not found.scheduled)
        await ledger.save_subscription(ctx, changed)
        await ledger.tell(ctx, "subscription", found.id, "updated")
    return changed.scheduled


async def cancel(
    ctx: Context, subscription_id: str, *, at_once: bool
) -> SandboxSubscription | None:
    """Cancel at the period's end, or at once; twice changes nothing. None where there is none."""
    async with ctx.db.transaction():
        found = await ledger.lock_subscription(ctx, subscription_id)
        if found is None or found.status is SubscriptionStatus.CANCELED:
            return found
        if at_once:
            return await end(ctx, found, ctx.now())
        if found.cancel_at is not None:
            return found
        changed = replace(
            found,
            cancel_at=found.current_period_end,
            canceled_at=ctx.now(),
            next_attempt_at=found.current_period_end,
        )
        await ledger.save_subscription(ctx, changed)
        await ledger.tell(ctx, "subscription", found.id, "updated")
    return changed


async def resume(ctx: Context, subscription_id: str) -> SandboxSubscription | None:
    """Undo a cancellation; None where it has ended (or there is none)."""
    async with ctx.db.transaction():
        found = await ledger.lock_subscription(ctx, subscription_id)
        if found is None or found.status is SubscriptionStatus.CANCELED:
            return None
        if found.cancel_at is None:
            return found
        changed = replace(found, cancel_at=None, canceled_at=None)
        await ledger.save_subscription(ctx, changed)
        await ledger.tell(ctx, "subscription", found.id, "updated")
    return changed


async def end(ctx: Context, subscription: SandboxSubscription, at: datetime) -> SandboxSubscription:
    """Nothing is charged any more. Inside a transaction that holds the subscription."""
    ended = replace(
        subscription,
        status=SubscriptionStatus.CANCELED,
        canceled_at=subscription.canceled_at or at,
        ended_at=at,
        next_attempt_at=None,
    )
    await ledger.save_subscription(ctx, ended)
    await ledger.tell(ctx, "subscription", ended.id, "deleted")
    return ended


async def pay_with(
    ctx: Context, subscription_id: str, method: Method
) -> SandboxSubscription | None:
    """Charge a subscription to this card from now on, beginning with what is owed.

    Inside a transaction. The card's owner is there: a confirmation has been given.
    """
    found = await ledger.lock_subscription(ctx, subscription_id)
    if found is None or found.status is SubscriptionStatus.CANCELED:
        return found
    changed = replace(found, method=method.id)
    payment = await ledger.get_payment(ctx, changed.open_payment) if changed.open_payment else None
    if payment is not None:
        payment = charged(ctx, payment, method, present=True)
        await ledger.save_payment(ctx, payment)
        await ledger.tell(ctx, "payment", payment.id, payment.state.value)
        if payment.state is PaymentState.SUCCEEDED:
            changed = _paid(changed)
    await ledger.save_subscription(ctx, changed)
    await ledger.tell(ctx, "subscription", changed.id, "updated")
    return changed


def _is_due(subscription: SandboxSubscription, now: datetime) -> bool:
    at = subscription.next_attempt_at
    return at is not None and at <= now


async def _advance(ctx: Context, subscription: SandboxSubscription) -> None:
    """The period's end, or the next try to collect what is owed."""
    cancel_at = subscription.cancel_at
    if cancel_at is not None:
        await end(ctx, subscription, min(cancel_at, ctx.now()))
        return
    if subscription.paused and subscription.open_payment is None:
        await _pass_by(ctx, subscription)
        return
    method = await ledger.get_method(ctx, subscription.method)
    assert method is not None  # a card is never deleted, only detached
    open_payment = subscription.open_payment
    payment = await ledger.get_payment(ctx, open_payment) if open_payment else None
    if payment is None:
        subscription, payment = _invoice(ctx, _next_period(subscription))
        await ctx.db.run(queries.ADD_PAYMENT, **ledger.row(payment))
    payment = charged(ctx, payment, method, present=False)
    if subscription.fail_next:
        payment = replace(payment, state=PaymentState.FAILED, failure=DECLINED)
    await ledger.save_payment(ctx, payment)
    await ledger.tell(ctx, "payment", payment.id, payment.state.value)
    if payment.state is PaymentState.SUCCEEDED:
        await _settle(ctx, _paid(subscription))
    else:
        await _owe(ctx, subscription, payment)


async def _pass_by(ctx: Context, subscription: SandboxSubscription) -> None:
    """The end of a pause, or a period that begins in one: nothing is charged for it."""
    if next_attempt(subscription) == subscription.resumes_at:
        goes_on = replace(
            subscription, paused=False, resumes_at=None,
            next_attempt_at=subscription.current_period_end,
        )  # fmt: skip
        if _is_due(goes_on, ctx.now()):
            await _advance(ctx, goes_on)
        else:
            await _settle(ctx, goes_on)
        return
    passed = replace(_next_period(subscription), status=SubscriptionStatus.ACTIVE)
    await _settle(ctx, replace(passed, next_attempt_at=next_attempt(passed)))


def next_attempt(subscription: SandboxSubscription) -> datetime:
    """When there is next something to do: a period ends, or before it a pause."""
    period_end, resumes_at = subscription.current_period_end, subscription.resumes_at
    return period_end if resumes_at is None else min(period_end, resumes_at)


async def _settle(ctx: Context, subscription: SandboxSubscription) -> None:
    await ledger.save_subscription(ctx, subscription)
    await ledger.tell(ctx, "subscription", subscription.id, "updated")


async def _owe(ctx: Context, subscription: SandboxSubscription, payment: SandboxPayment) -> None:
    """It was not paid: try again later, or give up."""
    attempts = subscription.attempts + 1
    owing = replace(
        subscription,
        status=SubscriptionStatus.PAST_DUE,
        attempts=attempts,
        open_payment=payment.id,
        fail_next=False,
    )
    if attempts > len(RETRIES):
        await end(ctx, owing, ctx.now())
        return
    await _settle(ctx, replace(owing, next_attempt_at=ctx.now() + RETRIES[attempts - 1]))


def _paid(subscription: SandboxSubscription) -> SandboxSubscription:
    return replace(
        subscription,
        status=SubscriptionStatus.ACTIVE,
        attempts=0,
        open_payment=None,
        fail_next=False,
        next_attempt_at=subscription.current_period_end,
    )


def _next_period(subscription: SandboxSubscription) -> SandboxSubscription:
    """Periods are counted from the anchor, so that the 31st comes back after February."""
    count = (subscription.periods + 1) * subscription.interval_count
    return replace(
        subscription,
        periods=subscription.periods + 1,
        current_period_start=subscription.current_period_end,
        current_period_end=add_intervals(subscription.anchor_at, subscription.interval, count),
    )


def discounted(subscription: SandboxSubscription, at: datetime) -> int:
    """What a period that begins at that moment costs, in minor units."""
    ends_at = subscription.discount_ends_at
    if not subscription.percent_off or (ends_at is not None and ends_at <= at):
        return subscription.amount
    # Half a unit is rounded up, as a price is.
    return (subscription.amount * (100 - subscription.percent_off) + 50) // 100


def _invoice(
    ctx: Context, subscription: SandboxSubscription
) -> tuple[SandboxSubscription, SandboxPayment]:
    """What is due for the period that begins, with what was left over from before."""
    due = discounted(subscription, subscription.current_period_start) + subscription.balance
    payment = new_payment(ctx, subscription, max(due, 0))
    return replace(subscription, balance=min(due, 0)), payment


def new_payment(
    ctx: Context, subscription: SandboxSubscription, amount: int, *, is_change: bool = False
) -> SandboxPayment:
    """A payment for a subscription; it is not kept yet."""
    now = ctx.now()
    return SandboxPayment(
        id=new_id("sbp"),
        store_id=subscription.store_id,
        customer=subscription.customer,
        subscription=subscription.id,
        method=subscription.method,
        state=PaymentState.PENDING,
        amount=amount,
        currency=subscription.currency,
        failure=None,
        created_at=now,
        updated_at=now,
        is_change=is_change,
    )


def charged(
    ctx: Context, payment: SandboxPayment, method: Method, *, present: bool
) -> SandboxPayment:
    """The payment after an attempt to charge the card."""
    now = ctx.now()
    failure = None
    if payment.amount:
        failure = charge_error(
            method.behaviour, method.exp_month, method.exp_year, now, present=present
        )
    state = PaymentState.FAILED if failure else PaymentState.SUCCEEDED
    if failure == NEEDS_CONFIRMATION:
        state = PaymentState.REQUIRES_ACTION
    return replace(payment, method=method.id, state=state, failure=failure, updated_at=now)
