"""The worker's part: asks providers for the truth, and sees to the end of what core began."""

from datetime import datetime, timedelta

import structlog

from portico.events.models import Delivery
from portico.hooks.checkout import Hint
from portico.hooks.dispatch import PluginOff
from portico.hooks.errors import Refused
from portico.orders import queries
from portico.orders.checkout import give_up_checkout, read_truth
from portico.orders.hints import Attempt, next_look
from portico.orders.models import PaymentState, RefundState
from portico.orders.refunds import finish_refund
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store
from portico.subscriptions import changes, methods
from portico.subscriptions import queries as subscription_queries
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import AttemptState

_OPEN = (PaymentState.PENDING, PaymentState.REQUIRES_ACTION)
_log = structlog.get_logger("portico.orders")


async def read_back(rt: Runtime, delivery: Delivery) -> timedelta | None:
    """The worker's handler of hints. Returns when to look again at an attempt that is open.

    What a provider raises reaches the worker, which tries again.
    """
    store = await stores.by_id(rt, delivery.store_id) if delivery.store_id else None
    if store is None:
        return None
    payload = delivery.payload
    try:
        if "attempt" in payload:
            return await _finish(rt, store, Attempt(payload["attempt"]), str(payload["id"]))
        hint = Hint(payload["kind"], payload["provider_ref"], payload.get("event_id", ""))
        await read_truth(rt, store, payload["plugin"], hint)
    except PluginOff:
        # A plugin can only be off where it owns nothing live: there is nothing to learn.
        _log.info("hint_for_plugin_that_is_off", delivery=delivery.id, store=store.id)
    return None


async def _finish(rt: Runtime, store: Store, attempt: Attempt, attempt_id: str) -> timedelta | None:
    match attempt:
        case Attempt.PAYMENT:
            return await _payment(rt, store, attempt_id)
        case Attempt.REFUND:
            return await _refund(rt, store, attempt_id)
        case Attempt.UPDATE:
            return await _update(rt, store, attempt_id)
        case Attempt.CANCELLATION:
            await subscriptions.finish_cancellation(rt, store, attempt_id)
            return None
        case Attempt.CHANGE:
            await changes.finish_change(rt, store, attempt_id)
            return None


def _again(rt: Runtime, since: datetime) -> timedelta | None:
    return next_look(rt.clock.now() - since)


async def _payment(rt: Runtime, store: Store, payment_id: str) -> timedelta | None:
    payment = await rt.db.one(queries.PAYMENT, store_id=store.id, id=payment_id)
    if payment is None or payment.state not in _OPEN:
        return None
    if payment.provider_ref is None:
        # The URL of its page goes out only after its reference is written down.
        await give_up_checkout(rt, store, payment)
        return None
    await read_truth(rt, store, payment.provider, Hint("payment", payment.provider_ref))
    payment = await rt.db.one(queries.PAYMENT, store_id=store.id, id=payment_id)
    if payment is None or payment.state not in _OPEN:
        return None
    return _again(rt, payment.created_at)


async def _refund(rt: Runtime, store: Store, refund_id: str) -> timedelta | None:
    pending = await rt.db.one(queries.REFUND, store_id=store.id, id=refund_id)
    if pending is None or pending.state is not RefundState.PENDING:
        return None
    if pending.provider_ref is not None:
        await read_truth(rt, store, pending.provider, Hint("refund", pending.provider_ref))
    else:
        await finish_refund(rt, store, pending)
    known = await rt.db.one(queries.REFUND, store_id=store.id, id=refund_id)
    if known is None or known.state is not RefundState.PENDING:
        return None
    return _again(rt, known.created_at)


async def _update(rt: Runtime, store: Store, update_id: str) -> timedelta | None:
    update = await rt.db.one(subscription_queries.UPDATE, store_id=store.id, id=update_id)
    if update is None or update.state is not AttemptState.PENDING:
        return None
    try:
        update = await methods.finish(rt, store, update)
    except Refused as error:
        _log.info("update_refused", update=update_id, reason=error.message)
        return None
    return _again(rt, update.created_at) if update.state is AttemptState.PENDING else None
