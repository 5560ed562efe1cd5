"""Payment methods: giving a new one at the provider's page, and removing one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from portico.activation import service as activation
from portico.customers import service as customers
from portico.customers.models import Customer
from portico.events import service as events
from portico.events.models import EventType
from portico.hooks.checkout import Hint, PaymentMethodReport, Report
from portico.hooks.errors import ActionRequired, Refused
from portico.hooks.payment_methods import PaymentMethodHooks, UpdateOutcome, UpdateRequest
from portico.i18n import N_
from portico.ids import new_id
from portico.orders import hints
from portico.orders import queries as order_queries
from portico.orders.reports import apply_reports
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.stores.urls import portal_url
from portico.subscriptions import queries
from portico.subscriptions.models import (
    AttemptState,
    PaymentMethod,
    PaymentMethodUpdate,
    Subscription,
    SubscriptionStatus,
)
from portico.subscriptions.service import own

_ENDED = N_("This subscription has already ended.")
_NO_PROVIDER = N_("This store cannot take a new payment method at the moment.")
_NO_ANSWER = N_("The payment provider did not answer. Nothing has changed; "
                "try again in a few minutes.")  # fmt: skip
_IN_USE = N_("A subscription is paid with this. Give it another payment method first.")
_log = structlog.get_logger("portico.subscriptions")


async def methods_of_customer(rt: Runtime, store_id: str, customer_id: str) -> list[PaymentMethod]:
    """The customer's payment methods that are not removed, the default first."""
    return await rt.db.all(queries.METHODS_OF_CUSTOMER, store_id=store_id, customer_id=customer_id)


async def start_update(
    rt: Runtime,
    store: Store,
    customer: Customer,
    subscription_id: str | None,
    return_url: Callable[[str], str] | None = None,
    *,
    locale: str | None = None,
) -> str:
    """Begin to give a new payment method, for one subscription or (None) for all of them.

    Returns the URL of the provider's page; ``return_url`` makes, of the update's id, where it
    sends the customer back to. LookupError where the customer has no such subscription; Refused
    where it has ended, or the provider refuses or does not answer; the provider's ActionRequired.
    """
    subscription = await _subscription(rt, store, customer, subscription_id)
    provider, mode = await _provider(rt, store, customer, subscription)
    update = await _begin(rt, store, customer, subscription, provider, mode)
    request = _request(rt, store, update, customer, subscription)
    if return_url is not None:
        back = return_url(update.id)
        request = replace(request, return_url=back, cancel_url=back)
    try:
        redirect = await rt.hooks.owner(
            store,
            provider,
            PaymentMethodHooks.start_payment_method_update,
            request,
            locale=locale,
        )
    except Exception as error:
        await _end(rt, store, update, AttemptState.FAILED, None, None)
        if isinstance(error, (Refused, ActionRequired)):
            raise
        _log.warning("update_failed", store=store.id, plugin=provider, exc_info=True)
        raise Refused(_NO_ANSWER) from error
    await rt.db.run(
        queries.NAME_UPDATE,
        store_id=store.id,
        update_id=update.id,
        new_provider_ref=redirect.provider_ref,
        new_updated_at=rt.clock.now(),
    )
    return redirect.url


async def finish_update(
    rt: Runtime, store: Store, customer: Customer, update_id: str
) -> PaymentMethodUpdate:
    """After the customer came back: ask the provider how it went. Repeatable.

    LookupError where the customer has no such update. While the provider does not know yet, or
    does not answer, the update is still pending.
    """
    update = await rt.db.one(queries.UPDATE, store_id=store.id, id=update_id)
    if update is None or update.customer_id != customer.id:
        raise LookupError("there is no such update")
    try:
        return await finish(rt, store, update)
    except Exception:
        _log.warning("update_not_read_back", update=update.id, exc_info=True)
        return update


async def finish(rt: Runtime, store: Store, update: PaymentMethodUpdate) -> PaymentMethodUpdate:
    """Ask the provider how an update went and write it down; raises what the hook raises."""
    if update.state is not AttemptState.PENDING:
        return update
    if update.provider_ref is None:
        # The URL of its page goes out only after its reference is written down.
        return await _end(rt, store, update, AttemptState.CANCELED, None, None)
    customer = await customers.by_id(rt, store.id, update.customer_id)
    assert customer is not None  # a foreign key says so
    subscription = None
    if update.subscription_id is not None:
        subscription = await rt.db.one(
            queries.SUBSCRIPTION, store_id=store.id, id=update.subscription_id
        )
    read_at = rt.clock.now()
    outcome = await rt.hooks.owner(
        store,
        update.provider,
        PaymentMethodHooks.finish_payment_method_update,
        _request(rt, store, update, customer, subscription),
    )
    if outcome is None:
        return update
    return await _record(rt, store, update, outcome, read_at)


async def remove_method(rt: Runtime, store: Store, customer: Customer, method_id: str) -> None:
    """Forget a payment method. LookupError where the customer has none with this id; Refused
    while a subscription is paid with it, or when the provider refuses or does not answer."""
    method = await rt.db.one(
        queries.METHOD_OF_CUSTOMER, store_id=store.id, customer_id=customer.id, id=method_id
    )
    if method is None:
        raise LookupError("there is no such payment method")
    await _check_unused(rt, store, method)
    # If this process dies after the provider has removed it, the worker learns so.
    await hints.put_hint(
        rt,
        store.id,
        method.provider,
        Hint("payment_method", method.provider_ref),
        after=hints.FIRST_LOOK,
    )
    try:
        await rt.hooks.owner(
            store, method.provider, PaymentMethodHooks.remove_payment_method, method
        )
    except (Refused, ActionRequired):
        raise
    except Exception as error:
        _log.warning("removal_failed", method=method.id, exc_info=True)
        raise Refused(_NO_ANSWER) from error
    async with rt.db.transaction():
        removed = await rt.db.run(
            queries.DETACH_METHOD, store_id=store.id, method_id=method.id, now=rt.clock.now()
        )
        if removed:
            await _audit(rt, store, customer.id, "payment_method.remove", method.id)


async def _check_unused(rt: Runtime, store: Store, method: PaymentMethod) -> None:
    using = await rt.db.all(
        queries.LIVE_PAID_WITH,
        store_id=store.id,
        customer_id=method.customer_id,
        method_id=method.id,
        is_default=method.is_default,
        provider=method.provider,
        mode=method.mode,
    )
    if using:
        raise Refused(_IN_USE)


async def _subscription(
    rt: Runtime, store: Store, customer: Customer, subscription_id: str | None
) -> Subscription | None:
    if subscription_id is None:
        return None
    found = await own(rt, store, customer, subscription_id)
    if found.status is SubscriptionStatus.CANCELED:
        raise Refused(_ENDED)
    return found


async def _provider(
    rt: Runtime, store: Store, customer: Customer, subscription: Subscription | None
) -> tuple[str, Mode]:
    """Who keeps the new method: the subscription's provider, else that of a live subscription,
    else the store's own."""
    if subscription is not None:
        return subscription.provider, subscription.mode
    for other in await rt.db.all(queries.OF_CUSTOMER, store_id=store.id, customer_id=customer.id):
        if other.status is not SubscriptionStatus.CANCELED:
            return other.provider, other.mode
    hook = PaymentMethodHooks.start_payment_method_update
    chosen = await activation.chosen(rt, store, hook, setting="payments")
    if chosen is None:
        raise Refused(_NO_PROVIDER)
    return chosen, store.mode


async def _begin(
    rt: Runtime,
    store: Store,
    customer: Customer,
    subscription: Subscription | None,
    provider: str,
    mode: Mode,
) -> PaymentMethodUpdate:
    now = rt.clock.now()
    async with rt.db.transaction():
        if not await activation.hold(rt, store, provider, retiring=True):
            raise Refused(_NO_PROVIDER)
        update = await rt.db.one(
            queries.ADD_UPDATE,
            store_id=store.id,
            id=new_id("pmu"),
            customer_id=customer.id,
            subscription_id=subscription.id if subscription else None,
            mode=mode,
            provider=provider,
            provider_ref=None,
            state=AttemptState.PENDING,
            payment_method_id=None,
            failure_message=None,
            created_at=now,
            updated_at=now,
        )
        assert update is not None  # an insert always returns its row
        await hints.put_attempt(rt, store.id, hints.Attempt.UPDATE, update.id)
    return update


def _request(
    rt: Runtime,
    store: Store,
    update: PaymentMethodUpdate,
    customer: Customer,
    subscription: Subscription | None,
) -> UpdateRequest:
    back = portal_url(rt.settings, store, f"payment-method/return?update={update.id}")
    return UpdateRequest(update, customer, subscription, back, f"{back}&left=1")


async def _record(
    rt: Runtime,
    store: Store,
    update: PaymentMethodUpdate,
    outcome: UpdateOutcome,
    read_at: datetime,
) -> PaymentMethodUpdate:
    await apply_reports(
        rt,
        store,
        update.provider,
        outcome.reports,
        read_at=read_at,
        customer_id=update.customer_id,
        mode=update.mode,
    )
    if not outcome.succeeded:
        state = AttemptState.FAILED if outcome.message else AttemptState.CANCELED
        return await _end(rt, store, update, state, None, outcome.message)
    method_id = await _reported_method(rt, store, update, outcome.reports)
    return await _end(rt, store, update, AttemptState.SUCCEEDED, method_id, None)


async def _reported_method(
    rt: Runtime, store: Store, update: PaymentMethodUpdate, reports: Sequence[Report]
) -> str | None:
    """The method that was given: the one reported as the default, else the last one."""
    given = [one for one in reports if isinstance(one, PaymentMethodReport) and not one.detached]
    given.sort(key=lambda one: one.is_default)
    if not given:
        return None
    method = await rt.db.one(
        queries.METHOD_BY_REF,
        store_id=store.id,
        provider=update.provider,
        provider_ref=given[-1].provider_ref,
    )
    return method.id if method is not None else None


async def _end(
    rt: Runtime,
    store: Store,
    update: PaymentMethodUpdate,
    state: AttemptState,
    method_id: str | None,
    message: str | None,
) -> PaymentMethodUpdate:
    """End the attempt; who comes second finds it ended and tells nobody again."""
    async with rt.db.transaction():
        await rt.db.one(
            order_queries.LOCK_CUSTOMER, store_id=store.id, customer_id=update.customer_id
        )
        ended = await rt.db.one(
            queries.END_UPDATE,
            store_id=store.id,
            update_id=update.id,
            new_state=state,
            new_payment_method_id=method_id,
            new_failure_message=message,
            new_updated_at=rt.clock.now(),
        )
        if ended is None:
            known = await rt.db.one(queries.UPDATE, store_id=store.id, id=update.id)
            return known or update
        if state is AttemptState.SUCCEEDED:
            await events.publish(
                rt,
                store,
                EventType.PAYMENT_METHOD_UPDATED,
                ended.id,
                {
                    "customer_id": ended.customer_id,
                    "subscription_id": ended.subscription_id,
                    "payment_method_id": ended.payment_method_id,
                    "mode": ended.mode.value,
                },
            )
            await _audit(rt, store, ended.customer_id, "payment_method.update", ended.id)
    return ended


async def _audit(rt: Runtime, store: Store, customer_id: str, action: str, subject_id: str) -> None:
    await events.audit(
        rt,
        store_id=store.id,
        actor_type="customer",
        actor_id=customer_id,
        action=action,
        subject_type="payment_method",
        subject_id=subject_id,
    )
