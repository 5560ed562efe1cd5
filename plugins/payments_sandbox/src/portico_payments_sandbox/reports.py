"""The provider's records as core wants to hear of them."""

from portico.api import (
    Context,
    DisputeReport,
    Hint,
    Mode,
    OrderKind,
    PaymentMethodReport,
    PaymentReport,
    PaymentState,
    RefundReport,
    RefundState,
    Report,
    SubscriptionReport,
)

from portico_payments_sandbox import billing, invoices, ledger, queries
from portico_payments_sandbox.models import (
    Checkout,
    CheckoutState,
    Method,
    Purpose,
    SandboxDispute,
    SandboxPayment,
    SandboxRefund,
    SandboxSubscription,
)


async def read(ctx: Context, hint: Hint) -> list[Report]:
    """What is true of what the hint names, and of all that hangs on it."""
    ref = hint.provider_ref
    match hint.kind:
        case "payment":
            return await of_payment(ctx, ref)
        case "subscription":
            return await of_subscription(ctx, ref)
        case "invoice":
            return await of_payment(ctx, invoices.payment_of(ref))
        case "dispute":
            store_id = ctx.require_store().id
            dispute = await ctx.db.one(queries.DISPUTE, store_id=store_id, id=ref)
            return [dispute_report(dispute)] if dispute is not None else []
        case "refund":
            store_id = ctx.require_store().id
            refund = await ctx.db.one(queries.REFUND, store_id=store_id, id=ref)
            return [refund_report(refund)] if refund is not None else []
        case "payment_method":
            method = await ledger.get_method(ctx, ref)
            return [method_report(method)] if method is not None else []
    return []


async def of_payment(ctx: Context, ref: str) -> list[Report]:
    """A payment, its refunds and the subscription it is for."""
    payment = await ledger.get_payment(ctx, ref)
    if payment is None:
        checkout = await ledger.get_checkout(ctx, ref)
        bought = checkout is not None and checkout.purpose is Purpose.PAYMENT
        return [_unpaid(checkout)] if checkout is not None and bought else []
    found: list[Report] = [await payment_report(ctx, payment)]
    about = {"store_id": payment.store_id, "payment": payment.id}
    found += [refund_report(one) for one in await ctx.db.all(queries.REFUNDS_OF, **about)]
    found += [dispute_report(one) for one in await ctx.db.all(queries.DISPUTES_OF, **about)]
    subscription = None
    if payment.subscription is not None:
        subscription = await ledger.get_subscription(ctx, payment.subscription)
        found += [await subscription_report(ctx, subscription)] if subscription else []
    return [*found, invoices.report(payment, subscription)] if payment.amount else found


async def of_subscription(ctx: Context, ref: str) -> list[Report]:
    """A subscription behind everything that was charged for it."""
    subscription = await ledger.get_subscription(ctx, ref)
    if subscription is None:
        return []
    payments = await ctx.db.all(
        queries.PAYMENTS_OF, store_id=subscription.store_id, subscription=subscription.id
    )
    # What was charged for a change is written down with the plan that it was charged for.
    told = await subscription_report(ctx, subscription)
    first = [told] if any(one.is_change for one in payments) else []
    made = [invoices.report(one, subscription) for one in payments if one.amount]
    return [*first, *[await payment_report(ctx, one) for one in payments], told, *made]


def _unpaid(checkout: Checkout) -> PaymentReport:
    """A checkout that nobody has completed."""
    over = checkout.state is CheckoutState.CANCELED
    asked = checkout.state is CheckoutState.CONFIRMING
    state = PaymentState.CANCELED if over else PaymentState.PENDING
    return PaymentReport(
        provider_ref=checkout.id,
        state=PaymentState.REQUIRES_ACTION if asked else state,
        amount=checkout.amount,
        currency=checkout.currency,
        mode=Mode.TEST,
        at=checkout.created_at,
        failure_message=checkout.failure,
        customer_ref=checkout.customer,
    )


async def payment_report(ctx: Context, payment: SandboxPayment) -> PaymentReport:
    """A payment with the card it was tried on."""
    method = await ledger.get_method(ctx, payment.method) if payment.method else None
    return PaymentReport(
        provider_ref=payment.id,
        state=payment.state,
        amount=payment.amount,
        currency=payment.currency,
        mode=Mode.TEST,
        at=payment.updated_at,
        failure_message=payment.failure,
        payment_method=method_report(method) if method else None,
        customer_ref=payment.customer,
        subscription_ref=payment.subscription,
        order_kind=OrderKind.CHANGE if payment.is_change else OrderKind.RENEWAL,
    )


async def subscription_report(
    ctx: Context, subscription: SandboxSubscription
) -> SubscriptionReport:
    """A subscription with the card it is charged to."""
    method = await ledger.get_method(ctx, subscription.method)
    reduced = billing.discounted(subscription, subscription.current_period_end)
    return SubscriptionReport(
        provider_ref=subscription.id,
        status=subscription.status,
        current_period_start=subscription.current_period_start,
        current_period_end=subscription.current_period_end,
        payment_ref=subscription.checkout,
        trial_end=subscription.trial_end,
        cancel_at=subscription.cancel_at,
        canceled_at=subscription.canceled_at,
        ended_at=subscription.ended_at,
        payment_method=method_report(method) if method else None,
        amount=subscription.amount,
        quantity=subscription.quantity,
        price_id=subscription.price,
        discounted_amount=reduced if reduced != subscription.amount else None,
        discount_ends_at=subscription.discount_ends_at if reduced != subscription.amount else None,
        paused=subscription.paused,
        resumes_at=subscription.resumes_at,
        managed_elsewhere=subscription.scheduled,
    )


def method_report(method: Method) -> PaymentMethodReport:
    """A card."""
    return PaymentMethodReport(
        provider_ref=method.id,
        type="card",
        brand=method.brand,
        last4=method.last4,
        exp_month=method.exp_month,
        exp_year=method.exp_year,
        is_default=method.is_default,
        detached=method.detached_at is not None,
    )


def dispute_report(dispute: SandboxDispute) -> DisputeReport:
    """A payment that a bank wants back, or had back."""
    return DisputeReport(
        provider_ref=dispute.id,
        payment_ref=dispute.payment,
        state=dispute.state,
        amount=dispute.amount,
        currency=dispute.currency,
        at=dispute.created_at,
        reason=dispute.reason,
        due_by=dispute.due_by,
    )


def refund_report(refund: SandboxRefund) -> RefundReport:
    """Money that went back."""
    return RefundReport(
        provider_ref=refund.id,
        payment_ref=refund.payment,
        state=RefundState.SUCCEEDED,
        amount=refund.amount,
        currency=refund.currency,
        at=refund.created_at,
        reason=refund.reason,
    )
