"""Reading the truth back from Stripe.

An event, a return from a hosted page, a reconciliation: each only names an object. What is true of
it, and of all that hangs on it, is always asked for anew, so that the order in which events arrive
does not matter.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portico.api import (
    Context,
    Hint,
    Mode,
    PaymentMethodReport,
    PaymentState,
    Report,
    SubscriptionReport,
)

from portico_payments_stripe import goods, invoices, outside, queries, refs, reports
from portico_payments_stripe.client import Missing, connected
from portico_payments_stripe.values import (
    from_stripe,
    mode_of,
    moment_or_none,
    ref,
    whole,
)

if TYPE_CHECKING:
    from stripe import Charge, Invoice, PaymentIntent, PaymentMethod, StripeClient, Subscription
    from stripe.checkout import Session
    from stripe.params import InvoiceListParams

KEEP_EVENTS = timedelta(days=32)
"""Stripe sends an event again for three days, and lists it for thirty."""
_SUBSCRIPTION = [
    "default_payment_method",
    "customer.invoice_settings.default_payment_method",
    "discounts.source.coupon",
]
_SESSION = ["payment_intent.latest_charge", "payment_intent.payment_method", "line_items"]


async def read(ctx: Context, hint: Hint) -> list[Report]:
    """What is true of what the hint names; nothing where Stripe does not have it."""
    mode, kind = await _mode_and_kind(ctx, hint)
    found: list[Report] = []
    with suppress(Missing):
        async with connected(ctx, mode) as stripe:
            found = await _read(ctx, stripe, kind, hint.provider_ref)
    if hint.event_id.startswith("evt_"):
        await _seen(ctx, hint.event_id)
    return found


def hint_kind(mode: Mode, kind: str) -> str:
    """The kind of a hint that also tells the mode, for what core may not know yet."""
    return f"{mode.value}:{kind}"


async def _mode_and_kind(ctx: Context, hint: Hint) -> tuple[Mode, str]:
    mode, _, kind = hint.kind.rpartition(":")
    if mode:
        return Mode(mode), kind
    payment = await ctx.orders.payment(hint.provider_ref)
    subscription = await ctx.subscriptions.by_ref(hint.provider_ref)
    known = payment or subscription
    return (known.mode if known is not None else ctx.mode), kind


async def _seen(ctx: Context, event_id: str) -> None:
    store_id, now = ctx.require_store().id, ctx.now()
    await ctx.db.run(queries.ADD_EVENT, store_id=store_id, id=event_id, seen_at=now)


async def _read(ctx: Context, stripe: StripeClient, kind: str, stripe_id: str) -> list[Report]:
    match kind:
        case "payment" | "invoice":
            return await _of_payment(ctx, stripe, stripe_id)
        case "subscription":
            return await of_subscription(ctx, stripe, stripe_id)
        case "refund":
            return await _of_refund(ctx, stripe, stripe_id)
        case "dispute":
            return await _of_dispute(ctx, stripe, stripe_id)
        case "payment_method":
            method = await stripe.v1.payment_methods.retrieve_async(stripe_id)
            return [reports.method_report(method, await _default_of(stripe, method))]
        case "customer":
            return await _of_customer(stripe, stripe_id)
    return []


async def _of_payment(ctx: Context, stripe: StripeClient, stripe_id: str) -> list[Report]:
    """A payment by any of the names it goes by."""
    if stripe_id.startswith("in_"):
        return await _of_invoice(ctx, stripe, stripe_id)
    if stripe_id.startswith("pi_"):
        stripe_id = await refs.of_intent(ctx, stripe, stripe_id)
    if stripe_id.startswith("in_"):
        return await _of_invoice(ctx, stripe, stripe_id)
    if not stripe_id.startswith("cs_"):
        return []
    session = await stripe.v1.checkout.sessions.retrieve_async(stripe_id, {"expand": _SESSION})
    return await of_session(ctx, stripe, session)


async def of_session(ctx: Context, stripe: StripeClient, session: Session) -> list[Report]:
    """A Checkout Session, the subscription it has begun, and what was paid back."""
    if session.mode == "setup":
        return []
    intent: PaymentIntent | None = whole(session.payment_intent)
    await refs.keep(ctx, ref(session.payment_intent), session.id)
    await refs.keep(ctx, ref(session.invoice), session.id)
    charge: Charge | None = whole(intent.latest_charge) if intent is not None else None
    method: PaymentMethod | None = whole(intent.payment_method) if intent is not None else None
    paid = reports.session_report(
        session,
        _kept(method, None),
        charge.created if charge is not None else None,
    )
    if paid.state is PaymentState.SUCCEEDED:
        paid = await outside.with_purchase_of_session(ctx, session, paid)
    found: list[Report] = [paid]
    if charge is not None and charge.amount_refunded:
        found += await _refunds_of(stripe, intent, session.id)
    if session.subscription is not None:
        found += await of_subscription(ctx, stripe, ref(session.subscription) or "")
    await _remember_person(ctx, paid.customer_ref, session.id, paid.mode)
    return found


def _kept(method: PaymentMethod | None, default: str | None) -> PaymentMethodReport | None:
    """A payment method that Stripe keeps for the customer: one that was used once and let go is
    nothing to choose from."""
    if method is None or method.customer is None:
        return None
    return reports.method_report(method, default)


async def of_subscription(ctx: Context, stripe: StripeClient, stripe_id: str) -> list[Report]:
    """A subscription behind everything that was charged for it, the oldest first."""
    subscription = await _subscription(stripe, stripe_id)
    found: list[Report] = []
    first: str | None = None
    for invoice in await _invoices_of(stripe, stripe_id):
        payment_ref = await refs.of_invoice(ctx, stripe, invoice)
        if invoice.billing_reason == "subscription_create":
            first = payment_ref
        found += await _of_period(ctx, stripe, subscription, invoice, payment_ref)
    mode = mode_of(subscription.livemode)
    sold = await goods.sold_as(ctx, mode, subscription)
    found.append(reports.subscription_report(subscription, first, _pays(subscription), *sold))
    await _remember_person(ctx, ref(subscription.customer), first, mode)
    return found


async def subscription_alone(
    ctx: Context, stripe: StripeClient, stripe_id: str
) -> SubscriptionReport:
    """A subscription as it is now, without what was charged for it."""
    subscription = await _subscription(stripe, stripe_id)
    sold = await goods.sold_as(ctx, mode_of(subscription.livemode), subscription)
    return reports.subscription_report(subscription, None, _pays(subscription), *sold)


async def _subscription(stripe: StripeClient, stripe_id: str) -> Subscription:
    return await stripe.v1.subscriptions.retrieve_async(stripe_id, {"expand": _SUBSCRIPTION})


async def _invoices_of(stripe: StripeClient, stripe_id: str) -> list[Invoice]:
    params: InvoiceListParams = {
        "subscription": stripe_id,
        "limit": 100,
        "expand": ["data.payments"],
    }
    page = await stripe.v1.invoices.list_async(params)
    found = [one async for one in page.auto_paging_iter() if one.status != "draft"]
    return sorted(found, key=lambda one: (one.created, one.id))


async def _of_period(
    ctx: Context, stripe: StripeClient, subscription: Subscription, invoice: Invoice, payment: str
) -> list[Report]:
    """An invoice of a subscription, unless core knows that it is paid: that is for good."""
    known = await ctx.orders.payment(payment)
    if known is not None and known.state is PaymentState.SUCCEEDED:
        return []
    begins = invoice.billing_reason == "subscription_create"
    if payment.startswith("cs_") and known is not None:
        # What core asked for, and what was typed in to pay less, is the session's to tell.
        session = await stripe.v1.checkout.sessions.retrieve_async(payment, {"expand": _SESSION})
        paid_at = invoice.status_transitions.paid_at
        of_session = reports.session_report(session, _pays(subscription), paid_at)
        return [of_session, *_kept_invoice(invoice, payment, subscription.id)]
    if invoice.total <= 0 and not begins:
        return []  # a credit, or a change that cost nothing
    intent = await _intent_of(stripe, invoice)
    if intent is not None:
        await refs.keep(ctx, intent.id, payment)
    method: PaymentMethod | None = whole(intent.payment_method) if intent is not None else None
    report = reports.invoice_report(
        invoice,
        payment,
        intent,
        _kept(method, _default(subscription)),
        subscription.id,
    )
    if begins and report.state is PaymentState.SUCCEEDED:
        report = await outside.with_purchase_of_subscription(ctx, subscription, invoice, report)
    return [report, *_kept_invoice(invoice, payment, subscription.id)]


def _kept_invoice(invoice: Invoice, payment: str, subscription: str | None) -> list[Report]:
    """The invoice itself, where it is about money."""
    report = invoices.report(invoice, payment, subscription) if invoice.total else None
    return [report] if report is not None else []


async def _of_invoice(ctx: Context, stripe: StripeClient, stripe_id: str) -> list[Report]:
    """An invoice: a subscription's period, or one that was sent by itself."""
    invoice = await stripe.v1.invoices.retrieve_async(stripe_id, {"expand": ["payments"]})
    subscription = refs.subscription_of(invoice)
    if subscription is not None:
        return await of_subscription(ctx, stripe, subscription)
    if invoice.status == "draft":
        return []
    intent = await _intent_of(stripe, invoice)
    if intent is not None:
        payment_ref = await refs.of_intent(ctx, stripe, intent.id)
        if payment_ref.startswith("cs_"):  # the receipt of a checkout
            return await _of_payment(ctx, stripe, payment_ref)
    report = reports.invoice_report(invoice, invoice.id, intent, None, None)
    if report.state is PaymentState.SUCCEEDED:
        report = await outside.with_purchase_of_invoice(ctx, invoice, report)
    await _remember_person(ctx, report.customer_ref, invoice.id, report.mode)
    return [report, *_kept_invoice(invoice, invoice.id, None)]


async def _intent_of(stripe: StripeClient, invoice: Invoice) -> PaymentIntent | None:
    """The PaymentIntent that pays an invoice; None for one paid otherwise, or not begun."""
    payments = invoice.payments.data if invoice.payments is not None else []
    intents = [ref(one.payment.payment_intent) for one in payments if one.is_default]
    if not intents or intents[0] is None:
        return None
    return await stripe.v1.payment_intents.retrieve_async(
        intents[0], {"expand": ["payment_method"]}
    )


def _default(subscription: Subscription) -> str | None:
    """The payment method that the subscription's customer pays with by default."""
    customer: Any = whole(subscription.customer)
    settings = getattr(customer, "invoice_settings", None)
    return ref(settings.default_payment_method) if settings is not None else None


def _pays(subscription: Subscription) -> Any:
    """What a subscription is paid with: its own payment method, or else its customer's."""
    default = _default(subscription)
    method: PaymentMethod | None = whole(subscription.default_payment_method)
    if method is None and default is not None:
        customer: Any = whole(subscription.customer)
        method = whole(customer.invoice_settings.default_payment_method)
    return reports.method_report(method, default) if method is not None else None


async def _refunds_of(
    stripe: StripeClient, intent: PaymentIntent | None, payment_ref: str
) -> list[Report]:
    if intent is None:
        return []
    page = await stripe.v1.refunds.list_async({"payment_intent": intent.id, "limit": 100})
    return [reports.refund_report(one, payment_ref) for one in page.data]


async def _of_refund(ctx: Context, stripe: StripeClient, stripe_id: str) -> list[Report]:
    refund = await stripe.v1.refunds.retrieve_async(stripe_id)
    intent = ref(refund.payment_intent)
    if intent is None:
        return []
    return [reports.refund_report(refund, await refs.of_intent(ctx, stripe, intent))]


async def _of_dispute(ctx: Context, stripe: StripeClient, stripe_id: str) -> list[Report]:
    dispute = await stripe.v1.disputes.retrieve_async(stripe_id)
    intent = ref(dispute.payment_intent)
    payment_ref = await refs.of_intent(ctx, stripe, intent) if intent is not None else None
    await ctx.db.run(
        queries.KEEP_DISPUTE,
        store_id=ctx.require_store().id,
        id=dispute.id,
        mode=mode_of(dispute.livemode),
        payment_ref=payment_ref,
        amount=from_stripe(dispute.amount, dispute.currency),
        currency=dispute.currency.upper(),
        reason=dispute.reason,
        status=dispute.status,
        due_by=moment_or_none(dispute.evidence_details.due_by),
        created_at=moment_or_none(dispute.created),
        updated_at=ctx.now(),
    )
    if payment_ref is None:
        return []
    return [reports.dispute_report(dispute, payment_ref)]


async def _default_of(stripe: StripeClient, method: PaymentMethod) -> str | None:
    customer_id = ref(method.customer)
    if customer_id is None:
        return None
    customer = await stripe.v1.customers.retrieve_async(customer_id)
    settings = None if getattr(customer, "deleted", False) else customer.invoice_settings
    return ref(settings.default_payment_method) if settings is not None else None


async def _of_customer(stripe: StripeClient, stripe_id: str) -> list[Report]:
    """The payment methods of a customer, of which another may be the default now."""
    customer = await stripe.v1.customers.retrieve_async(stripe_id)
    if getattr(customer, "deleted", False):
        return []
    settings = customer.invoice_settings
    default = ref(settings.default_payment_method) if settings is not None else None
    page = await stripe.v1.customers.payment_methods.list_async(stripe_id, {"limit": 100})
    return [reports.method_report(one, default) for one in page.data]


async def _remember_person(
    ctx: Context, stripe_id: str | None, payment_ref: str | None, mode: Mode
) -> None:
    """Note whom Stripe's customer stands for, as soon as core knows who has paid."""
    if stripe_id is None or payment_ref is None:
        return
    payment = await ctx.orders.payment(payment_ref)
    order = await ctx.orders.get(payment.order_id) if payment is not None else None
    if order is not None:
        await refs.keep_customer(ctx, mode, stripe_id, order.customer_id)
