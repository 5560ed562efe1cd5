"""Stripe's objects as core wants to hear of them. Nothing here asks anybody anything."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from portico.api import (
    DisputeReport,
    DisputeState,
    OrderKind,
    PaymentMethodReport,
    PaymentReport,
    PaymentState,
    RefundReport,
    RefundState,
    SubscriptionReport,
    SubscriptionStatus,
)

from portico_payments_stripe.values import (
    from_stripe,
    mode_of,
    moment,
    moment_or_none,
    ref,
    whole,
)
from portico_payments_stripe.words import CONFIRM, why

if TYPE_CHECKING:
    from stripe import Dispute, Invoice, PaymentIntent, PaymentMethod, Refund, Subscription
    from stripe.checkout import Session

STATUSES = {
    "incomplete": SubscriptionStatus.INCOMPLETE,
    "incomplete_expired": SubscriptionStatus.CANCELED,
    "trialing": SubscriptionStatus.TRIALING,
    "active": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.UNPAID,
    "paused": SubscriptionStatus.PAUSED,
    "canceled": SubscriptionStatus.CANCELED,
}
"""Stripe's states of a subscription and core's; see the table in this plugin's README."""
_REFUNDS = {
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_DISPUTES = {
    "won": DisputeState.WON,
    "prevented": DisputeState.WON,
    "warning_closed": DisputeState.WON,
    "lost": DisputeState.LOST,
}


def method_report(method: PaymentMethod, default: str | None) -> PaymentMethodReport:
    """A payment method; ``default`` is the one that its customer pays with by default."""
    details: Any = getattr(method, method.type, None)
    brand = getattr(details, "brand", None) or getattr(details, "bank_name", None) or method.type
    return PaymentMethodReport(
        provider_ref=method.id,
        type=method.type,
        brand=str(brand),
        last4=str(getattr(details, "last4", None) or ""),
        exp_month=getattr(details, "exp_month", None),
        exp_year=getattr(details, "exp_year", None),
        is_default=method.id == default,
        detached=method.customer is None,
    )


def session_report(
    session: Session, method: PaymentMethodReport | None, paid_at: int | None
) -> PaymentReport:
    """The payment that a Checkout Session collects (for a subscription, its first)."""
    currency = (session.currency or "").upper()
    intent: PaymentIntent | None = whole(session.payment_intent)
    totals = session.total_details
    return PaymentReport(
        provider_ref=session.id,
        state=_session_state(session, intent),
        amount=from_stripe(session.amount_total or 0, currency),
        currency=currency,
        mode=mode_of(session.livemode),
        at=moment(paid_at or session.created),
        failure_message=_failure(intent),
        payment_method=method,
        customer_ref=ref(session.customer),
        subscription_ref=ref(session.subscription),
        discount=from_stripe(totals.amount_discount, currency) if totals else 0,
    )


def _session_state(session: Session, intent: PaymentIntent | None) -> PaymentState:
    if session.status == "expired":
        return PaymentState.CANCELED
    if session.status != "complete":
        return PaymentState.PENDING
    if session.payment_status in ("paid", "no_payment_required"):
        return PaymentState.SUCCEEDED
    # Completed and not paid: a bank transfer or direct debit that is under way, or has failed.
    failed = intent is not None and intent.status in ("requires_payment_method", "canceled")
    return PaymentState.FAILED if failed else PaymentState.PENDING


def _failure(intent: PaymentIntent | None) -> str | None:
    if intent is not None and intent.status == "requires_action":
        return CONFIRM
    error = intent.last_payment_error if intent is not None else None
    return why(error.code, error.decline_code) if error is not None else None


def invoice_report(
    invoice: Invoice,
    payment_ref: str,
    intent: PaymentIntent | None,
    method: PaymentMethodReport | None,
    subscription_ref: str | None,
) -> PaymentReport:
    """The payment of an invoice; ``intent`` is where it tells why it is not paid."""
    currency = invoice.currency.upper()
    paid_at = invoice.status_transitions.paid_at
    discounts = invoice.total_discount_amounts or []
    return PaymentReport(
        provider_ref=payment_ref,
        state=_invoice_state(invoice, intent),
        amount=from_stripe(invoice.total, currency),
        currency=currency,
        mode=mode_of(invoice.livemode),
        at=moment(paid_at or invoice.created),
        failure_message=_failure(intent),
        payment_method=method,
        customer_ref=ref(invoice.customer),
        subscription_ref=subscription_ref,
        discount=from_stripe(sum(one.amount for one in discounts), currency),
        order_kind=OrderKind.CHANGE
        if invoice.billing_reason == "subscription_update"
        else OrderKind.RENEWAL,
    )


def _invoice_state(invoice: Invoice, intent: PaymentIntent | None) -> PaymentState:
    if invoice.status == "paid":
        return PaymentState.SUCCEEDED
    if invoice.status == "void":
        return PaymentState.CANCELED
    if invoice.status == "uncollectible":
        return PaymentState.FAILED
    if _asks_owner(intent):
        return PaymentState.REQUIRES_ACTION
    return PaymentState.FAILED if invoice.attempted else PaymentState.PENDING


def _asks_owner(intent: PaymentIntent | None) -> bool:
    """Whether the bank wants a confirmation (3-D Secure): now, or when it was charged while its
    owner was away, which Stripe counts as declined."""
    if intent is None or intent.status == "requires_action":
        return intent is not None
    error = intent.last_payment_error
    asked = error is not None and "authentication_required" in (error.code, error.decline_code)
    return asked and intent.status == "requires_payment_method"


def subscription_report(
    subscription: Subscription, payment_ref: str | None, method: PaymentMethodReport | None,
    price_id: str | None = None, product_id: str | None = None,
) -> SubscriptionReport:  # fmt: skip
    """A subscription; its period is that of its first item. ``price_id`` is the store's price,
    ``product_id`` the product that it is of there."""
    items = subscription.items.data
    first = items[0]
    end = moment(first.current_period_end)
    cancel_at = moment_or_none(subscription.cancel_at)
    pause = subscription.pause_collection
    amounts = [one.price.unit_amount for one in items]
    known = all(one is not None for one in amounts)
    total = sum((one.price.unit_amount or 0) * (one.quantity or 1) for one in items)
    reduced, reduced_until = _reduced(subscription, total)
    return SubscriptionReport(
        provider_ref=subscription.id,
        status=STATUSES[subscription.status],
        current_period_start=moment(first.current_period_start),
        current_period_end=end,
        payment_ref=payment_ref,
        trial_end=moment_or_none(subscription.trial_end),
        cancel_at=cancel_at or (end if subscription.cancel_at_period_end else None),
        canceled_at=moment_or_none(subscription.canceled_at),
        ended_at=moment_or_none(subscription.ended_at),
        payment_method=method,
        amount=from_stripe(total, subscription.currency) if known else None,
        quantity=first.quantity or 1,
        price_id=price_id,
        product_id=product_id,
        discounted_amount=reduced if known else None,
        discount_ends_at=reduced_until,
        paused=pause is not None,
        resumes_at=moment_or_none(pause.resumes_at) if pause is not None else None,
        managed_elsewhere=subscription.schedule is not None,
    )


def _reduced(subscription: Subscription, total: int) -> tuple[int | None, datetime | None]:
    """What a period costs with the discounts in force, and until when; nothing without one, or
    where Stripe was not asked for them whole."""
    now_less, ends = Decimal(total), list[int]()
    for one in subscription.discounts or []:
        coupon: Any = whole(getattr(whole(one), "source", None) and whole(one).source.coupon)
        if coupon is None:
            return None, None
        if coupon.percent_off is not None:
            now_less -= now_less * Decimal(str(coupon.percent_off)) / 100
        else:
            now_less -= coupon.amount_off or 0
        ends += [whole(one).end] if whole(one).end else []
    rounded = int(max(now_less, Decimal(0)).quantize(Decimal(1), ROUND_HALF_UP))
    if rounded == total:
        return None, None
    return from_stripe(rounded, subscription.currency), moment_or_none(min(ends, default=None))


def refund_report(refund: Refund, payment_ref: str) -> RefundReport:
    """Money that goes back."""
    currency = refund.currency.upper()
    return RefundReport(
        provider_ref=refund.id,
        payment_ref=payment_ref,
        state=refund_state(refund),
        amount=from_stripe(refund.amount, currency),
        currency=currency,
        at=moment(refund.created),
        reason=refund.reason,
    )


def refund_state(refund: Refund) -> RefundState:
    """Whether the money has gone back."""
    return _REFUNDS.get(refund.status or "", RefundState.PENDING)


def dispute_report(dispute: Dispute, payment_ref: str) -> DisputeReport:
    """A charge that a bank takes back."""
    currency = dispute.currency.upper()
    return DisputeReport(
        provider_ref=dispute.id,
        payment_ref=payment_ref,
        state=_DISPUTES.get(dispute.status, DisputeState.OPEN),
        amount=from_stripe(dispute.amount, currency),
        currency=currency,
        at=moment(dispute.created),
        reason=dispute.reason,
        due_by=moment_or_none(dispute.evidence_details.due_by),
    )
