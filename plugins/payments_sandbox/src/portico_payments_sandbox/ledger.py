"""Writing the provider's records, and telling core that they changed."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from portico.api import Context, DisputeState, PaymentState, Refused, new_id

from portico_payments_sandbox import queries
from portico_payments_sandbox.cards import BRAND, Card
from portico_payments_sandbox.models import (
    Checkout,
    Method,
    SandboxDispute,
    SandboxPayment,
    SandboxRefund,
    SandboxSubscription,
)


def row(record: Any) -> dict[str, Any]:
    """A record as the parameters of its INSERT."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


async def tell(ctx: Context, kind: str, ref: str, what: str) -> None:
    """Note an event and give core its hint; call it in the transaction of the change."""
    event_id = new_id("sbe")
    await ctx.db.run(
        queries.ADD_EVENT,
        id=event_id,
        store_id=ctx.require_store().id,
        type=f"{kind}.{what}",
        kind=kind,
        ref=ref,
        created_at=ctx.now(),
    )
    await ctx.events.hint(kind, ref, key=event_id)


async def keep_card(ctx: Context, customer: str, card: Card) -> Method:
    """Keep a card, once; it becomes the one that is charged when the checkout is complete."""
    known = await ctx.db.one(
        queries.SAME_CARD,
        store_id=ctx.require_store().id,
        customer=customer,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        behaviour=card.behaviour,
    )
    if known is not None:
        return known
    method = Method(
        id=new_id("sbm"),
        store_id=ctx.require_store().id,
        customer=customer,
        brand=BRAND,
        last4=card.last4,
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        behaviour=card.behaviour,
        is_default=False,
        detached_at=None,
        created_at=ctx.now(),
    )
    await ctx.db.run(queries.ADD_METHOD, **row(method))
    return method


async def get_checkout(ctx: Context, checkout_id: str) -> Checkout | None:
    """A checkout of the store."""
    return await ctx.db.one(queries.CHECKOUT, store_id=ctx.require_store().id, id=checkout_id)


async def get_method(ctx: Context, method_id: str) -> Method | None:
    """A card of the store."""
    return await ctx.db.one(queries.METHOD, store_id=ctx.require_store().id, id=method_id)


async def get_payment(ctx: Context, payment_id: str) -> SandboxPayment | None:
    """A payment of the store."""
    return await ctx.db.one(queries.PAYMENT, store_id=ctx.require_store().id, id=payment_id)


async def get_subscription(ctx: Context, subscription_id: str) -> SandboxSubscription | None:
    """A subscription of the store."""
    return await ctx.db.one(
        queries.SUBSCRIPTION, store_id=ctx.require_store().id, id=subscription_id
    )


async def lock_subscription(ctx: Context, subscription_id: str) -> SandboxSubscription | None:
    """The same, and nobody else changes it until the transaction ends."""
    return await ctx.db.one(
        queries.LOCK_SUBSCRIPTION, store_id=ctx.require_store().id, id=subscription_id
    )


async def save_subscription(ctx: Context, changed: SandboxSubscription) -> None:
    """Write what may change of a subscription."""
    await ctx.db.run(
        queries.CHANGE_SUBSCRIPTION,
        store_id=changed.store_id,
        the_id=changed.id,
        new_method=changed.method,
        new_status=changed.status,
        new_periods=changed.periods,
        new_current_period_start=changed.current_period_start,
        new_current_period_end=changed.current_period_end,
        new_cancel_at=changed.cancel_at,
        new_canceled_at=changed.canceled_at,
        new_ended_at=changed.ended_at,
        new_next_attempt_at=changed.next_attempt_at,
        new_attempts=changed.attempts,
        new_open_payment=changed.open_payment,
        new_fail_next=changed.fail_next,
        new_description=changed.description,
        new_amount=changed.amount,
        new_quantity=changed.quantity,
        new_interval=changed.interval,
        new_interval_count=changed.interval_count,
        new_anchor_at=changed.anchor_at,
        new_price=changed.price,
        new_balance=changed.balance,
        new_percent_off=changed.percent_off,
        new_discount_ends_at=changed.discount_ends_at,
        new_paused=changed.paused,
        new_resumes_at=changed.resumes_at,
        new_scheduled=changed.scheduled,
    )


async def save_payment(ctx: Context, changed: SandboxPayment) -> None:
    """Write what may change of a payment."""
    await ctx.db.run(
        queries.CHANGE_PAYMENT,
        store_id=changed.store_id,
        the_id=changed.id,
        new_method=changed.method,
        new_state=changed.state,
        new_failure=changed.failure,
        new_updated_at=changed.updated_at,
    )


async def make_default(ctx: Context, method: Method) -> None:
    """The card that is charged from now on."""
    await ctx.db.run(queries.NO_DEFAULT, store_id=method.store_id, of_customer=method.customer)
    await ctx.db.run(queries.SET_DEFAULT, store_id=method.store_id, the_id=method.id,
                     new_is_default=True)  # fmt: skip


async def give_back(
    ctx: Context, payment_id: str, amount: int, reason: str | None, idempotency_key: str
) -> SandboxRefund:
    """Pay back; with the same key, the same refund. Refused for more than is left."""
    store_id = ctx.require_store().id
    async with ctx.db.transaction():
        payment = await ctx.db.one(queries.LOCK_PAYMENT, store_id=store_id, id=payment_id)
        if payment is None or payment.state is not PaymentState.SUCCEEDED:
            raise Refused("The sandbox has not collected this payment.")
        made = await ctx.db.all(queries.REFUNDS_OF, store_id=store_id, payment=payment_id)
        for one in made:
            if one.idempotency_key == idempotency_key:
                return one
        if not 0 < amount <= payment.amount - sum(one.amount for one in made):
            raise Refused("That is more than what is left to pay back.")
        refund = SandboxRefund(
            id=new_id("sbr"),
            store_id=store_id,
            payment=payment_id,
            idempotency_key=idempotency_key,
            amount=amount,
            currency=payment.currency,
            reason=reason,
            created_at=ctx.now(),
        )
        await ctx.db.run(queries.ADD_REFUND, **row(refund))
        await tell(ctx, "refund", refund.id, "created")
    return refund


async def dispute(ctx: Context, payment_id: str, reason: str) -> SandboxDispute:
    """The customer's bank wants a payment back. Refused where nothing was collected."""
    store_id = ctx.require_store().id
    async with ctx.db.transaction():
        payment = await ctx.db.one(queries.LOCK_PAYMENT, store_id=store_id, id=payment_id)
        if payment is None or payment.state is not PaymentState.SUCCEEDED:
            raise Refused("The sandbox has not collected this payment.")
        made = SandboxDispute(
            new_id("sbd"), store_id, payment_id, DisputeState.OPEN, payment.amount,
            payment.currency, reason, ctx.now(), ctx.now() + timedelta(days=10),
        )  # fmt: skip
        await ctx.db.run(queries.ADD_DISPUTE, **row(made))
        await tell(ctx, "dispute", made.id, "created")
    return made


async def close_dispute(ctx: Context, dispute_id: str, state: DisputeState) -> bool:
    """Who keeps the money; False where there is no such dispute."""
    store_id = ctx.require_store().id
    async with ctx.db.transaction():
        changed = await ctx.db.run(
            queries.CHANGE_DISPUTE, store_id=store_id, the_id=dispute_id, new_state=state
        )
        if changed:
            await tell(ctx, "dispute", dispute_id, "closed")
    return bool(changed)
