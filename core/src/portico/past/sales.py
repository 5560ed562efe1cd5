"""Subscriptions, orders and refunds of before."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from portico.figures import days
from portico.i18n import N_
from portico.ids import past_id
from portico.orders.listed import listed
from portico.orders.models import OrderState, PaymentState
from portico.past import queries
from portico.past.models import PastOrder, PastRefund, PastSubscription, Taken
from portico.past.people import note
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.subscriptions import counts
from portico.subscriptions.models import SubscriptionStatus

_OWING = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
_TAKEN_IN = "past:"
"""What the idempotency key of a payment begins with that was taken in."""
_NO_PAYMENT = N_("The payment that it pays back is not in Portico.")
_SOLD_HERE = N_("Portico sold this order: what follows from the refund is read from the provider.")
_STATES = {
    PaymentState.SUCCEEDED: OrderState.PAID,
    PaymentState.PENDING: OrderState.PENDING,
    PaymentState.REQUIRES_ACTION: OrderState.PENDING,
    PaymentState.FAILED: OrderState.FAILED,
    PaymentState.CANCELED: OrderState.FAILED,
}


async def add_subscriptions(
    rt: Runtime, store: Store, provider: str, subscriptions: Sequence[PastSubscription]
) -> Taken:
    """Subscriptions in the state they are in now."""
    key = {"store_id": store.id, "provider": provider}
    refs = [one.ref for one in subscriptions]
    async with rt.db.transaction():
        await _lock(rt, store, [one.customer_id for one in subscriptions])
        known = {one.name for one in await rt.db.all(queries.KNOWN_SUBSCRIPTIONS, **key, refs=refs)}
        new = [one for one in subscriptions if one.ref not in known]
        methods = await _methods(rt, key, [one.method_ref for one in new])
        ordered = sorted(new, key=lambda one: one.created_at)
        await rt.db.run_many(
            queries.ADD_SUBSCRIPTION,
            [
                _subscription(key, one, methods.get(one.method_ref or ""), rt.clock.now())
                for one in ordered
            ],
        )
        await counts.added(rt, store, Counter((one.mode, one.status) for one in new))
        await _days_changed(
            rt, store, [(one.mode, at) for one in new for at in (one.created_at, one.ended_at)]
        )
        await note(rt, store, provider, "subscription.import", {"subscriptions": len(new)})
        found = await rt.db.all(queries.KNOWN_SUBSCRIPTIONS, **key, refs=refs)
    return Taken({one.name: one.id for one in found})


def _subscription(
    key: dict[str, str], one: PastSubscription, method_id: str | None, now: datetime
) -> dict[str, object]:
    trial = one.trial_end if one.status is SubscriptionStatus.TRIALING else None
    return {
        **key, "id": past_id("sub", one.created_at), "customer_id": one.customer_id,
        "product_id": one.product_id, "price_id": one.price_id, "description": one.description,
        "mode": one.mode, "provider_ref": one.ref, "status": one.status,
        "currency": one.currency, "amount": one.amount, "quantity": one.quantity,
        "interval": one.interval, "interval_count": one.interval_count,
        "current_period_start": one.current_period_start,
        "current_period_end": one.current_period_end, "trial_end": one.trial_end,
        "cancel_at": one.cancel_at, "canceled_at": one.canceled_at, "ended_at": one.ended_at,
        # Nobody says since when: the period that was not paid began then.
        "past_due_since": one.current_period_start if one.status in _OWING else None,
        "payment_method_id": method_id, "created_at": one.created_at, "updated_at": now,
        "discounted_amount": one.discounted_amount, "discount_ends_at": one.discount_ends_at,
        "paused_from": (trial or one.current_period_end) if one.paused else None,
        "resumes_at": one.resumes_at if one.paused else None,
        "managed_elsewhere": one.managed_elsewhere,
    }  # fmt: skip


async def add_orders(
    rt: Runtime, store: Store, provider: str, orders: Sequence[PastOrder]
) -> Taken:
    """Orders with their payments. Nothing is fulfilled: who has what is derived when asked."""
    key = {"store_id": store.id, "provider": provider}
    async with rt.db.transaction():
        locales = await _lock(rt, store, [one.customer_id for one in orders])
        known = await _payments(rt, key, [one.ref for one in orders])
        new = {one.ref: one for one in orders if one.ref not in known}
        subscriptions = await rt.db.all(
            queries.KNOWN_SUBSCRIPTIONS, **key,
            refs=sorted({one.subscription_ref for one in new.values() if one.subscription_ref}),
        )  # fmt: skip
        links = {one.name: one.id for one in subscriptions}
        methods = await _methods(rt, key, [one.method_ref for one in new.values()])
        ids = {one.ref: past_id("ord", one.created_at) for one in new.values()}
        ordered = sorted(new.values(), key=lambda one: one.created_at)
        await rt.db.run_many(
            queries.ADD_ORDER,
            [
                _order(key, one, ids[one.ref], links.get(one.subscription_ref or ""),
                       locales.get(one.customer_id) or store.locale)
                for one in ordered
            ],
        )  # fmt: skip
        await rt.db.run_many(
            queries.ADD_ITEM, [row for one in ordered for row in _items(store, one, ids[one.ref])]
        )
        await rt.db.run_many(
            queries.ADD_PAYMENT,
            [
                _payment(key, one, ids[one.ref], methods.get(one.method_ref or ""))
                for one in ordered
            ],
        )
        await listed(rt, store, *ids.values())
        await _days_changed(rt, store, [(one.mode, one.paid_at) for one in ordered])
        await note(rt, store, provider, "order.import", _sums(ordered))
    return Taken(ids | {ref: one.order_id for ref, one in known.items()})


def _order(
    key: dict[str, str], one: PastOrder, order_id: str, subscription_id: str | None, locale: str
) -> dict[str, object]:
    return {
        **key, "id": order_id, "customer_id": one.customer_id, "kind": one.kind, "mode": one.mode,
        "state": _STATES[one.state], "currency": one.currency, "total": one.total, "refunded": 0,
        "locale": locale, "subscription_id": subscription_id, "created_at": one.created_at,
        "paid_at": one.paid_at,
    }  # fmt: skip


def _items(store: Store, one: PastOrder, order_id: str) -> list[dict[str, object]]:
    return [
        {
            "store_id": store.id, "id": past_id("itm", one.created_at), "order_id": order_id,
            "product_id": item.product_id, "price_id": item.price_id,
            "description": item.description, "quantity": item.quantity,
            "unit_amount": item.amount // max(item.quantity, 1), "amount": item.amount,
        }
        for item in one.items
    ]  # fmt: skip


def _payment(
    key: dict[str, str], one: PastOrder, order_id: str, method_id: str | None
) -> dict[str, object]:
    return {
        **key, "id": past_id("pay", one.created_at), "order_id": order_id, "mode": one.mode,
        "provider_ref": one.ref, "state": one.state, "amount": one.total,
        "currency": one.currency, "payment_method_id": method_id,
        "failure_message": one.failure_message,
        "idempotency_key": f"{_TAKEN_IN}{key['provider']}:{one.ref}",
        "created_at": one.created_at, "updated_at": one.paid_at or one.created_at,
    }  # fmt: skip


def _sums(orders: Sequence[PastOrder]) -> dict[str, object]:
    paid: Counter[str] = Counter()
    for one in orders:
        if one.state is PaymentState.SUCCEEDED:
            paid[one.currency] += one.total
    return {"orders": len(orders), "paid": dict(paid)}


async def add_refunds(
    rt: Runtime, store: Store, provider: str, refunds: Sequence[PastRefund]
) -> Taken:
    """Refunds, and what they make of their orders."""
    key = {"store_id": store.id, "provider": provider}
    refs = [one.ref for one in refunds]
    async with rt.db.transaction():
        known = {
            one.name: one.id for one in await rt.db.all(queries.KNOWN_REFUNDS, **key, refs=refs)
        }
        paid = await _payments(rt, key, [one.payment_ref for one in refunds])
        refused: dict[str, str] = {}
        rows = []
        for one in refunds:
            payment = paid.get(one.payment_ref)
            if one.ref in known:
                continue
            if payment is None:
                refused[one.ref] = _NO_PAYMENT
            elif not payment.idempotency_key.startswith(_TAKEN_IN):
                refused[one.ref] = _SOLD_HERE
            else:
                rows.append(_refund(key, one, payment))
        await rt.db.run_many(queries.ADD_REFUND, rows)
        changed = sorted({str(row["order_id"]) for row in rows})
        await rt.db.run_many(
            queries.DERIVE_REFUNDED,
            [{"store_id": store.id, "order_id": order_id} for order_id in changed],
        )
        await listed(rt, store, *changed)
        await _days_changed(rt, store, [(one.mode, one.paid_at) for one in paid.values()])
        await note(rt, store, provider, "refund.import", {"refunds": len(rows)})
    return Taken(known | {str(row["provider_ref"]): str(row["id"]) for row in rows}, refused)


def _refund(
    key: dict[str, str], one: PastRefund, payment: queries.KnownPayment
) -> dict[str, object]:
    refund_id = past_id("ref", one.created_at)
    return {
        **key, "id": refund_id, "order_id": payment.order_id, "payment_id": payment.id,
        "mode": payment.mode, "provider_ref": one.ref, "state": one.state, "amount": one.amount,
        "currency": one.currency, "reason": one.reason,
        "idempotency_key": f"{_TAKEN_IN}{key['provider']}:{one.ref}",
        "created_at": one.created_at, "updated_at": one.created_at,
    }  # fmt: skip


async def _lock(rt: Runtime, store: Store, customer_ids: Sequence[str]) -> dict[str, str | None]:
    """Keep these customers' money to ourselves, as every report does; their languages."""
    buyers = await rt.db.all(queries.LOCK_BUYERS, store_id=store.id, ids=sorted(set(customer_ids)))
    return {one.id: one.locale for one in buyers}


async def _days_changed(
    rt: Runtime, store: Store, moments: Sequence[tuple[Mode, datetime | None]]
) -> None:
    """Have figures of days that are over added up again."""
    for mode in sorted({mode for mode, _ in moments}):
        await days.changed(rt, store, mode, *(at for one, at in moments if one is mode))


async def _methods(rt: Runtime, key: dict[str, str], refs: Sequence[str | None]) -> dict[str, str]:
    named = sorted({ref for ref in refs if ref})
    found = await rt.db.all(queries.KNOWN_METHODS, **key, refs=named) if named else []
    return {one.name: one.id for one in found}


async def _payments(
    rt: Runtime, key: dict[str, str], refs: Sequence[str]
) -> dict[str, queries.KnownPayment]:
    found = await rt.db.all(queries.KNOWN_PAYMENTS, **key, refs=sorted(set(refs)))
    return {one.ref: one for one in found}
