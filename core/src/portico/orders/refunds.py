"""Paying back. What an order has had refunded is always the sum of its refunds."""

from dataclasses import replace

import structlog

from portico.actors import actor
from portico.customers import service as customers
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.events import service as events
from portico.events.models import EventType
from portico.figures import days
from portico.hooks.checkout import CheckoutHooks, RefundReport, RefundRequest
from portico.hooks.errors import ActionRequired, Refused
from portico.i18n import N_
from portico.ids import new_id
from portico.licenses import service as licenses
from portico.orders import hints, queries
from portico.orders.listed import listed
from portico.orders.models import (
    Order,
    OrderState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from portico.runtime import Runtime
from portico.stores.models import Store

_log = structlog.get_logger("portico.orders")


async def refund(
    rt: Runtime, store: Store, order_id: str, amount: int, reason: str | None, *, by: str
) -> Refund:
    """Pay back ``amount`` minor units of an order.

    LookupError where there is no such order; Refused where it is not paid, less is left, or the
    provider refuses. If the provider does not answer, the refund is pending and the worker goes on.
    """
    pending = await _begin(rt, store, order_id, amount, reason, by)
    try:
        return await finish_refund(rt, store, pending)
    except (Refused, ActionRequired):
        await _give_up(rt, store, pending)
        raise
    except Exception:
        _log.warning("refund_continues_later", refund=pending.id, exc_info=True)
        return pending


async def finish_refund(rt: Runtime, store: Store, pending: Refund) -> Refund:
    """Ask the provider to pay back and write down what it says. Repeatable."""
    payment = await rt.db.one(queries.PAYMENT, store_id=store.id, id=pending.payment_id)
    assert payment is not None  # a foreign key says so
    # The idempotency key makes a second call find the first one's refund.
    report = await rt.hooks.owner(
        store, pending.provider, CheckoutHooks.refund_payment, RefundRequest(pending, payment)
    )
    async with rt.db.transaction():
        order = await _order(rt, store, pending.order_id)
        await _lock(rt, store, order)
        # As it is now: a webhook may have been faster, and may know more than this answer.
        current = await rt.db.one(queries.REFUND, store_id=store.id, id=pending.id) or pending
        known = await _by_ref(rt, store, pending.provider, report.provider_ref)
        if known is not None and known.id != pending.id:
            # The webhook's was taken for somebody else's: one refund, one row.
            await _save(rt, store, replace(current, state=RefundState.FAILED))
            current = known
        return await _record(rt, store, order.id, current, report)


async def apply_refund(rt: Runtime, store: Store, provider: str, report: RefundReport) -> None:
    """Write down a refund as its provider has it now, whoever began it.

    Inside the transaction of ``orders.reports``, under the customer's lock.
    """
    payment = await rt.db.one(
        queries.PAYMENT_BY_REF,
        store_id=store.id,
        provider=provider,
        provider_ref=report.payment_ref,
    )
    if payment is None or report.currency.upper() != payment.currency.upper():
        return
    known = await _by_ref(rt, store, provider, report.provider_ref)
    if known is None:
        # Perhaps our own, whose answer has not arrived (a crash, a webhook that was faster).
        known = await rt.db.one(
            queries.UNNAMED_REFUND,
            store_id=store.id,
            payment_id=payment.id,
            amount=report.amount,
        )
    if known is None:
        known = await _add(rt, store, payment, report.amount, report.reason)
    await _record(rt, store, payment.order_id, known, report)


async def _begin(
    rt: Runtime, store: Store, order_id: str, amount: int, reason: str | None, by: str
) -> Refund:
    async with rt.db.transaction():
        order = await _order(rt, store, order_id)
        await _lock(rt, store, order)
        order = await _order(rt, store, order_id)
        payments = await rt.db.all(queries.PAYMENTS_OF_ORDER, store_id=store.id, order_id=order.id)
        payment = next((one for one in payments if one.state is PaymentState.SUCCEEDED), None)
        if payment is None:
            raise Refused(N_("This order has not been paid, so there is nothing to pay back."))
        others = await rt.db.all(queries.REFUNDS_OF_ORDER, store_id=store.id, order_id=order.id)
        under_way = sum(one.amount for one in others if one.state is not RefundState.FAILED)
        if amount <= 0 or amount > order.total - under_way:
            raise Refused(N_("That is more than what is left to pay back."))
        added = await _add(rt, store, payment, amount, reason)
        await hints.put_attempt(rt, store.id, hints.Attempt.REFUND, added.id)
        kind, actor_id = actor(by)
        await events.audit(
            rt,
            store_id=store.id,
            actor_type=kind,
            actor_id=actor_id,
            action="order.refund",
            subject_type="order",
            subject_id=order.id,
            data={"amount": amount, "currency": order.currency, "reason": reason},
            customer_id=order.customer_id,
        )
    return added


async def _give_up(rt: Runtime, store: Store, pending: Refund) -> None:
    async with rt.db.transaction():
        await _lock(rt, store, await _order(rt, store, pending.order_id))
        now = await rt.db.one(queries.REFUND, store_id=store.id, id=pending.id)
        if now is not None and now.state is RefundState.PENDING:
            await _save(rt, store, replace(now, state=RefundState.FAILED))


async def _lock(rt: Runtime, store: Store, order: Order) -> None:
    await rt.db.one(queries.LOCK_CUSTOMER, store_id=store.id, customer_id=order.customer_id)


async def _order(rt: Runtime, store: Store, order_id: str) -> Order:
    order = await rt.db.one(queries.ORDER, store_id=store.id, id=order_id)
    if order is None:
        raise LookupError("there is no such order")
    return order


async def _by_ref(rt: Runtime, store: Store, provider: str, ref: str) -> Refund | None:
    return await rt.db.one(
        queries.REFUND_BY_REF, store_id=store.id, provider=provider, provider_ref=ref
    )


async def _add(
    rt: Runtime, store: Store, payment: Payment, amount: int, reason: str | None
) -> Refund:
    now = rt.clock.now()
    refund_id = new_id("ref")
    added = await rt.db.one(
        queries.ADD_REFUND,
        store_id=store.id,
        id=refund_id,
        order_id=payment.order_id,
        payment_id=payment.id,
        mode=payment.mode,
        provider=payment.provider,
        provider_ref=None,
        state=RefundState.PENDING,
        amount=amount,
        currency=payment.currency,
        reason=reason,
        idempotency_key=refund_id,
        created_at=now,
        updated_at=now,
    )
    assert added is not None  # an insert always returns its row
    return added


async def _save(rt: Runtime, store: Store, changed: Refund) -> None:
    await rt.db.run(
        queries.CHANGE_REFUND,
        store_id=store.id,
        refund_id=changed.id,
        new_provider_ref=changed.provider_ref,
        new_state=changed.state,
        new_amount=changed.amount,
        new_updated_at=rt.clock.now(),
    )


async def _record(
    rt: Runtime, store: Store, order_id: str, known: Refund, report: RefundReport
) -> Refund:
    """Write the refund, and derive the order from its refunds."""
    # Pending never follows what has ended: such a report was read before.
    ended = known.state is not RefundState.PENDING and report.state is RefundState.PENDING
    state = known.state if ended else report.state
    new = replace(known, provider_ref=report.provider_ref, state=state, amount=report.amount)
    if new != known:
        await _save(rt, store, new)
    await _derive(rt, store, await _order(rt, store, order_id))
    return new


async def _derive(rt: Runtime, store: Store, order: Order) -> None:
    if order.state in (OrderState.PENDING, OrderState.FAILED):
        return
    found = await rt.db.all(queries.REFUNDS_OF_ORDER, store_id=store.id, order_id=order.id)
    back = sum(one.amount for one in found if one.state is RefundState.SUCCEEDED)
    if back == order.refunded:
        return
    state = OrderState.PARTIALLY_REFUNDED if back else OrderState.PAID
    if back and back >= order.total:
        state = OrderState.REFUNDED
    new = replace(order, refunded=min(back, order.total), state=state)
    await rt.db.run(
        queries.CHANGE_ORDER,
        store_id=store.id,
        order_id=order.id,
        new_state=new.state,
        new_total=new.total,
        new_refunded=new.refunded,
        new_paid_at=new.paid_at,
    )
    await listed(rt, store, order.id)
    await days.changed(rt, store, new.mode, new.paid_at)
    if new.refunded > order.refunded:
        await _tell(rt, store, order, new)


async def _tell(rt: Runtime, store: Store, old: Order, new: Order) -> None:
    """The mail, the event, and the keys that count no longer when all was paid back."""
    customer = await customers.by_id(rt, store.id, new.customer_id)
    if customer is not None:
        await emails.queue(
            rt,
            store,
            EmailKind.REFUND,
            customer.email,
            params={
                "order_id": new.id,
                "amount": new.refunded - old.refunded,
                "currency": new.currency,
            },
            locale=customer.locale or new.locale,
            customer_id=customer.id,
            order_id=new.id,
            key=f"refund:{new.id}:{new.refunded}",
        )
    await events.publish(
        rt,
        store,
        EventType.ORDER_REFUNDED,
        new.id,
        {
            "number": new.number,
            "customer_id": new.customer_id,
            "amount": new.refunded - old.refunded,
            "refunded": new.refunded,
            "total": new.total,
            "currency": new.currency,
            "mode": new.mode.value,
        },
    )
    if new.state is OrderState.REFUNDED:
        # The license service tells the issuers by way of the outbox.
        for one in await licenses.of_order(rt, store.id, new.id):
            await licenses.disable(rt, store, one.id, by="system")
