"""Writes down what a provider says about subscriptions and payment methods.

Everything here runs inside the transaction of ``orders.reports``, under the customer's lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.events import service as events
from portico.events.models import EventType
from portico.hooks.checkout import Hint, PaymentMethodReport, SubscriptionReport
from portico.ids import new_id
from portico.licenses import due
from portico.orders import hints
from portico.orders.language import locale_of
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.subscriptions import counts, queries
from portico.subscriptions.models import PaymentMethod, Subscription, SubscriptionStatus

_UNPAID = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
LOOK_AGAIN = timedelta(seconds=5)
_log = structlog.get_logger("portico.subscriptions")


@dataclass(slots=True)
class Batch:
    """Reports that a provider gave together.

    ``read_at`` is from before it was asked. What somebody else has changed since then may be
    newer than the reports; ``touched`` is what the batch itself has changed. ``customer_id`` and
    ``mode`` are those of a payment method that is reported by itself.
    """

    provider: str
    read_at: datetime
    customer_id: str | None
    mode: Mode
    touched: set[str] = field(default_factory=set)


async def save_method(
    rt: Runtime,
    store: Store,
    provider: str,
    customer_id: str,
    mode: Mode,
    report: PaymentMethodReport,
) -> PaymentMethod:
    """Remember a payment method as the provider has it now."""
    now = rt.clock.now()
    method = await rt.db.one(
        queries.UPSERT_METHOD,
        store_id=store.id,
        id=new_id("pm"),
        customer_id=customer_id,
        mode=mode,
        provider=provider,
        provider_ref=report.provider_ref,
        type=report.type,
        brand=report.brand,
        last4=report.last4,
        exp_month=report.exp_month,
        exp_year=report.exp_year,
        is_default=report.is_default and not report.detached,
        detached_at=now if report.detached else None,
        created_at=now,
    )
    assert method is not None  # an upsert always returns its row
    if method.is_default:
        await rt.db.run(
            queries.ONLY_DEFAULT,
            store_id=store.id,
            customer_id=customer_id,
            provider=provider,
            in_mode=mode,
            method_id=method.id,
        )
    return method


async def apply_subscription(
    rt: Runtime, store: Store, batch: Batch, old: Subscription, report: SubscriptionReport
) -> Subscription:
    """Write down a subscription as its provider has it now; returns it as it is then.

    Mails and events follow from what changes, so applying a report twice causes nothing twice.
    """
    if old.updated_at > batch.read_at and old.id not in batch.touched:
        # Somebody wrote after this report was read: it may be the older truth. Read once more.
        # The pause is for nodes whose clocks differ: without it they would ask without end.
        hint = Hint("subscription", report.provider_ref)
        await hints.put_hint(rt, store.id, batch.provider, hint, after=LOOK_AGAIN)
        return old
    if old.status is SubscriptionStatus.CANCELED and report.status is not old.status:
        _log.warning("ended_subscription_reported_alive", store=store.id, subscription=old.id)
        return old
    method_id = old.payment_method_id
    if report.payment_method is not None:
        method = await save_method(
            rt, store, batch.provider, old.customer_id, old.mode, report.payment_method
        )
        method_id = method.id
    priced = await _with_price(rt, store, old, report.price_id)
    priced = await _with_product(rt, store, priced, report.product_id)
    new = _as_reported(rt.clock.now(), priced, report, method_id)
    if new == old:
        return old
    saved = await save(rt, store, batch, old, new)
    await _tell(rt, store, old, saved)
    return saved


async def apply_past_due(
    rt: Runtime, store: Store, batch: Batch, subscription: Subscription
) -> None:
    """A renewal was not paid: access goes on for the days of grace from now."""
    if subscription.status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING):
        new = replace(
            subscription, status=SubscriptionStatus.PAST_DUE, past_due_since=rt.clock.now()
        )
        await _tell(rt, store, subscription, await save(rt, store, batch, subscription, new))


async def save(
    rt: Runtime, store: Store, batch: Batch, old: Subscription, new: Subscription
) -> Subscription:
    """Write the changed subscription."""
    batch.touched.add(new.id)
    saved = await rt.db.one(
        queries.CHANGE_SUBSCRIPTION,
        store_id=store.id,
        subscription_id=new.id,
        new_product_id=new.product_id,
        new_price_id=new.price_id,
        new_description=new.description,
        new_interval=new.interval,
        new_interval_count=new.interval_count,
        new_provider_ref=new.provider_ref,
        new_status=new.status,
        new_amount=new.amount,
        new_quantity=new.quantity,
        new_current_period_start=new.current_period_start,
        new_current_period_end=new.current_period_end,
        new_trial_end=new.trial_end,
        new_cancel_at=new.cancel_at,
        new_canceled_at=new.canceled_at,
        new_ended_at=new.ended_at,
        new_past_due_since=new.past_due_since,
        new_payment_method_id=new.payment_method_id,
        new_discounted_amount=new.discounted_amount,
        new_discount_ends_at=new.discount_ends_at,
        new_paused_from=new.paused_from,
        new_resumes_at=new.resumes_at,
        new_managed_elsewhere=new.managed_elsewhere,
        new_updated_at=rt.clock.now(),
    )
    if saved is None:
        raise LookupError(f"subscription {new.id} is gone")
    await counts.moved(rt, store, old, saved)
    return saved


async def _with_price(
    rt: Runtime, store: Store, old: Subscription, price_id: str | None
) -> Subscription:
    """The subscription with another price, and that price's product."""
    if price_id is None or price_id == old.price_id:
        return old
    price = await catalog.price_by_id(rt, store.id, price_id)
    product = await catalog.product_by_id(rt, store.id, price.product_id) if price else None
    if price is None or product is None or price.interval is None:
        _log.warning("unknown_price_reported", store=store.id, subscription=old.id, price=price_id)
        return old
    return replace(
        old,
        product_id=product.id,
        price_id=price.id,
        description=old.description if product.id == old.product_id else product.name,
        interval=price.interval,
        interval_count=price.interval_count,
    )


async def _with_product(
    rt: Runtime, store: Store, old: Subscription, product_id: str | None
) -> Subscription:
    """The subscription with another product."""
    if product_id is None or product_id == old.product_id:
        return old
    product = await catalog.product_by_id(rt, store.id, product_id)
    if product is None:
        _log.warning("unknown_product_reported", subscription=old.id, product=product_id)
        return old
    return replace(old, product_id=product.id, description=product.name)


def _as_reported(
    now: datetime, old: Subscription, report: SubscriptionReport, method_id: str | None
) -> Subscription:
    owing = report.status in _UNPAID
    trial = report.trial_end if report.status is SubscriptionStatus.TRIALING else None
    return replace(
        old,
        provider_ref=report.provider_ref,
        status=report.status,
        amount=old.amount if report.amount is None else report.amount,
        quantity=old.quantity if report.quantity is None else report.quantity,
        current_period_start=report.current_period_start,
        current_period_end=report.current_period_end,
        trial_end=report.trial_end,
        cancel_at=report.cancel_at,
        canceled_at=report.canceled_at,
        ended_at=report.ended_at,
        past_due_since=(old.past_due_since or now) if owing else None,
        payment_method_id=method_id,
        discounted_amount=report.discounted_amount,
        discount_ends_at=report.discount_ends_at,
        # Periods go on during a pause: what counts is the one that was paid when it began.
        paused_from=(old.paused_from or trial or report.current_period_end)
        if report.paused
        else None,
        resumes_at=report.resumes_at if report.paused else None,
        managed_elsewhere=report.managed_elsewhere,
    )


def is_leaving(subscription: Subscription) -> bool:
    """Whether it has ended, or is going to."""
    ended = subscription.status is SubscriptionStatus.CANCELED
    return ended or subscription.cancel_at is not None


def _has_new_terms(old: Subscription, new: Subscription) -> bool:
    """Whether what the customer agreed to is another. A discount that ends as it was said to is
    no news, nor is a price that core learns of at last."""
    return (
        (old.price_id is not None and old.price_id != new.price_id)
        or old.quantity != new.quantity
        or (old.paused_from is None) != (new.paused_from is None)
        or (old.discounted_amount is None and new.discounted_amount is not None)
    )


async def _tell(rt: Runtime, store: Store, old: Subscription, new: Subscription) -> None:
    """The mails and the event that follow from a change."""
    # Where the change brings license keys, the mail about it waits for them.
    changed = not is_leaving(new) and _has_new_terms(old, new)
    if changed and not await due.prepare_change(rt, store, old, new):
        await send_mail(rt, store, EmailKind.SUBSCRIPTION_CHANGED, new)
    if is_leaving(new) and not is_leaving(old):
        await send_mail(rt, store, EmailKind.CANCELLATION, new)
    if is_leaving(old) and not is_leaving(new):
        await rt.db.run(
            queries.UNDO_CANCELLATIONS,
            store_id=store.id,
            subscription_id=new.id,
            now=rt.clock.now(),
        )
        await send_mail(rt, store, EmailKind.CANCELLATION_UNDONE, new)
    ended = new.status is SubscriptionStatus.CANCELED and old.status is not new.status
    event = EventType.SUBSCRIPTION_CANCELED if ended else EventType.SUBSCRIPTION_UPDATED
    await events.publish(
        rt,
        store,
        event,
        new.id,
        {
            "customer_id": new.customer_id,
            "product_id": new.product_id,
            "status": new.status.value,
            "previous_status": old.status.value,
            "cancel_at": new.cancel_at.isoformat() if new.cancel_at else None,
            "mode": new.mode.value,
        },
    )


async def send_mail(
    rt: Runtime,
    store: Store,
    kind: EmailKind,
    subscription: Subscription,
    *,
    order_id: str | None = None,
    key: str | None = None,
    more: Mapping[str, object] | None = None,
) -> None:
    """Queue a mail about a subscription to its customer. ``more`` goes into its parameters."""
    customer = await customers.by_id(rt, store.id, subscription.customer_id)
    if customer is None:
        return
    params = {"subscription_id": subscription.id, **(more or {})}
    await emails.queue(
        rt,
        store,
        kind,
        customer.email,
        params=params if order_id is None else params | {"order_id": order_id},
        locale=await locale_of(rt, store, customer),
        customer_id=customer.id,
        order_id=order_id,
        key=key,
    )
