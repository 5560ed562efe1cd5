"""Changing a subscription's plan or quantity, pausing it, and the discount for who stays.

As everywhere, the attempt is committed before its provider is asked, and the worker sees to the
end of one whose answer did not arrive.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from portico.catalog import service as catalog
from portico.catalog.models import Interval
from portico.customers.models import Customer
from portico.events import service as events
from portico.hooks.changes import (
    ChangeRequest,
    PauseRequest,
    RetentionOffer,
    SubscriptionChangeHooks,
)
from portico.hooks.checkout import Report
from portico.hooks.errors import ActionRequired, Refused
from portico.i18n import N_
from portico.ids import new_id
from portico.orders import hints
from portico.orders import queries as order_queries
from portico.orders.paid import add_interval
from portico.orders.reports import apply_reports
from portico.runtime import Runtime
from portico.stores.models import PortalSettings, Store
from portico.subscriptions import queries
from portico.subscriptions.models import (
    ChangeKind,
    ChangeState,
    Subscription,
    SubscriptionChange,
)
from portico.subscriptions.plans import NOT_NOW, can_change, may_offer, offered, pause_lengths
from portico.subscriptions.service import by_id, own

PREVIEW_LASTS = timedelta(minutes=30)
"""How long the amounts of a preview can be confirmed."""
_BEFORE_A_PERIOD = timedelta(hours=1)
_OLD = N_("What it costs may have changed since. Please look at it again.")
_UNDER_WAY = N_("A change of this subscription is under way. Look again in a few minutes.")
_NO_PREVIEW = N_("The payment provider did not say what it would cost. Nothing has changed; "
                 "try again in a few minutes.")  # fmt: skip
_NO_ANSWER = N_("The payment provider did not answer. We try again in a few minutes; this page "
                "shows what came of it.")  # fmt: skip
_log = structlog.get_logger("portico.subscriptions")


async def of_subscription(
    rt: Runtime, store_id: str, subscription_id: str
) -> list[SubscriptionChange]:
    """The latest attempts to change a subscription, newest first, previews included."""
    return await rt.db.all(queries.CHANGES_OF, store_id=store_id, subscription_id=subscription_id)


async def get(
    rt: Runtime, store: Store, customer: Customer, change_id: str
) -> tuple[Subscription, SubscriptionChange] | None:
    """An attempt of the customer's, with the subscription it is about."""
    change = await rt.db.one(queries.CHANGE, store_id=store.id, change_id=change_id)
    if change is None:
        return None
    subscription = await by_id(rt, store.id, customer.id, change.subscription_id)
    return (subscription, change) if subscription is not None else None


# Another plan


async def preview_change(
    rt: Runtime,
    store: Store,
    customer: Customer,
    subscription_id: str,
    price_id: str,
    quantity: int | None = None,
) -> SubscriptionChange:
    """Ask the provider what a change would cost, and keep the answer for ``confirm_change``.

    ``quantity`` None keeps it. LookupError where the customer has no such subscription; Refused
    where the plan is not offered or the same, or the provider refuses or does not answer.
    """
    subscription = await own(rt, store, customer, subscription_id)
    if not can_change(subscription):
        raise Refused(NOT_NOW)
    wanted = quantity if quantity is not None else subscription.quantity
    price = await offered(rt, store, subscription, price_id, wanted)
    change = replace(
        _new(rt, subscription, ChangeKind.PLAN, ChangeState.PREVIEWED),
        price_id=price.id,
        quantity=wanted,
        proration_behavior=PortalSettings.of(store).subscription_update.proration_behavior,
    )
    try:
        preview = await rt.hooks.owner(
            store,
            subscription.provider,
            SubscriptionChangeHooks.preview_subscription_change,
            ChangeRequest(change, subscription, price),
        )
    except (Refused, ActionRequired):
        raise
    except Exception as error:
        _log.warning("preview_failed", subscription=subscription.id, exc_info=True)
        raise Refused(_NO_PREVIEW) from error
    async with rt.db.transaction():
        await rt.db.run(queries.DROP_PREVIEWS, store_id=store.id, subscription_id=subscription.id)
        return await _add(
            rt,
            replace(
                change,
                due_now=preview.due_now,
                credit=preview.credit,
                next_amount=preview.next_amount,
                next_at=preview.next_at,
                prorated_at=preview.prorated_at,
            ),
        )


async def confirm_change(
    rt: Runtime, store: Store, customer: Customer, change_id: str
) -> SubscriptionChange:
    """Make a change that was previewed. Asked again, what came of it is returned.

    LookupError where the customer has no such change; Refused where the preview is too old or the
    subscription has changed since, when the provider refuses (a card that is declined), and when
    it does not answer (then the worker goes on).
    """
    found = await get(rt, store, customer, change_id)
    if found is None:
        raise LookupError("there is no such change")
    if found[1].state is not ChangeState.PREVIEWED:
        return found[1]
    async with rt.db.transaction():
        await rt.db.one(order_queries.LOCK_CUSTOMER, store_id=store.id, customer_id=customer.id)
        subscription = await own(rt, store, customer, found[1].subscription_id)
        change = found[1]
        too_old = rt.clock.now() - change.created_at > PREVIEW_LASTS
        if too_old or subscription.updated_at > change.created_at:
            raise Refused(_OLD)
        await _check(rt, store, subscription)
        begun = await _move(rt, change, ChangeState.PREVIEWED, ChangeState.PENDING)
        if begun is None:  # another tab was faster
            return change
        await _begun(rt, store, customer, subscription, begun)
    return await _carry_out(rt, store, begun)


# A pause, and what is offered to who wants to cancel


async def pause(
    rt: Runtime, store: Store, customer: Customer, subscription_id: str, months: int
) -> SubscriptionChange:
    """Collect nothing for that many months. Errors as with ``confirm_change``."""
    subscription = await own(rt, store, customer, subscription_id)
    product = await catalog.product_by_id(rt, store.id, subscription.product_id)
    if months not in pause_lengths(store, product, subscription):
        raise Refused(NOT_NOW)
    change = _new(rt, subscription, ChangeKind.PAUSE, ChangeState.PENDING)
    until = pause_ends(subscription, months)
    return await _attempt(rt, store, customer, replace(change, resumes_at=until))


def pause_ends(subscription: Subscription, months: int) -> datetime:
    """When a pause of so many months ends: what was paid for lasts first. It is shortly before
    the period that is paid for again, so that its invoice is made after the pause."""
    return add_interval(subscription.charged_at, Interval.MONTH, months) - _BEFORE_A_PERIOD


async def unpause(
    rt: Runtime, store: Store, customer: Customer, subscription_id: str
) -> SubscriptionChange:
    """End a pause at once; what is not paused is left alone."""
    subscription = await own(rt, store, customer, subscription_id)
    change = _new(rt, subscription, ChangeKind.UNPAUSE, ChangeState.PENDING)
    return await _attempt(rt, store, customer, change)


async def offer_for(rt: Runtime, store: Store, subscription: Subscription) -> bool:
    """Whether the store's discount can be offered now."""
    made = await of_subscription(rt, store.id, subscription.id)
    return may_offer(store, subscription, made, rt.clock.now())


async def accept_offer(
    rt: Runtime, store: Store, customer: Customer, subscription_id: str
) -> SubscriptionChange:
    """Give the store's discount to a customer who stays. Errors as with ``confirm_change``."""
    subscription = await own(rt, store, customer, subscription_id)
    rules = PortalSettings.of(store).cancellation
    change = replace(
        _new(rt, subscription, ChangeKind.RETENTION, ChangeState.PENDING),
        percent_off=rules.retention_percent_off,
        months=rules.retention_months,
    )
    return await _attempt(rt, store, customer, change)


# The attempt


async def finish_change(rt: Runtime, store: Store, change_id: str) -> None:
    """See to the end of a change that was begun. Repeatable; raises what the hook raises."""
    change = await rt.db.one(queries.CHANGE, store_id=store.id, change_id=change_id)
    if change is not None and change.state is ChangeState.PENDING:
        try:
            await _change_at_provider(rt, store, change)
        except (Refused, ActionRequired) as error:
            await _fail(rt, change, error)


async def _attempt(
    rt: Runtime, store: Store, customer: Customer, change: SubscriptionChange
) -> SubscriptionChange:
    """Write the attempt down and carry it out."""
    async with rt.db.transaction():
        await rt.db.one(order_queries.LOCK_CUSTOMER, store_id=store.id, customer_id=customer.id)
        subscription = await own(rt, store, customer, change.subscription_id)
        if change.kind is ChangeKind.UNPAUSE:
            if subscription.paused_from is None:
                return replace(change, state=ChangeState.CANCELED)
            if subscription.managed_elsewhere:
                raise Refused(NOT_NOW)
        else:
            await _check(rt, store, subscription)
        if change.kind is ChangeKind.RETENTION and not await offer_for(rt, store, subscription):
            raise Refused(NOT_NOW)
        begun = await _add(rt, change)
        await _begun(rt, store, customer, subscription, begun)
    return await _carry_out(rt, store, begun)


async def _check(rt: Runtime, store: Store, subscription: Subscription) -> None:
    if not can_change(subscription):
        raise Refused(NOT_NOW)
    made = await of_subscription(rt, store.id, subscription.id)
    if any(one.state is ChangeState.PENDING for one in made):
        raise Refused(_UNDER_WAY)


async def _begun(
    rt: Runtime,
    store: Store,
    customer: Customer,
    subscription: Subscription,
    change: SubscriptionChange,
) -> None:
    await hints.put_attempt(rt, store.id, hints.Attempt.CHANGE, change.id)
    told = ("price_id", "quantity", "due_now", "percent_off", "months")
    data = {name: getattr(change, name) for name in told if getattr(change, name) is not None}
    if change.resumes_at is not None:
        data["resumes_at"] = change.resumes_at.isoformat()
    await events.audit(
        rt,
        store_id=store.id,
        actor_type="customer",
        actor_id=customer.id,
        action=f"subscription.{change.kind}",
        subject_type="subscription",
        subject_id=subscription.id,
        data=data,
        customer_id=customer.id,
    )


async def _carry_out(rt: Runtime, store: Store, change: SubscriptionChange) -> SubscriptionChange:
    try:
        return await _change_at_provider(rt, store, change)
    except (Refused, ActionRequired) as error:
        await _fail(rt, change, error)
        raise
    except Exception as error:
        _log.warning("change_continues_later", change=change.id, exc_info=True)
        raise Refused(_NO_ANSWER) from error


async def _change_at_provider(
    rt: Runtime, store: Store, change: SubscriptionChange
) -> SubscriptionChange:
    subscription = await rt.db.one(
        queries.SUBSCRIPTION, store_id=store.id, id=change.subscription_id
    )
    assert subscription is not None  # a foreign key says so
    read_at = rt.clock.now()
    reports = await _ask(rt, store, change, subscription)
    await apply_reports(rt, store, change.provider, reports, read_at=read_at)
    return await _move(rt, change, ChangeState.PENDING, ChangeState.SUCCEEDED) or change


async def _ask(
    rt: Runtime, store: Store, change: SubscriptionChange, subscription: Subscription
) -> list[Report]:
    hooks, provider = SubscriptionChangeHooks, change.provider
    match change.kind:
        case ChangeKind.PLAN:
            price = await catalog.price_by_id(rt, store.id, change.price_id or "")
            assert price is not None  # a foreign key says so
            plan = ChangeRequest(change, subscription, price)
            return await rt.hooks.owner(store, provider, hooks.change_subscription, plan)
        case ChangeKind.RETENTION:
            offer = RetentionOffer(change, subscription)
            return [await rt.hooks.owner(store, provider, hooks.apply_retention_offer, offer)]
        case ChangeKind.PAUSE:
            hook = hooks.pause_subscription
        case ChangeKind.UNPAUSE:
            hook = hooks.unpause_subscription
    return [await rt.hooks.owner(store, provider, hook, PauseRequest(change, subscription))]


async def _fail(rt: Runtime, change: SubscriptionChange, error: Refused | ActionRequired) -> None:
    await _move(rt, change, ChangeState.PENDING, ChangeState.FAILED, error.message)


async def _move(
    rt: Runtime,
    change: SubscriptionChange,
    old: ChangeState,
    new: ChangeState,
    message: str | None = None,
) -> SubscriptionChange | None:
    return await rt.db.one(
        queries.MOVE_CHANGE,
        store_id=change.store_id,
        change_id=change.id,
        old_state=old,
        new_state=new,
        new_failure_message=message,
        new_updated_at=rt.clock.now(),
    )


def _new(
    rt: Runtime, subscription: Subscription, kind: ChangeKind, state: ChangeState
) -> SubscriptionChange:
    now = rt.clock.now()
    return SubscriptionChange(
        subscription.store_id, new_id("chg"), subscription.id, subscription.provider, kind, state,
        created_at=now, updated_at=now,
    )  # fmt: skip


async def _add(rt: Runtime, change: SubscriptionChange) -> SubscriptionChange:
    row = {name: getattr(change, name) for name in SubscriptionChange.__dataclass_fields__}
    added = await rt.db.one(queries.ADD_CHANGE, **row)
    assert added is not None  # an insert always returns its row
    return added
