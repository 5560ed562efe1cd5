"""Subscriptions: cancelling and undoing it. Payment methods are in ``subscriptions.methods``."""

from dataclasses import replace

import structlog

from portico.actors import actor
from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.customers.models import Customer
from portico.events import service as events
from portico.hooks.checkout import Hint
from portico.hooks.errors import ActionRequired, Refused
from portico.hooks.subscriptions import CancellationRequest, Resumption, SubscriptionHooks
from portico.i18n import N_
from portico.ids import new_id
from portico.orders import hints
from portico.orders import queries as order_queries
from portico.runtime import Runtime
from portico.stores.models import PortalSettings, Store
from portico.subscriptions import queries, reports
from portico.subscriptions.models import (
    AttemptState,
    Cancellation,
    CancellationMode,
    CancellationReason,
    Subscription,
    SubscriptionStatus,
)
from portico.subscriptions.reports import Batch, is_leaving
from portico.subscriptions.rules import rules_of

_OWING = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID, SubscriptionStatus.INCOMPLETE)
_ENDED = N_("This subscription has already ended.")
_NOT_READY = N_("This subscription is being set up. Try again in a minute.")
_MANAGED = N_("This subscription follows a schedule that was agreed with you. "
              "Write to the store to change or cancel it.")  # fmt: skip
_NO_ANSWER = N_("The payment provider did not answer. Your cancellation is noted: we try again in "
                "a few minutes and mail you when it is done.")  # fmt: skip
_NOT_UNDONE = N_("The payment provider did not answer, so the cancellation stands. "
                 "Try again in a few minutes.")  # fmt: skip
_log = structlog.get_logger("portico.subscriptions")


async def get(rt: Runtime, store_id: str, subscription_id: str) -> Subscription | None:
    """A subscription of the store, whoever's it is."""
    return await rt.db.one(queries.SUBSCRIPTION, store_id=store_id, id=subscription_id)


async def by_id(
    rt: Runtime, store_id: str, customer_id: str, subscription_id: str
) -> Subscription | None:
    """The customer's subscription; None for another's, another store's, or none."""
    return await rt.db.one(
        queries.SUBSCRIPTION_OF_CUSTOMER,
        store_id=store_id,
        customer_id=customer_id,
        id=subscription_id,
    )


async def own(rt: Runtime, store: Store, customer: Customer, subscription_id: str) -> Subscription:
    """The customer's subscription. LookupError for another's, another store's, or none."""
    found = await by_id(rt, store.id, customer.id, subscription_id)
    if found is None:
        raise LookupError("there is no such subscription")
    return found


async def by_ref(
    rt: Runtime, store_id: str, provider: str, provider_ref: str
) -> Subscription | None:
    """The subscription that a provider knows by its own reference."""
    return await rt.db.one(
        queries.SUBSCRIPTION_BY_REF,
        store_id=store_id,
        provider=provider,
        provider_ref=provider_ref,
    )


async def of_customer(rt: Runtime, store_id: str, customer_id: str) -> list[Subscription]:
    """Every subscription of the customer, the newest first."""
    return await rt.db.all(queries.OF_CUSTOMER, store_id=store_id, customer_id=customer_id)


def cancellation_mode(
    store: Store, subscription: Subscription, product: Product | None
) -> CancellationMode:
    """When cancelling takes effect: by the product's or the store's rules, and at once where
    money is owed."""
    if subscription.status in _OWING:
        return CancellationMode.IMMEDIATELY
    return rules_of(store, product).mode


def can_cancel(subscription: Subscription) -> bool:
    """Whether it goes on as things stand."""
    return not is_leaving(subscription) and not subscription.managed_elsewhere


def can_resume(subscription: Subscription) -> bool:
    """Whether it is going to end and has not yet."""
    ended = subscription.status is SubscriptionStatus.CANCELED
    leaving = subscription.cancel_at is not None and not ended
    return leaving and not subscription.managed_elsewhere


async def cancel(
    rt: Runtime,
    store: Store,
    customer: Customer,
    subscription_id: str,
    mode: CancellationMode | None = None,
    reason: CancellationReason | None = None,
    comment: str = "",
    *,
    by: str = "",
) -> Cancellation:
    """Cancel a subscription: at the end of its period or at once, by the store's rules.

    ``by`` is who does it, if not the customer. ``mode`` None leaves that to ``cancellation_mode``,
    which also decides where money is owed. Asked again, the cancellation in force is returned.
    LookupError where the customer has no such subscription; Refused once it has ended, when the
    provider refuses, and when it does not answer (then the worker goes on).
    """
    pending = await _begin(rt, store, customer, subscription_id, mode, reason, comment, by)
    if pending.state is not AttemptState.PENDING:
        return pending
    try:
        return await _cancel_at_provider(rt, store, pending)
    except (Refused, ActionRequired):
        await _end(rt, store, pending, AttemptState.FAILED)
        raise
    except Exception as error:
        _log.warning("cancellation_continues_later", cancellation=pending.id, exc_info=True)
        raise Refused(_NO_ANSWER) from error


async def finish_cancellation(rt: Runtime, store: Store, cancellation_id: str) -> None:
    """See to the end of a cancellation that was begun. Repeatable; raises what the hook raises."""
    pending = await rt.db.one(queries.CANCELLATION, store_id=store.id, id=cancellation_id)
    if pending is None or pending.state is not AttemptState.PENDING:
        return
    try:
        await _cancel_at_provider(rt, store, pending)
    except (Refused, ActionRequired):
        await _end(rt, store, pending, AttemptState.FAILED)
        raise


async def resume(
    rt: Runtime, store: Store, customer: Customer, subscription_id: str, *, by: str = ""
) -> Subscription:
    """Undo a cancellation that has not taken effect; returns the subscription as it is then.

    LookupError where the customer has no such subscription; Refused once it has ended, when the
    provider refuses or does not answer. What is not cancelled is returned as it is.
    """
    subscription = await own(rt, store, customer, subscription_id)
    if subscription.status is SubscriptionStatus.CANCELED:
        raise Refused(_ENDED)
    if subscription.cancel_at is None or subscription.provider_ref is None:
        return subscription
    async with rt.db.transaction():
        # Whatever was still under way to cancel it must not do so after this.
        await rt.db.run(
            queries.DROP_CANCELLATIONS, store_id=store.id, subscription_id=subscription.id
        )
        await hints.put_hint(
            rt,
            store.id,
            subscription.provider,
            Hint("subscription", subscription.provider_ref),
            after=hints.FIRST_LOOK,
        )
        await _audit(rt, store, by or customer, "subscription.resume", subscription, {})
    read_at = rt.clock.now()
    in_force = await _in_force(rt, store, subscription)
    try:
        report = await rt.hooks.owner(
            store,
            subscription.provider,
            SubscriptionHooks.resume_subscription,
            Resumption(in_force, subscription),
        )
    except (Refused, ActionRequired):
        raise
    except Exception as error:
        _log.warning("resumption_failed", subscription=subscription.id, exc_info=True)
        raise Refused(_NOT_UNDONE) from error
    batch = Batch(subscription.provider, read_at, customer.id, subscription.mode)
    async with rt.db.transaction():
        await rt.db.one(order_queries.LOCK_CUSTOMER, store_id=store.id, customer_id=customer.id)
        known = await own(rt, store, customer, subscription_id)
        return await reports.apply_subscription(rt, store, batch, known, report)


async def _in_force(rt: Runtime, store: Store, subscription: Subscription) -> Cancellation:
    """The cancellation to undo; one that was made at the provider is not in our books."""
    known = await rt.db.one(
        queries.LATEST_CANCELLATION, store_id=store.id, subscription_id=subscription.id
    )
    return known or Cancellation(
        store_id=store.id,
        id=new_id("can"),
        subscription_id=subscription.id,
        provider=subscription.provider,
        state=AttemptState.SUCCEEDED,
        cancel_mode=CancellationMode.AT_PERIOD_END,
        reason=None,
        comment="",
        created_at=subscription.canceled_at or rt.clock.now(),
        undone_at=None,
    )


async def _begin(
    rt: Runtime,
    store: Store,
    customer: Customer,
    subscription_id: str,
    mode: CancellationMode | None,
    reason: CancellationReason | None,
    comment: str,
    by: str,
) -> Cancellation:
    """Write the attempt down, or find the one that is in force already."""
    async with rt.db.transaction():
        await rt.db.one(order_queries.LOCK_CUSTOMER, store_id=store.id, customer_id=customer.id)
        subscription = await own(rt, store, customer, subscription_id)
        if subscription.status is SubscriptionStatus.CANCELED:
            raise Refused(_ENDED)
        if subscription.provider_ref is None:
            raise Refused(_NOT_READY)
        if subscription.managed_elsewhere and not by:
            raise Refused(_MANAGED)
        product = await catalog.product_by_id(rt, store.id, subscription.product_id)
        rules = cancellation_mode(store, subscription, product)
        chosen = rules if subscription.status in _OWING else mode or rules
        if is_leaving(subscription) and chosen is CancellationMode.AT_PERIOD_END:
            return await _in_force(rt, store, subscription)
        pending = await rt.db.one(
            queries.ADD_CANCELLATION,
            store_id=store.id,
            id=new_id("can"),
            subscription_id=subscription.id,
            provider=subscription.provider,
            state=AttemptState.PENDING,
            cancel_mode=chosen,
            reason=reason,
            comment=comment.strip(),
            created_at=rt.clock.now(),
            undone_at=None,
        )
        assert pending is not None  # an insert always returns its row
        await hints.put_attempt(rt, store.id, hints.Attempt.CANCELLATION, pending.id)
        data = {"mode": chosen.value, "reason": reason.value if reason else None}
        await _audit(rt, store, by or customer, "subscription.cancel", subscription, data)
    return pending


async def _cancel_at_provider(rt: Runtime, store: Store, pending: Cancellation) -> Cancellation:
    subscription = await get(rt, store.id, pending.subscription_id)
    assert subscription is not None  # a foreign key says so
    read_at = rt.clock.now()
    report = await rt.hooks.owner(
        store,
        pending.provider,
        SubscriptionHooks.cancel_subscription,
        CancellationRequest(
            pending, subscription, PortalSettings.of(store).cancellation.proration_behavior
        ),
    )
    batch = Batch(pending.provider, read_at, subscription.customer_id, subscription.mode)
    async with rt.db.transaction():
        await rt.db.one(
            order_queries.LOCK_CUSTOMER,
            store_id=store.id,
            customer_id=subscription.customer_id,
        )
        known = await get(rt, store.id, subscription.id)
        assert known is not None  # a foreign key says so
        await reports.apply_subscription(rt, store, batch, known, report)
        return await _end(rt, store, pending, AttemptState.SUCCEEDED)


async def _end(
    rt: Runtime, store: Store, pending: Cancellation, state: AttemptState
) -> Cancellation:
    ended = await rt.db.one(
        queries.END_CANCELLATION,
        store_id=store.id,
        cancellation_id=pending.id,
        new_state=state,
    )
    return ended or replace(pending, state=state)


async def _audit(
    rt: Runtime,
    store: Store,
    by: str | Customer,
    action: str,
    subscription: Subscription,
    data: dict[str, str | None],
) -> None:
    actor_type, actor_id = actor(by if isinstance(by, str) else f"customer:{by.id}")
    await events.audit(
        rt,
        store_id=store.id,
        actor_type=actor_type,
        actor_id=actor_id,
        action=action,
        subject_type="subscription",
        subject_id=subscription.id,
        data=data,
    )
