"""Giving a new payment method on Stripe's page, and removing one.

For all subscriptions of a customer it is the Billing portal's page for just that; for one
subscription, or where the account has no Billing portal, Checkout in setup mode.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from portico.api import (
    N_,
    Context,
    PaymentMethod,
    Redirect,
    Refused,
    Report,
    SubscriptionStatus,
    UpdateOutcome,
    UpdateRequest,
)

from portico_payments_stripe import queries, reading, refs, reports, retrying
from portico_payments_stripe.checkout import language
from portico_payments_stripe.client import Missing, connected, once
from portico_payments_stripe.models import MethodUpdate
from portico_payments_stripe.values import ref, whole
from portico_payments_stripe.words import why

if TYPE_CHECKING:
    from stripe import SetupIntent, StripeClient, Subscription
    from stripe.checkout import Session
    from stripe.params.billing_portal import SessionCreateParams as PortalParams
    from stripe.params.checkout import SessionCreateParams

OPEN_FOR = timedelta(hours=2)
"""A visit to the Billing portal that has changed nothing by then was given up."""
_GONE = N_("Stripe does not know this customer any more. Please write to the store.")
_NOT_TAKEN = N_("The payment method was not accepted.")
_IN_USE = N_("A subscription is paid with this. Give it another payment method first.")
_OWING = N_("Something is still to be paid with this. Give another payment method first.")
_LIVE = ("active", "trialing", "past_due", "unpaid", "paused", "incomplete")


async def start(ctx: Context, request: UpdateRequest) -> Redirect:
    """Prepare Stripe's page for a new payment method."""
    try:
        async with connected(ctx, request.update.mode) as stripe:
            customer = await _customer(ctx, stripe, request)
            if request.subscription is None:
                visit = await _portal(ctx, stripe, request, customer)
                if visit is not None:
                    return visit
            return await _setup(ctx, stripe, request, customer)
    except Missing as error:
        raise Refused(_GONE) from error


async def _customer(ctx: Context, stripe: StripeClient, request: UpdateRequest) -> str:
    """Which of the customers that Stripe knows the person by: the one that is charged."""
    if request.subscription is not None:
        return await _payer(stripe, request.subscription.provider_ref or "")
    mode = request.update.mode
    known = await refs.customers_of(ctx, mode, request.customer.id)
    if len(known) > 1:
        for one in known:
            if await _live_of(stripe, one.id):
                return one.id
    if known:
        return known[0].id
    made = await stripe.v1.customers.create_async(
        {"email": request.customer.email, "name": request.customer.name},
        once("customer", request.update.id),
    )
    await refs.keep_customer(ctx, mode, made.id, request.customer.id)
    return made.id


async def _payer(stripe: StripeClient, subscription: str) -> str:
    found = await stripe.v1.subscriptions.retrieve_async(subscription)
    return ref(found.customer) or ""


async def _portal(
    ctx: Context, stripe: StripeClient, request: UpdateRequest, customer: str
) -> Redirect | None:
    """The Billing portal's page for a payment method; None where the account has no portal."""
    from stripe import InvalidRequestError  # noqa: PLC0415 - loaded by now

    params: PortalParams = {
        "customer": customer,
        "return_url": request.cancel_url,
        "locale": language(ctx),
        "flow_data": {
            "type": "payment_method_update",
            "after_completion": {
                "type": "redirect",
                "redirect": {"return_url": request.return_url},
            },
        },
    }
    before = await stripe.v1.customers.retrieve_async(customer)
    if getattr(before, "deleted", False):
        raise Refused(_GONE)
    try:
        visit = await stripe.v1.billing_portal.sessions.create_async(
            params, once("portal", request.update.id)
        )
    except InvalidRequestError as error:
        ctx.log.info("stripe_without_portal", message=error.user_message)
        return None
    settings = before.invoice_settings
    await ctx.db.run(
        queries.ADD_UPDATE,
        store_id=request.update.store_id,
        id=visit.id,
        mode=request.update.mode,
        customer=customer,
        default_before=ref(settings.default_payment_method) if settings is not None else None,
        created_at=ctx.now(),
    )
    return Redirect(visit.url, visit.id)


async def _setup(
    ctx: Context, stripe: StripeClient, request: UpdateRequest, customer: str
) -> Redirect:
    """Checkout in setup mode."""
    currency = (
        request.subscription.currency if request.subscription else ctx.require_store().currency
    )
    params: SessionCreateParams = {
        "mode": "setup",
        "customer": customer,
        "currency": currency.lower(),
        "success_url": request.return_url,
        "cancel_url": request.cancel_url,
        "locale": language(ctx),
        "metadata": {"portico_update": request.update.id},
    }
    session = await stripe.v1.checkout.sessions.create_async(
        params, once("setup", request.update.id)
    )
    return Redirect(session.url or "", session.id)


# Coming back


async def finish(ctx: Context, request: UpdateRequest) -> UpdateOutcome | None:
    """What came of it: the new method pays from now on, beginning with what is owed."""
    visit_id = request.update.provider_ref or ""
    try:
        async with connected(ctx, request.update.mode) as stripe:
            if visit_id.startswith("cs_"):
                return await _after_setup(ctx, stripe, request, visit_id)
            visit = await ctx.db.one(queries.UPDATE, store_id=request.update.store_id, id=visit_id)
            if visit is None:
                return UpdateOutcome(False, [])
            return await _after_portal(ctx, stripe, request, visit)
    except Missing:
        return UpdateOutcome(False, [])


async def _after_setup(
    ctx: Context, stripe: StripeClient, request: UpdateRequest, visit_id: str
) -> UpdateOutcome | None:
    session = await stripe.v1.checkout.sessions.retrieve_async(
        visit_id, {"expand": ["setup_intent"]}
    )
    if session.status == "expired":
        return UpdateOutcome(False, [])
    if session.status != "complete":
        return None
    intent: SetupIntent | None = whole(session.setup_intent)
    method = ref(intent.payment_method) if intent is not None else None
    if intent is None or intent.status != "succeeded" or method is None:
        return _not_set_up(intent)
    return await _pay_with(ctx, stripe, request, _customer_of(session), method)


def _not_set_up(intent: SetupIntent | None) -> UpdateOutcome | None:
    if intent is not None and intent.status == "processing":
        return None
    error = intent.last_setup_error if intent is not None else None
    words = why(error.code, error.decline_code) if error is not None else _NOT_TAKEN
    return UpdateOutcome(False, [], words)


def _customer_of(session: Session) -> str:
    return ref(session.customer) or ""


async def _after_portal(
    ctx: Context, stripe: StripeClient, request: UpdateRequest, visit: MethodUpdate
) -> UpdateOutcome | None:
    """The Billing portal makes the new method the customer's default; nothing else tells."""
    customer = await stripe.v1.customers.retrieve_async(visit.customer)
    settings = None if getattr(customer, "deleted", False) else customer.invoice_settings
    method = ref(settings.default_payment_method) if settings is not None else None
    if method is None or method == visit.default_before:
        over = visit.created_at + OPEN_FOR <= ctx.now()
        return UpdateOutcome(False, []) if over else None
    # Other visits of this customer, in another tab or given up, have not brought this about.
    await ctx.db.run(
        queries.SEEN_BY_OTHERS,
        store_id=visit.store_id,
        the_id=visit.id,
        of_customer=visit.customer,
        new_default_before=method,
    )
    return await _pay_with(ctx, stripe, request, visit.customer, method)


async def _pay_with(
    ctx: Context, stripe: StripeClient, request: UpdateRequest, customer: str, method: str
) -> UpdateOutcome:
    """Charge to the method from now on: one subscription, or all that this customer pays."""
    about = request.subscription.provider_ref if request.subscription is not None else None
    if about is None:
        await stripe.v1.customers.update_async(
            customer,
            {"invoice_settings": {"default_payment_method": method}},
            once("default", request.update.id, method),
        )
        charged = await _live_of(stripe, customer)
    else:
        charged = [await stripe.v1.subscriptions.retrieve_async(about)]
    for one in charged:
        if about is not None or one.default_payment_method is not None:
            await stripe.v1.subscriptions.update_async(
                one.id,
                {"default_payment_method": method},
                once("method", request.update.id, one.id, method),
            )
    trouble: str | None = None
    found: list[Report] = []
    for one in charged:
        trouble = await retrying.pay_open(stripe, one.id, method, request.update.id) or trouble
        found += await reading.of_subscription(ctx, stripe, one.id)
    given = await stripe.v1.payment_methods.retrieve_async(method)
    found.append(reports.method_report(given, method if about is None else None))
    return UpdateOutcome(trouble is None, found, trouble)


async def _live_of(stripe: StripeClient, customer: str) -> list[Subscription]:
    """The subscriptions that a customer of Stripe's still pays."""
    page = await stripe.v1.subscriptions.list_async({"customer": customer, "limit": 100})
    return [one async for one in page.auto_paging_iter() if one.status in _LIVE]


# Removing


async def remove(ctx: Context, method: PaymentMethod) -> None:
    """Forget a payment method, unless something is paid with it or still to be paid."""
    try:
        async with connected(ctx, method.mode) as stripe:
            known = await stripe.v1.payment_methods.retrieve_async(method.provider_ref)
            customer = ref(known.customer)
            if customer is None:
                return
            await _check_unused(stripe, customer, known.id)
            await stripe.v1.payment_methods.detach_async(known.id, None, once("detach", known.id))
    except Missing:
        return


async def _check_unused(stripe: StripeClient, customer: str, method: str) -> None:
    holder = await stripe.v1.customers.retrieve_async(customer)
    settings = None if getattr(holder, "deleted", False) else holder.invoice_settings
    is_default = settings is not None and ref(settings.default_payment_method) == method
    for one in await _live_of(stripe, customer):
        own = ref(one.default_payment_method)
        if own == method or (own is None and is_default):
            owes = one.status in (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)
            raise Refused(_OWING if owes else _IN_USE)
