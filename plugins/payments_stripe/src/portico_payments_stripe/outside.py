"""Purchases that were begun elsewhere at Stripe: Payment Links, invoices, other checkouts.

They become orders where a price of Stripe's is mapped to a price of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from portico.api import Context, OutsideItem, OutsidePurchase, PaymentReport

from portico_payments_stripe import queries, refs
from portico_payments_stripe.values import from_stripe, ref

if TYPE_CHECKING:
    from stripe import Invoice, Subscription
    from stripe.checkout import Session

Line = tuple[str, int, int, str]
"""A price of Stripe's, how many, what they cost in all (as Stripe counts), and its words."""


async def with_purchase_of_session(
    ctx: Context, session: Session, report: PaymentReport
) -> PaymentReport:
    """The report, with what was bought where core did not begin the session itself."""
    if await ctx.orders.payment(session.id) is not None or session.line_items is None:
        return report
    lines = [
        (one.price.id, one.quantity or 1, one.amount_total, one.description or "")
        for one in session.line_items.data
        if one.price is not None
    ]
    details = session.customer_details
    email = (details.email if details is not None else None) or session.customer_email
    name = details.name if details is not None else None
    return await _with_purchase(ctx, report, lines, email, name, session.locale)


async def with_purchase_of_subscription(
    ctx: Context, subscription: Subscription, invoice: Invoice, report: PaymentReport
) -> PaymentReport:
    """The report of a subscription's first invoice, with what it is a subscription of."""
    if await ctx.subscriptions.by_ref(subscription.id) is not None:
        return report
    lines = [
        (one.price.id, one.quantity or 1, (one.price.unit_amount or 0) * (one.quantity or 1), "")
        for one in subscription.items.data
    ]
    email, name = invoice.customer_email, invoice.customer_name
    return await _with_purchase(ctx, report, lines, email, name, None)


async def with_purchase_of_invoice(
    ctx: Context, invoice: Invoice, report: PaymentReport
) -> PaymentReport:
    """The report of an invoice that was sent by itself, with what was invoiced."""
    lines: list[Line] = []
    for one in invoice.lines.data:
        details = one.pricing.price_details if one.pricing is not None else None
        price = ref(details.price) if details is not None else None
        if price is not None:
            quantity = int(one.quantity or 1)
            lines.append((price, quantity, one.amount, one.description or ""))
    email, name = invoice.customer_email, invoice.customer_name
    return await _with_purchase(ctx, report, lines, email, name, None)


async def _with_purchase(
    ctx: Context, report: PaymentReport, lines: Sequence[Line], email: str | None,
    name: str | None, locale: str | None,
) -> PaymentReport:  # fmt: skip
    items = await _items(ctx, lines, report.currency)
    person = await refs.person(ctx, report.customer_ref)
    if not items or (person is None and not email):
        return report
    known_locale = locale if locale in ("de", "en") else None
    purchase = OutsidePurchase(
        email=email or "",
        items=items,
        name=name or "",
        customer_id=person.id if person is not None else None,
        locale=known_locale,
    )
    return replace(report, purchase=purchase)


async def _items(ctx: Context, lines: Sequence[Line], currency: str) -> list[OutsideItem]:
    """The lines whose price is mapped to one of the store's."""
    ids = [price for price, _, _, _ in lines]
    store_id = ctx.require_store().id
    mapped = {
        one.id: one.price_id for one in await ctx.db.all(queries.PRICES, store_id=store_id, ids=ids)
    }
    return [
        OutsideItem(mapped[price], quantity, from_stripe(amount, currency), description)
        for price, quantity, amount, description in lines
        if price in mapped
    ]
