"""Another plan or quantity with its preview, pauses, and a discount for who stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import (
    N_,
    ChangePreview,
    ChangeRequest,
    Context,
    PauseRequest,
    Refused,
    Report,
    RetentionOffer,
    SubscriptionReport,
)

from portico_payments_stripe import prices, reading
from portico_payments_stripe.client import Missing, connected, load, once
from portico_payments_stripe.values import from_stripe, moment, ref

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stripe import Invoice, RequestOptions, StripeClient, Subscription
    from stripe.params import (
        InvoiceCreatePreviewParams,
        SubscriptionUpdateParams,
        SubscriptionUpdateParamsDiscount,
    )

_UNKNOWN = N_("Stripe does not know this subscription.")
_NOT_NOW = N_("This subscription cannot be changed at the moment.")
_RUNNING = ("active", "trialing")


async def preview(ctx: Context, request: ChangeRequest) -> ChangePreview:
    """What a change would cost, as Stripe works it out.

    The invoice that the change makes at once, or else the next one, and what a period costs then.
    """
    try:
        async with connected(ctx, request.subscription.mode) as stripe:
            found = await _changeable(stripe, request)
            price = await prices.ensure_price(
                ctx, stripe, request.price, request.subscription.description,
                request.subscription.mode,
            )  # fmt: skip
            at = ctx.now().replace(microsecond=0)
            behavior = request.change.proration_behavior or "none"
            first = await _invoice(stripe, request, found, price, behavior, at)
            plain = first
            if behavior != "none":
                plain = await _invoice(stripe, request, found, price, "none", at)
    except Missing as error:
        raise Refused(_UNKNOWN) from error
    return _told(request, found, first, plain, at)


async def _invoice(
    stripe: StripeClient,
    request: ChangeRequest,
    found: Subscription,
    price: str,
    behavior: str,
    at: datetime,
) -> Invoice:
    params: InvoiceCreatePreviewParams = {
        "subscription": found.id,
        "subscription_details": {
            "items": [
                {
                    "id": found.items.data[0].id,
                    "price": price,
                    "quantity": request.change.quantity or 1,
                }
            ],
            "proration_behavior": behavior,
        },
    }
    if behavior != "none":
        params["subscription_details"]["proration_date"] = int(at.timestamp())
    return await stripe.v1.invoices.create_preview_async(params)


def _told(
    request: ChangeRequest, found: Subscription, first: Invoice, plain: Invoice, at: datetime
) -> ChangePreview:
    currency = found.currency.upper()
    in_trial = found.status == "trialing"
    at_once = not in_trial and (
        request.change.proration_behavior == "always_invoice" or not _same_period(request)
    )
    credit = sum(
        -line.amount for line in first.lines.data if _is_proration(line) and line.amount < 0
    )
    if at_once:
        # What is left of a credit is the customer's balance, which later invoices use up.
        left = min(first.total + first.starting_balance, 0)
        due_now, after = first.amount_due, max(plain.total + left, 0)
    else:
        due_now, after = 0, first.amount_due
    period_end = found.items.data[0].current_period_end
    if at_once and not _same_period(request):
        period_end = max(line.period.end for line in first.lines.data)
    return ChangePreview(
        due_now=from_stripe(due_now, currency),
        credit=0 if in_trial else from_stripe(credit, currency),
        next_amount=from_stripe(after, currency),
        next_at=moment(found.trial_end if in_trial and found.trial_end else period_end),
        prorated_at=at,
    )


def _same_period(request: ChangeRequest) -> bool:
    known, price = request.subscription, request.price
    return (known.interval, known.interval_count) == (price.interval, price.interval_count)


def _is_proration(line: object) -> bool:
    parent = getattr(line, "parent", None)
    details = getattr(parent, "subscription_item_details", None)
    item = getattr(parent, "invoice_item_details", None)
    return bool(getattr(details, "proration", False) or getattr(item, "proration", False))


async def change(ctx: Context, request: ChangeRequest) -> list[Report]:
    """Make the change, or leave everything as it is where the payment fails."""
    ref_ = request.subscription.provider_ref or ""
    try:
        async with connected(ctx, request.subscription.mode) as stripe:
            found = await stripe.v1.subscriptions.retrieve_async(ref_)
            price = await prices.ensure_price(
                ctx, stripe, request.price, request.subscription.description,
                request.subscription.mode,
            )  # fmt: skip
            if not _is_made(found, price, request.change.quantity or 1):
                _check(found)
                params = _update(request, found, price)
                key = once("change", request.change.id)
                await _attempt(stripe, ref_, params, key)
            told = await reading.of_subscription(ctx, stripe, ref_)
    except Missing as error:
        raise Refused(_UNKNOWN) from error
    # First the plan, so that what was charged for it is written down with it.
    return [told[-1], *told] if len(told) > 1 else told


def _is_made(found: Subscription, price: str, quantity: int) -> bool:
    item = found.items.data[0]
    return (item.price.id, item.quantity) == (price, quantity)


def _update(request: ChangeRequest, found: Subscription, price: str) -> SubscriptionUpdateParams:
    behavior = request.change.proration_behavior or "none"
    params: SubscriptionUpdateParams = {
        "items": [
            {
                "id": found.items.data[0].id,
                "price": price,
                "quantity": request.change.quantity or 1,
            }
        ],
        "proration_behavior": behavior,
        # Nothing changes where the card is declined or its owner has to confirm.
        "payment_behavior": "error_if_incomplete",
    }
    if behavior != "none" and request.change.prorated_at is not None:
        params["proration_date"] = int(request.change.prorated_at.timestamp())
    return params


async def _attempt(
    stripe: StripeClient, stripe_id: str, params: SubscriptionUpdateParams, key: RequestOptions
) -> None:
    """Update; what Stripe finds wrong with it does not get right by trying again."""
    await load()
    from stripe import InvalidRequestError  # noqa: PLC0415 - loaded by now

    try:
        await stripe.v1.subscriptions.update_async(stripe_id, params, key)
    except InvalidRequestError as error:
        if error.code == "resource_missing":
            raise
        raise Refused(_NOT_NOW) from error


async def pause(ctx: Context, request: PauseRequest) -> SubscriptionReport:
    """Invoices of periods that begin from now on are void, until the day it ends by itself."""
    until = request.change.resumes_at
    params: SubscriptionUpdateParams = {"pause_collection": {"behavior": "void"}}
    if until is not None:
        params = {"pause_collection": {"behavior": "void", "resumes_at": int(until.timestamp())}}
    return await _updated(ctx, request, params, "pause", lambda one: one.pause_collection is None)


async def unpause(ctx: Context, request: PauseRequest) -> SubscriptionReport:
    """Collect again."""
    params: SubscriptionUpdateParams = {"pause_collection": ""}
    return await _updated(
        ctx, request, params, "unpause", lambda one: one.pause_collection is not None
    )


async def discount(ctx: Context, request: RetentionOffer) -> SubscriptionReport:
    """A coupon beside whatever discounts there are; with the same offer, the same coupon."""
    percent, months = request.change.percent_off or 0, request.change.months or 1
    try:
        async with connected(ctx, request.subscription.mode) as stripe:
            found = await stripe.v1.subscriptions.retrieve_async(
                request.subscription.provider_ref or ""
            )
            coupon = await _coupon(stripe, percent, months)
    except Missing as error:
        raise Refused(_UNKNOWN) from error
    discounts: list[SubscriptionUpdateParamsDiscount] = [
        {"discount": known} for one in found.discounts or [] if (known := ref(one))
    ]
    params: SubscriptionUpdateParams = {"discounts": [*discounts, {"coupon": coupon}]}
    made = request.change.id
    return await _updated(ctx, request, params, "offer", lambda one: _lacks(one, made), made)


def _lacks(found: Subscription, change_id: str) -> bool:
    return getattr(found.metadata, "portico_offer", None) != change_id


async def _coupon(stripe: StripeClient, percent: int, months: int) -> str:
    await load()
    from stripe import InvalidRequestError  # noqa: PLC0415 - loaded by now

    wanted = f"portico-{percent}-percent-{months}-months"
    try:
        return (await stripe.v1.coupons.retrieve_async(wanted)).id
    except InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
    made = await stripe.v1.coupons.create_async(
        {
            "id": wanted,
            "percent_off": percent,
            "duration": "repeating",
            "duration_in_months": months,
            "name": f"{percent} % for {months} months",
        },
        once("coupon", wanted),
    )
    return made.id


async def _updated(
    ctx: Context,
    request: PauseRequest | RetentionOffer,
    params: SubscriptionUpdateParams,
    what: str,
    is_due: Callable[[Subscription], bool],
    offer: str = "",
) -> SubscriptionReport:
    """Update a subscription unless it is as wanted already; what it is then."""
    ref_ = request.subscription.provider_ref or ""
    try:
        async with connected(ctx, request.subscription.mode) as stripe:
            found = await stripe.v1.subscriptions.retrieve_async(ref_)
            if is_due(found):
                _check(found, paused=what == "unpause")
                if offer:
                    params["metadata"] = {"portico_offer": offer}
                await _attempt(stripe, ref_, params, once(what, request.change.id))
            return await reading.subscription_alone(ctx, stripe, ref_)
    except Missing as error:
        raise Refused(_UNKNOWN) from error


async def _changeable(stripe: StripeClient, request: ChangeRequest) -> Subscription:
    found = await stripe.v1.subscriptions.retrieve_async(request.subscription.provider_ref or "")
    _check(found)
    return found


def _check(found: Subscription, *, paused: bool = False) -> None:
    """A schedule of the seller's is left alone, and so is what ends, owes or is paused."""
    leaves = found.cancel_at_period_end or found.cancel_at is not None
    stopped = found.pause_collection is not None and not paused
    several = len(found.items.data) != 1
    if found.status not in _RUNNING or leaves or stopped or several or found.schedule is not None:
        raise Refused(_NOT_NOW)
