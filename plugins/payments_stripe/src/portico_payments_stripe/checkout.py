"""Buying on Stripe's own page (a Checkout Session), and paying back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import (
    N_,
    Checkout,
    Context,
    PriceType,
    Redirect,
    RefundReport,
    RefundRequest,
    Refused,
)

from portico_payments_stripe import prices, refs, reports
from portico_payments_stripe.client import Missing, connected, once
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.values import ref, to_stripe

if TYPE_CHECKING:
    from stripe import StripeClient
    from stripe.params import RefundCreateParams
    from stripe.params.checkout import SessionCreateParams

LOCALES = frozenset({"de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "sv", "zh"})
"""Languages of ours that Stripe's pages speak; for others it goes by the browser."""
_NOT_PAID = N_("Stripe has no payment that could be paid back.")
_NO_MORE = N_("Stripe says that less than this is left to pay back.")


async def start(ctx: Context, checkout: Checkout) -> Redirect:
    """Prepare the page. The payment's idempotency key makes it one page however often asked."""
    mode = checkout.payment.mode
    try:
        async with connected(ctx, mode) as stripe:
            return await _open(ctx, stripe, checkout)
    except Missing as missing:
        # Deleted at Stripe, or of another account whose key was here before.
        await prices.forget(ctx, checkout)
        ctx.log.info("stripe_checkout_again", missing=missing.param)
    async with connected(ctx, mode) as stripe:
        return await _open(ctx, stripe, checkout, known_customer=False, attempt="again")


async def _open(
    ctx: Context, stripe: StripeClient, checkout: Checkout, *,
    known_customer: bool = True, attempt: str = "",
) -> Redirect:  # fmt: skip
    price = await prices.ensure(ctx, stripe, checkout, attempt)
    customer = await _customer(ctx, checkout) if known_customer else None
    params = _params(ctx, checkout, price, customer)
    key = once("checkout", checkout.payment.idempotency_key, attempt)
    session = await stripe.v1.checkout.sessions.create_async(params, key)
    return Redirect(session.url or "", session.id)


async def _customer(ctx: Context, checkout: Checkout) -> str | None:
    """The customer whose cards the page may show: only to who has proven to be that person."""
    if not checkout.signed_in or not ctx.settings(StripeSettings).saved_customer:
        return None
    known = await refs.customers_of(ctx, checkout.payment.mode, checkout.customer.id)
    return known[0].id if known else None


def _params(
    ctx: Context, checkout: Checkout, price: str, customer: str | None
) -> SessionCreateParams:
    settings = ctx.settings(StripeSettings)
    recurring = checkout.price.type is PriceType.RECURRING
    metadata = {"portico_payment": checkout.payment.id, "portico_order": checkout.order.id}
    params: SessionCreateParams = {
        "mode": "subscription" if recurring else "payment",
        "line_items": [{"price": price, "quantity": sum(one.quantity for one in checkout.items)}],
        "success_url": checkout.return_url,
        "cancel_url": checkout.cancel_url,
        "client_reference_id": checkout.payment.id,
        "metadata": metadata,
        "locale": language(ctx),
    }
    if settings.allow_promotion_codes:
        params["allow_promotion_codes"] = True
    if settings.automatic_tax:
        params["automatic_tax"] = {"enabled": True}
    if settings.tax_id_collection:
        params["tax_id_collection"] = {"enabled": True}
    if customer is not None:
        params["customer"] = customer
        if settings.automatic_tax or settings.tax_id_collection:
            params["customer_update"] = {"address": "auto", "name": "auto"}
    else:
        params["customer_email"] = checkout.customer.email
    if recurring:
        params["subscription_data"] = {"metadata": metadata}
        if checkout.price.trial_days:
            params["subscription_data"]["trial_period_days"] = checkout.price.trial_days
    else:
        params["payment_intent_data"] = {"metadata": metadata}
        if customer is None:
            params["customer_creation"] = "always"
    return params


def language(ctx: Context) -> str:
    """The language of Stripe's page."""
    short = ctx.locale.partition("-")[0]
    return short if short in LOCALES else "auto"


# Paying back


async def refund(ctx: Context, request: RefundRequest) -> RefundReport:
    """Pay back. Stripe keeps idempotency keys for a day; what was made before is found by its
    metadata, so that asking again later pays nothing twice either."""
    try:
        async with connected(ctx, request.refund.mode) as stripe:
            return await _refund(stripe, request)
    except Missing as error:
        raise Refused(_NOT_PAID) from error


async def _refund(stripe: StripeClient, request: RefundRequest) -> RefundReport:
    from stripe import InvalidRequestError  # noqa: PLC0415 - loaded by now

    wanted, payment_ref = request.refund, request.payment.provider_ref or ""
    intent = await _intent(stripe, payment_ref)
    page = await stripe.v1.refunds.list_async({"payment_intent": intent, "limit": 100})
    for one in page.data:
        if one.metadata is not None and _made_for(one.metadata.to_dict()) == wanted.id:
            return reports.refund_report(one, payment_ref)
    params: RefundCreateParams = {
        "payment_intent": intent,
        "amount": to_stripe(wanted.amount, wanted.currency),
        "metadata": {"portico_refund": wanted.id},
    }
    try:
        made = await stripe.v1.refunds.create_async(params, once("refund", wanted.idempotency_key))
    except InvalidRequestError as error:
        raise Refused(_NO_MORE) from error
    return reports.refund_report(made, payment_ref)


def _made_for(metadata: dict[str, str]) -> str | None:
    return metadata.get("portico_refund")


async def _intent(stripe: StripeClient, payment_ref: str) -> str:
    """The PaymentIntent that has collected a payment."""
    found = payment_ref if payment_ref.startswith("pi_") else None
    if payment_ref.startswith("cs_"):
        session = await stripe.v1.checkout.sessions.retrieve_async(payment_ref)
        found = ref(session.payment_intent)
        payment_ref = ref(session.invoice) or payment_ref
    if found is None and payment_ref.startswith("in_"):
        page = await stripe.v1.invoice_payments.list_async(
            {"invoice": payment_ref, "status": "paid", "limit": 1}
        )
        found = ref(page.data[0].payment.payment_intent) if page.data else None
    if found is None:
        raise Refused(_NOT_PAID)
    return found
