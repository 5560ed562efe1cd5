"""Cancelling a subscription, and undoing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import (
    N_,
    CancellationMode,
    CancellationRequest,
    Context,
    Refused,
    Resumption,
    SubscriptionReport,
)

from portico_payments_stripe import reading
from portico_payments_stripe.client import Missing, connected, once

if TYPE_CHECKING:
    from stripe import Subscription
    from stripe.params import SubscriptionCancelParams, SubscriptionUpdateParams

_UNKNOWN = N_("Stripe does not know this subscription.")
_ENDED = N_("This subscription has already ended.")
_SCHEDULED = N_(
    "The store has planned changes of this subscription, so it cannot be changed here. "
    "Please write to the store."
)
_OVER = ("canceled", "incomplete_expired")


async def cancel(ctx: Context, request: CancellationRequest) -> SubscriptionReport:
    """Cancel at the period's end or at once; twice changes nothing."""
    ref = request.subscription.provider_ref or ""
    at_once = request.cancellation.cancel_mode is CancellationMode.IMMEDIATELY
    try:
        async with connected(ctx, request.subscription.mode) as stripe:
            found = await stripe.v1.subscriptions.retrieve_async(ref)
            if found.status in _OVER or (_leaves(found) and not at_once):
                pass
            elif at_once:
                await stripe.v1.subscriptions.cancel_async(
                    ref, _at_once(request), once("cancel", request.cancellation.id)
                )
            else:
                _check_unscheduled(found)
                await stripe.v1.subscriptions.update_async(
                    ref, _at_period_end(request), once("cancel", request.cancellation.id)
                )
            return await reading.subscription_alone(ctx, stripe, ref)
    except Missing as error:
        raise Refused(_UNKNOWN) from error


async def resume(ctx: Context, request: Resumption) -> SubscriptionReport:
    """Undo a cancellation that has not taken effect."""
    ref = request.subscription.provider_ref or ""
    try:
        async with connected(ctx, request.subscription.mode) as stripe:
            found = await stripe.v1.subscriptions.retrieve_async(ref)
            if found.status in _OVER:
                raise Refused(_ENDED)
            if _leaves(found):
                _check_unscheduled(found)
                key = once("resume", request.cancellation.id, str(found.canceled_at or 0))
                await stripe.v1.subscriptions.update_async(ref, _going_on(found), key)
            return await reading.subscription_alone(ctx, stripe, ref)
    except Missing as error:
        raise Refused(_UNKNOWN) from error


def _leaves(subscription: Subscription) -> bool:
    return subscription.cancel_at_period_end or subscription.cancel_at is not None


def _check_unscheduled(subscription: Subscription) -> None:
    """A schedule of the seller's would undo the change or be undone by it: it is left alone."""
    if subscription.schedule is not None:
        raise Refused(_SCHEDULED)


def _at_once(request: CancellationRequest) -> SubscriptionCancelParams:
    """Stripe's words for what becomes of the rest of the period."""
    prorate = request.proration_behavior != "none"
    params: SubscriptionCancelParams = {
        "prorate": prorate,
        "invoice_now": request.proration_behavior == "always_invoice",
    }
    if request.cancellation.reason is not None:
        params["cancellation_details"] = {"feedback": request.cancellation.reason.value}
    if request.cancellation.comment:
        params.setdefault("cancellation_details", {})["comment"] = request.cancellation.comment
    return params


def _at_period_end(request: CancellationRequest) -> SubscriptionUpdateParams:
    params: SubscriptionUpdateParams = {"cancel_at_period_end": True}
    if request.cancellation.reason is not None:
        params["cancellation_details"] = {"feedback": request.cancellation.reason.value}
    if request.cancellation.comment:
        params.setdefault("cancellation_details", {})["comment"] = request.cancellation.comment
    return params


def _going_on(subscription: Subscription) -> SubscriptionUpdateParams:
    if subscription.cancel_at_period_end:
        return {"cancel_at_period_end": False}
    return {"cancel_at": ""}  # a date that somebody chose
