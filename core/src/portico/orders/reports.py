"""Writes down what a provider says about payments, and what follows from it.

One transaction for each report, under the customer's lock; a payment's has its invoice in it. A
report says what is true at the provider, not what happened: applying one twice, or after a newer
one, changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from portico.activation import service as activation
from portico.customers import service as customers
from portico.emails.models import EmailKind
from portico.events import service as events
from portico.events.models import EventType
from portico.hooks.checkout import (
    DisputeReport,
    InvoiceReport,
    PaymentMethodReport,
    PaymentReport,
    RefundReport,
    Report,
    SubscriptionReport,
)
from portico.ids import new_id
from portico.invoices import reports as invoice_reports
from portico.orders import disputes, outside, owners, paid, queries, refunds
from portico.orders.language import locale_of
from portico.orders.listed import listed
from portico.orders.models import Order, OrderKind, OrderState, Payment, PaymentState
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.subscriptions import queries as subscription_queries
from portico.subscriptions import reports as subscription_reports
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.subscriptions.reports import Batch

_UNPAID = (PaymentState.FAILED, PaymentState.REQUIRES_ACTION)
_log = structlog.get_logger("portico.orders")


async def apply_reports(
    rt: Runtime,
    store: Store,
    provider: str,
    reports: Sequence[Report],
    *,
    read_at: datetime | None = None,
    customer_id: str | None = None,
    mode: Mode | None = None,
) -> None:
    """Apply reports in their order. Repeatable, also at the same time in several processes.

    ``read_at`` is from before the provider was asked (now, where it is not given).
    ``customer_id`` is whose payment method a ``PaymentMethodReport`` of its own is about, and
    ``mode`` the mode it was given in.
    Reports about what core does not know are left out and logged.
    """
    batch = Batch(provider, read_at or rt.clock.now(), customer_id, mode or store.mode)
    for report, invoice in _with_invoices(reports):
        owner_id = await owners.customer_of(rt, store, batch, report)
        if owner_id is None:
            _log.warning("report_about_the_unknown", store=store.id, plugin=provider,
                         kind=type(report).__name__, ref=report.provider_ref)  # fmt: skip
            continue
        async with rt.db.transaction():
            await lock_customer(rt, store, owner_id)
            await _apply(rt, store, batch, report, owner_id)
            if invoice is not None:
                await _apply(rt, store, batch, invoice, owner_id)


def _with_invoices(
    reports: Sequence[Report],
) -> Iterator[tuple[Report, InvoiceReport | None]]:
    """Each report, a payment's with its invoice where that comes next: nobody asks again about a
    payment that is paid, so its invoice may not be left behind open."""
    rest = list(reports)
    while rest:
        report = rest.pop(0)
        following = rest[0] if rest else None
        if (
            isinstance(report, PaymentReport)
            and isinstance(following, InvoiceReport)
            and following.payment_ref == report.provider_ref
        ):
            yield report, following
            rest.pop(0)
        else:
            yield report, None


async def lock_customer(rt: Runtime, store: Store, customer_id: str) -> None:
    """Wait until nobody else changes what this customer has paid."""
    await rt.db.one(queries.LOCK_CUSTOMER, store_id=store.id, customer_id=customer_id)


async def _apply(rt: Runtime, store: Store, batch: Batch, report: Report, owner_id: str) -> None:
    match report:
        case PaymentReport():
            await _apply_payment(rt, store, batch, report, owner_id)
        case SubscriptionReport():
            known = await _subscription_of(rt, store, batch, report)
            if known is not None:
                await subscription_reports.apply_subscription(rt, store, batch, known, report)
        case RefundReport():
            await refunds.apply_refund(rt, store, batch.provider, report)
        case DisputeReport():
            await disputes.apply_dispute(rt, store, batch.provider, report, owner_id)
        case InvoiceReport():
            await invoice_reports.apply_invoice(
                rt, store, batch.provider, batch.read_at, report, owner_id
            )
        case PaymentMethodReport():
            await subscription_reports.save_method(
                rt, store, batch.provider, owner_id, batch.mode, report
            )


async def _subscription_of(
    rt: Runtime, store: Store, batch: Batch, report: SubscriptionReport
) -> Subscription | None:
    """The subscription a report is about: known by its reference, or by what it was bought in.

    None while that is not paid: what is true then comes with the payment's next report.
    """
    known = await owners.subscription_by_ref(rt, store, batch, report.provider_ref)
    if known is not None or report.payment_ref is None:
        return known
    payment = await _payment(rt, store, batch, report.payment_ref)
    order = await _order(rt, store, payment.order_id) if payment is not None else None
    if order is None or order.subscription_id is None:
        return None
    begun = await rt.db.one(
        subscription_queries.SUBSCRIPTION, store_id=store.id, id=order.subscription_id
    )
    # One that goes by another reference is another one.
    return begun if begun is not None and begun.provider_ref is None else None


# Payments


async def _payment(rt: Runtime, store: Store, batch: Batch, ref: str) -> Payment | None:
    return await rt.db.one(
        queries.PAYMENT_BY_REF, store_id=store.id, provider=batch.provider, provider_ref=ref
    )


async def _order(rt: Runtime, store: Store, order_id: str) -> Order | None:
    return await rt.db.one(queries.ORDER, store_id=store.id, id=order_id)


async def _apply_payment(
    rt: Runtime, store: Store, batch: Batch, report: PaymentReport, owner_id: str
) -> None:
    payment = await _payment(rt, store, batch, report.provider_ref)
    if payment is None:
        payment = await _renewal(rt, store, batch, report)
    if payment is None:
        payment = await outside.begin(rt, store, batch.provider, owner_id, report)
    if payment is None or not await _is_about(rt, store, batch, payment, report):
        return
    order = await _order(rt, store, payment.order_id)
    if order is None:
        return
    state = next_state(payment.state, report.state)
    if payment.state is PaymentState.SUCCEEDED:
        return
    method_id = await _method(rt, store, batch, order, report)
    changed = replace(
        payment,
        state=state,
        amount=paid.amount_of(payment.amount, report),
        payment_method_id=method_id or payment.payment_method_id,
        failure_message=None if state is PaymentState.SUCCEEDED else report.failure_message,
    )
    if changed == payment:
        return
    await _save_payment(rt, store, changed)
    if state is payment.state:
        return
    if state is PaymentState.SUCCEEDED:
        await paid.order_paid(rt, store, batch, order, report, changed.payment_method_id)
    else:
        await _not_paid(rt, store, batch, order, changed)


def next_state(known: PaymentState, reported: PaymentState) -> PaymentState:
    """What a payment becomes: paid is for good, and nothing goes back to the beginning.

    A failed or canceled one may still succeed: providers let people try another card.
    """
    if known is PaymentState.SUCCEEDED or reported is PaymentState.PENDING:
        return known
    return reported


async def _is_about(
    rt: Runtime, store: Store, batch: Batch, payment: Payment, report: PaymentReport
) -> bool:
    """Whether a report fits the payment; where money does not match, a person has to look."""
    if report.mode is not payment.mode:
        wrong = f"it was made in {report.mode} mode and not in {payment.mode} mode"
    elif report.currency.upper() != payment.currency.upper():
        wrong = f"it was made in {report.currency} and not in {payment.currency}"
    elif report.state is PaymentState.SUCCEEDED and _falls_short(payment, report):
        wrong = f"only {report.amount} of {payment.amount} {payment.currency} came in (minor units)"
    else:
        return True
    await activation.report_finding(
        rt,
        store,
        batch.provider,
        "payment_mismatch",
        payment.id,
        f"The payment {report.provider_ref} was not counted: {wrong}.",
    )
    return False


def _falls_short(payment: Payment, report: PaymentReport) -> bool:
    return report.amount + report.discount < payment.amount


async def _method(
    rt: Runtime, store: Store, batch: Batch, order: Order, report: PaymentReport
) -> str | None:
    """Remember what it was paid with and by what name the provider knows the customer."""
    if report.customer_ref is not None:
        await rt.db.run(
            queries.ADD_PROVIDER_CUSTOMER,
            store_id=store.id,
            provider=batch.provider,
            provider_ref=report.customer_ref,
            customer_id=order.customer_id,
        )
    if report.payment_method is None:
        return None
    method = await subscription_reports.save_method(
        rt, store, batch.provider, order.customer_id, order.mode, report.payment_method
    )
    return method.id


async def _save_payment(rt: Runtime, store: Store, payment: Payment) -> None:
    await rt.db.run(
        queries.CHANGE_PAYMENT,
        store_id=store.id,
        payment_id=payment.id,
        new_state=payment.state,
        new_amount=payment.amount,
        new_payment_method_id=payment.payment_method_id,
        new_failure_message=payment.failure_message,
        new_updated_at=rt.clock.now(),
    )


async def _not_paid(
    rt: Runtime, store: Store, batch: Batch, order: Order, payment: Payment
) -> None:
    """A payment failed, was given up, or waits for the customer."""
    if payment.state is not PaymentState.REQUIRES_ACTION:
        await rt.db.run(queries.FAIL_ORDER, store_id=store.id, order_id=order.id)
        await listed(rt, store, order.id)
    if payment.state not in _UNPAID:
        return
    if order.kind is not OrderKind.PURCHASE and order.subscription_id is not None:
        await _renewal_failed(rt, store, batch, order, payment)
    if payment.state is PaymentState.FAILED:
        await events.publish(
            rt,
            store,
            EventType.PAYMENT_FAILED,
            payment.id,
            {
                "order_id": order.id,
                "customer_id": order.customer_id,
                "subscription_id": order.subscription_id,
                "amount": payment.amount,
                "currency": payment.currency,
                "mode": payment.mode.value,
            },
        )


async def _renewal_failed(
    rt: Runtime, store: Store, batch: Batch, order: Order, payment: Payment
) -> None:
    subscription = await rt.db.one(
        subscription_queries.SUBSCRIPTION, store_id=store.id, id=order.subscription_id
    )
    if subscription is None or subscription.status is SubscriptionStatus.CANCELED:
        return
    await subscription_reports.apply_past_due(rt, store, batch, subscription)
    await subscription_reports.send_mail(
        rt,
        store,
        EmailKind.PAYMENT_FAILED,
        subscription,
        order_id=order.id,
        key=f"payment_failed:{order.id}",
        more={
            "failure_message": payment.failure_message,
            "provider": payment.provider,
            "confirm": payment.state is PaymentState.REQUIRES_ACTION,
        },
    )


# Renewals


async def _renewal(
    rt: Runtime, store: Store, batch: Batch, report: PaymentReport
) -> Payment | None:
    """The order and the payment of a renewal that core hears of for the first time."""
    if report.subscription_ref is None or report.state is PaymentState.CANCELED:
        return None
    subscription = await owners.subscription_by_ref(rt, store, batch, report.subscription_ref)
    if subscription is None or subscription.mode is not report.mode:
        return None
    order = await _add_renewal(rt, store, subscription, report)
    now = rt.clock.now()
    return await rt.db.one(
        queries.ADD_PAYMENT,
        store_id=store.id,
        id=new_id("pay"),
        order_id=order.id,
        mode=order.mode,
        provider=batch.provider,
        provider_ref=report.provider_ref,
        state=PaymentState.PENDING,
        amount=report.amount,
        currency=order.currency,
        payment_method_id=None,
        failure_message=None,
        idempotency_key=f"{batch.provider}:{report.provider_ref}",
        created_at=now,
        updated_at=now,
    )


async def _add_renewal(
    rt: Runtime, store: Store, subscription: Subscription, report: PaymentReport
) -> Order:
    customer = await customers.by_id(rt, store.id, subscription.customer_id)
    is_change = report.order_kind is OrderKind.CHANGE
    quantity = 1 if is_change else max(subscription.quantity, 1)
    order = await rt.db.one(
        queries.ADD_ORDER,
        store_id=store.id,
        id=new_id("ord"),
        customer_id=subscription.customer_id,
        kind=OrderKind.CHANGE if is_change else OrderKind.RENEWAL,
        mode=subscription.mode,
        state=OrderState.PENDING,
        currency=subscription.currency,
        total=report.amount,
        refunded=0,
        provider=subscription.provider,
        locale=await locale_of(rt, store, customer) if customer else store.locale,
        subscription_id=subscription.id,
        created_at=report.at,
        paid_at=None,
    )
    assert order is not None  # an insert always returns its row
    await rt.db.run(
        queries.ADD_ITEM,
        store_id=store.id,
        id=new_id("itm"),
        order_id=order.id,
        product_id=subscription.product_id,
        price_id=subscription.price_id,
        description=subscription.description,
        quantity=quantity,
        unit_amount=report.amount // quantity,
        amount=report.amount,
    )
    await listed(rt, store, order.id)
    return order
