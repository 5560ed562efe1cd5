"""Another plan or quantity, a pause, a discount: what each costs, and making it."""

from dataclasses import dataclass, replace
from datetime import datetime

from portico.api import (
    ChangePreview,
    ChangeRequest,
    Context,
    Interval,
    PauseRequest,
    PaymentState,
    Refused,
    RetentionOffer,
    SubscriptionStatus,
)

from portico_payments_sandbox import billing, ledger, queries
from portico_payments_sandbox.models import SandboxChange, SandboxPayment, SandboxSubscription

_UNKNOWN = "The sandbox does not know this subscription."
_NOT_NOW = "This subscription cannot be changed at the moment."
_RUNNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The subscription after the change, and what that costs today."""

    subscription: SandboxSubscription
    credit: int
    due_now: int


def _planned(subscription: SandboxSubscription, request: ChangeRequest, at: datetime) -> _Plan:
    """Stripe's proration (https://docs.stripe.com/billing/subscriptions/prorations): the unused
    rest of the period is credited and the same rest of the new plan is charged, by the second. A
    plan with other periods begins one now. A trial goes on and costs nothing."""
    price, behavior = request.price, request.change.proration_behavior
    quantity = request.change.quantity or subscription.quantity
    same_period = (price.interval, price.interval_count) == (
        subscription.interval, subscription.interval_count,
    )  # fmt: skip
    new = replace(
        subscription,
        price=price.id,
        amount=price.unit_amount * quantity,
        quantity=quantity,
        interval=price.interval or Interval.MONTH,
        interval_count=price.interval_count,
    )
    if subscription.status is SubscriptionStatus.TRIALING:
        return _Plan(new, 0, 0)
    left = _share_left(subscription, at) if behavior != "none" else 0.0
    credit = round(billing.discounted(subscription, at) * left)
    if not same_period:
        new = _from_now(new, at)
        return _due(new, credit, billing.discounted(new, at))
    charge = round(billing.discounted(new, at) * left)
    if behavior == "always_invoice":
        return _due(new, credit, charge)
    return _Plan(replace(new, balance=new.balance + charge - credit), credit, 0)


def _due(subscription: SandboxSubscription, credit: int, charge: int) -> _Plan:
    """What is charged at once; what is left of the credit goes to the next invoices."""
    due = charge - credit + subscription.balance
    return _Plan(replace(subscription, balance=min(due, 0)), credit, max(due, 0))


def _share_left(subscription: SandboxSubscription, at: datetime) -> float:
    start, end = subscription.current_period_start, subscription.current_period_end
    return max((end - at) / (end - start), 0.0) if end > start else 0.0


def _from_now(subscription: SandboxSubscription, at: datetime) -> SandboxSubscription:
    end = billing.add_intervals(at, subscription.interval, subscription.interval_count)
    return replace(
        subscription, anchor_at=at, periods=1, current_period_start=at, current_period_end=end,
        next_attempt_at=end,
    )  # fmt: skip


async def preview(ctx: Context, request: ChangeRequest) -> ChangePreview:
    """What the change would cost now. Refused where it cannot be made."""
    found = await ledger.get_subscription(ctx, request.subscription.provider_ref or "")
    at = ctx.now()
    planned = _planned(_changeable(found), request, at)
    after = planned.subscription
    next_amount = billing.discounted(after, after.current_period_end) + after.balance
    return ChangePreview(
        planned.due_now, planned.credit, max(next_amount, 0), after.current_period_end, at
    )


async def change(
    ctx: Context, request: ChangeRequest
) -> tuple[SandboxSubscription, SandboxPayment | None]:
    """Make it; the same request again changes nothing. Refused where the card is declined."""
    async with ctx.db.transaction():
        found = await ledger.lock_subscription(ctx, request.subscription.provider_ref or "")
        if found is not None and await _made(ctx, request.change.id):
            return found, await _paid_by(ctx, request.change.id)
        planned = _planned(_changeable(found), request, request.change.prorated_at or ctx.now())
        payment = await _collect(ctx, planned, request.change.id) if planned.due_now else None
        await ledger.save_subscription(ctx, planned.subscription)
        await _note(ctx, request.change.id, planned.subscription)
    return planned.subscription, payment


async def _collect(ctx: Context, planned: _Plan, key: str) -> SandboxPayment:
    method = await ledger.get_method(ctx, planned.subscription.method)
    assert method is not None  # a card is never deleted, only detached
    opened = billing.new_payment(ctx, planned.subscription, planned.due_now, is_change=True)
    payment = billing.charged(ctx, replace(opened, id=_payment_id(key)), method, present=True)
    if payment.state is not PaymentState.SUCCEEDED:
        raise Refused(payment.failure or _NOT_NOW)
    await ctx.db.run(queries.ADD_PAYMENT, **ledger.row(payment))
    await ledger.tell(ctx, "payment", payment.id, payment.state.value)
    return payment


async def pause(ctx: Context, request: PauseRequest) -> SandboxSubscription:
    """Nothing is charged until ``request.change.resumes_at``."""
    async with ctx.db.transaction():
        found = await ledger.lock_subscription(ctx, request.subscription.provider_ref or "")
        if found is not None and await _made(ctx, request.change.id):
            return found
        changed = replace(_changeable(found), paused=True, resumes_at=request.change.resumes_at)
        changed = replace(changed, next_attempt_at=billing.next_attempt(changed))
        await ledger.save_subscription(ctx, changed)
        await _note(ctx, request.change.id, changed)
    return changed


async def unpause(ctx: Context, request: PauseRequest) -> SandboxSubscription:
    """Charge again, from the next period on."""
    async with ctx.db.transaction():
        found = await ledger.lock_subscription(ctx, request.subscription.provider_ref or "")
        if found is None:
            raise Refused(_UNKNOWN)
        if not found.paused or await _made(ctx, request.change.id):
            return found
        changed = replace(
            found, paused=False, resumes_at=None, next_attempt_at=found.current_period_end
        )
        await ledger.save_subscription(ctx, changed)
        await _note(ctx, request.change.id, changed)
    return changed


async def discount(ctx: Context, request: RetentionOffer) -> SandboxSubscription:
    """Take some percent off every invoice of the coming months."""
    async with ctx.db.transaction():
        found = await ledger.lock_subscription(ctx, request.subscription.provider_ref or "")
        if found is not None and await _made(ctx, request.change.id):
            return found
        ends_at = billing.add_intervals(ctx.now(), Interval.MONTH, request.change.months or 1)
        changed = replace(
            _changeable(found),
            percent_off=request.change.percent_off or 0,
            discount_ends_at=ends_at,
        )
        await ledger.save_subscription(ctx, changed)
        await _note(ctx, request.change.id, changed)
    return changed


def _changeable(found: SandboxSubscription | None) -> SandboxSubscription:
    if found is None:
        raise Refused(_UNKNOWN)
    leaving = found.cancel_at is not None or found.status not in _RUNNING
    if leaving or found.paused or found.scheduled:
        raise Refused(_NOT_NOW)
    return found


def _payment_id(key: str) -> str:
    return f"sbp_{key}"


async def _paid_by(ctx: Context, key: str) -> SandboxPayment | None:
    return await ledger.get_payment(ctx, _payment_id(key))


async def _made(ctx: Context, key: str) -> bool:
    store_id = ctx.require_store().id
    return await ctx.db.one(queries.CHANGE, store_id=store_id, id=key) is not None


async def _note(ctx: Context, key: str, changed: SandboxSubscription) -> None:
    made = SandboxChange(key, changed.store_id, changed.id, ctx.now())
    await ctx.db.run(queries.ADD_CHANGE, **ledger.row(made))
    await ledger.tell(ctx, "subscription", changed.id, "updated")
