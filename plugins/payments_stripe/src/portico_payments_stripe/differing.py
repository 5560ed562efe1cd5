"""What Stripe has, page by page, and which of it is otherwise here.

Each function takes a page behind ``after`` of what was made since ``since`` (seconds since 1970)
and tells of every thing whether, and as what, it has to be read back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from portico.api import Context, Payment, PaymentState, SubscriptionReport
from portico.api import Subscription as OurSubscription

from portico_payments_stripe import queries, refs, reports
from portico_payments_stripe.values import ref, whole

if TYPE_CHECKING:
    from stripe import Invoice, StripeClient, Subscription
    from stripe.checkout import Session
    from stripe.params import (
        DisputeListParams,
        InvoiceListParams,
        RefundListParams,
        SubscriptionListParams,
    )
    from stripe.params.checkout import SessionListParams

PAGE = 100
_COMPARED = (
    "status", "current_period_start", "current_period_end", "trial_end", "cancel_at", "ended_at",
    "quantity",
)  # fmt: skip


class Found(NamedTuple):
    """A thing that Stripe has; ``hint`` (kind and reference) where it has to be read back."""

    id: str
    hint: tuple[str, str] | None


async def subscriptions(
    ctx: Context, stripe: StripeClient, since: int, after: str | None
) -> list[Found]:
    """Every subscription, however old: Stripe cannot tell which have changed."""
    params: SubscriptionListParams = {
        "status": "all",
        "limit": PAGE,
        "expand": ["data.latest_invoice"],
    }
    if after is not None:
        params["starting_after"] = after
    page = (await stripe.v1.subscriptions.list_async(params)).data
    return [
        Found(one.id, ("subscription", one.id) if await _differs(ctx, one) else None)
        for one in page
    ]


async def _differs(ctx: Context, subscription: Subscription) -> bool:
    known = await ctx.subscriptions.by_ref(subscription.id)
    if known is None:
        return await _is_sold_here(ctx, [one.price.id for one in subscription.items.data])
    if _is_otherwise(known, reports.subscription_report(subscription, None, None)):
        return True
    invoice: Invoice | None = whole(subscription.latest_invoice)
    return invoice is not None and await _invoice_differs(ctx, invoice)


def _is_otherwise(known: OurSubscription, report: SubscriptionReport) -> bool:
    if report.amount is not None and report.amount != known.amount:
        return True
    return any(getattr(known, name) != getattr(report, name) for name in _COMPARED)


async def _invoice_differs(ctx: Context, invoice: Invoice) -> bool:
    if invoice.status == "draft" or invoice.total <= 0:
        return False
    known = await ctx.orders.payment(await refs.kept(ctx, invoice.id) or invoice.id)
    if known is None:
        return invoice.status in ("paid", "open")
    return _payment_differs(known, invoice.status == "paid")


def _payment_differs(known: Payment, paid: bool) -> bool:
    return paid is not (known.state is PaymentState.SUCCEEDED)


async def _is_sold_here(ctx: Context, price_ids: Iterable[str]) -> bool:
    """Whether one of these prices of Stripe's is one of the store's."""
    ids = sorted(set(price_ids))
    store_id = ctx.require_store().id
    return bool(ids and await ctx.db.all(queries.PRICES, store_id=store_id, ids=ids))


async def sessions(
    ctx: Context, stripe: StripeClient, since: int, after: str | None
) -> list[Found]:
    """Checkout Sessions that were completed."""
    params: SessionListParams = {
        "status": "complete",
        "created": {"gte": since},
        "limit": PAGE,
        "expand": ["data.line_items"],
    }
    if after is not None:
        params["starting_after"] = after
    page = (await stripe.v1.checkout.sessions.list_async(params)).data
    return [
        Found(one.id, ("payment", one.id) if await _session_differs(ctx, one) else None)
        for one in page
    ]


async def _session_differs(ctx: Context, session: Session) -> bool:
    if session.mode == "setup":
        return False
    known = await ctx.orders.payment(session.id)
    if known is not None:
        return _payment_differs(known, session.payment_status != "unpaid")
    lines = session.line_items.data if session.line_items is not None else []
    return await _is_sold_here(ctx, [one.price.id for one in lines if one.price is not None])


async def invoices(
    ctx: Context, stripe: StripeClient, since: int, after: str | None
) -> list[Found]:
    """Invoices: periods of subscriptions that are known, and what was invoiced by itself."""
    params: InvoiceListParams = {"created": {"gte": since}, "limit": PAGE}
    if after is not None:
        params["starting_after"] = after
    page = (await stripe.v1.invoices.list_async(params)).data
    return [Found(one.id, await _of_invoice(ctx, one)) for one in page]


async def _of_invoice(ctx: Context, invoice: Invoice) -> tuple[str, str] | None:
    subscription = refs.subscription_of(invoice)
    if subscription is not None:
        known = await ctx.subscriptions.by_ref(subscription)
        differs = known is not None and await _invoice_differs(ctx, invoice)
        return ("subscription", subscription) if differs else None
    if invoice.status != "paid" or await ctx.orders.payment(invoice.id) is not None:
        return None
    prices = [
        ref(one.pricing.price_details.price)
        for one in invoice.lines.data
        if one.pricing is not None and one.pricing.price_details is not None
    ]
    sold = await _is_sold_here(ctx, [one for one in prices if one is not None])
    return ("payment", invoice.id) if sold else None


async def refunds(ctx: Context, stripe: StripeClient, since: int, after: str | None) -> list[Found]:
    """Refunds. Whose one is that core does not know, is only known once it is read back."""
    params: RefundListParams = {"created": {"gte": since}, "limit": PAGE}
    if after is not None:
        params["starting_after"] = after
    page = (await stripe.v1.refunds.list_async(params)).data
    found = []
    for one in page:
        known = await ctx.orders.refund(one.id)
        differs = known is None or known.state is not reports.refund_state(one)
        found.append(Found(one.id, ("refund", one.id) if differs else None))
    return found


async def disputes(
    ctx: Context, stripe: StripeClient, since: int, after: str | None
) -> list[Found]:
    """Disputes, which take up to some months: all of them, those that have changed."""
    params: DisputeListParams = {"limit": PAGE}
    if after is not None:
        params["starting_after"] = after
    page = (await stripe.v1.disputes.list_async(params)).data
    store_id = ctx.require_store().id
    found = []
    for one in page:
        known = await ctx.db.one(queries.DISPUTE, store_id=store_id, id=one.id)
        differs = known is None or known.status != one.status
        found.append(Found(one.id, ("dispute", one.id) if differs else None))
    return found
