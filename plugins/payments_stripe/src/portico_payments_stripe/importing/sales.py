"""Subscriptions, checkouts and invoices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from portico.api import (
    N_,
    Context,
    Interval,
    OrderKind,
    PastItem,
    PastKind,
    PastOrder,
    PastSubscription,
    PaymentReport,
    PaymentState,
)

from portico_payments_stripe import refs, reports
from portico_payments_stripe.goods import Goods, home_of, pairs_of
from portico_payments_stripe.importing.models import Import, Kind, Record
from portico_payments_stripe.importing.people import NOBODY, Payer, past_method, people_of
from portico_payments_stripe.importing.steps import (
    PAGE,
    keep_refs,
    record,
    refs_of,
)
from portico_payments_stripe.values import from_stripe, moment, ref, whole

if TYPE_CHECKING:
    from stripe.params import InvoiceListParams, SubscriptionListParams
    from stripe.params.checkout import SessionListParams

NO_PRODUCT = N_("It names no product that was taken in.")
_NOT_BEGUN = N_("It was never paid for, so it has not begun.")
_SOME_OUT = N_(
    "Some of its products were not taken in (see Products). It gives access to the others; the "
    "amount is that of all."
)
_NO_SUBSCRIPTION = N_("Its subscription was not taken in.")
_NOTHING_DUE = N_("Nothing was due: a credit, or a change that cost nothing.")
_NOT_PAID = N_("It was not paid: it is void, uncollectible, or still open.")
_BEGINS = "subscription_create"


async def _names(ctx: Context, product_ids: Sequence[str]) -> dict[str, str]:
    """What the products are called here."""
    names = {}
    for product_id in sorted(set(product_ids)):
        product = await ctx.catalog.product(product_id)
        names[product_id] = product.name if product is not None else ""
    return names


# Subscriptions


SUBSCRIPTIONS: SubscriptionListParams = {
    "status": "all",
    "limit": PAGE,
    "expand": ["data.default_payment_method"],
}


async def take_subscriptions(
    ctx: Context, run: Import, subscriptions: Sequence[Any]
) -> list[Record]:
    """Subscriptions as they are now."""
    people = dict(await ctx.past.customers([ref(one.customer) or "" for one in subscriptions]))
    goods = await Goods.of(ctx, [pair for one in subscriptions for pair in pairs_of(one)])
    new: list[tuple[Any, str, tuple[str, str | None]]] = []
    why: dict[str, str] = {}
    methods = []
    for one in subscriptions:
        person = people.get(ref(one.customer) or "")
        found_here = [goods.find(*pair) for pair in pairs_of(one)]
        if one.status in ("incomplete", "incomplete_expired"):
            why[one.id] = _NOT_BEGUN
        elif person is None:
            why[one.id] = NOBODY
        elif (home := await home_of(ctx, run.mode, found_here)) is None:
            why[one.id] = NO_PRODUCT
        else:
            why[one.id] = _SOME_OUT if None in found_here else ""
            new.append((one, person, home))
            method = whole(one.default_payment_method)
            if method is not None:
                methods.append(past_method(run, method, person, None))
    await ctx.past.add_methods(methods)
    names = await _names(ctx, [home[0] for _, _, home in new])
    taken = await ctx.past.add_subscriptions(
        [_subscription(run, one, person, home, names[home[0]]) for one, person, home in new]
    )
    found = []
    for one in subscriptions:
        told = reports.subscription_report(one, None, None)
        found.append(
            record(
                run, Kind.SUBSCRIPTION, one, one.id if one.id in taken.ids else None,
                amount=told.amount or 0, currency=one.currency.upper(), state=told.status.value,
                why=why[one.id],
            )
        )  # fmt: skip
    return found


def _subscription(
    run: Import, one: Any, person: str, home: tuple[str, str | None], name: str
) -> PastSubscription:
    told = reports.subscription_report(one, None, None)
    every = one.items.data[0].price.recurring
    return PastSubscription(
        ref=one.id,
        customer_id=person,
        product_id=home[0],
        price_id=home[1],
        description=name,
        mode=run.mode,
        status=told.status,
        currency=one.currency.upper(),
        amount=told.amount or 0,
        quantity=told.quantity or 1,
        interval=Interval(every.interval),
        interval_count=every.interval_count,
        current_period_start=told.current_period_start,
        current_period_end=told.current_period_end,
        created_at=moment(one.created),
        trial_end=told.trial_end,
        cancel_at=told.cancel_at,
        canceled_at=told.canceled_at,
        ended_at=told.ended_at,
        method_ref=ref(one.default_payment_method),
        discounted_amount=told.discounted_amount,
        discount_ends_at=told.discount_ends_at,
        paused=told.paused,
        resumes_at=told.resumes_at,
        managed_elsewhere=told.managed_elsewhere,
    )


# Checkouts


SESSIONS: SessionListParams = {
    "limit": PAGE,
    "status": "complete",
    "expand": ["data.line_items", "data.payment_intent"],
}
"""With what was bought in them."""


async def take_sessions(ctx: Context, run: Import, sessions: Sequence[Any]) -> list[Record]:
    """Purchases that were begun by a checkout; a subscription's first is its first invoice."""
    await keep_refs(
        ctx,
        [(ref(one.invoice), one.id) for one in sessions]
        + [(ref(one.payment_intent), one.id) for one in sessions],
    )
    bought = [one for one in sessions if one.mode == "payment"]
    lines = {one.id: _session_lines(one) for one in bought}
    sales = [
        (one, _session_payer(one), reports.session_report(one, None, None), lines[one.id])
        for one in bought
    ]
    return await _take_orders(ctx, run, Kind.CHECKOUT, sales)


def _session_lines(session: Any) -> list[tuple[str, str, int, int, str]]:
    if session.line_items is None:
        return []
    return [
        (one.price.id, ref(one.price.product) or "", one.quantity or 1, one.amount_total,
         one.description or "")
        for one in session.line_items.data
        if one.price is not None
    ]  # fmt: skip


def _session_payer(session: Any) -> Payer:
    details = session.customer_details
    email = (details.email if details is not None else None) or session.customer_email
    name = details.name if details is not None else None
    return Payer(ref(session.customer), email, name, session.created)


# Invoices


INVOICES: InvoiceListParams = {"limit": PAGE, "expand": ["data.payments"]}
"""With the payments that were made for them."""


async def complete_invoices(invoices: Sequence[Any]) -> None:
    """Ask for the lines of long invoices that a list leaves out."""
    for one in invoices:
        if one.lines.has_more and refs.subscription_of(one) is None:
            one.lines.data = [line async for line in one.lines.auto_paging_iter()]


async def take_invoices(ctx: Context, run: Import, invoices: Sequence[Any]) -> list[Record]:
    """Invoices, each an order: of a period of a subscription, or by itself."""
    issued = [one for one in invoices if one.status != "draft"]
    kept = await refs_of(ctx, [one.id for one in issued])
    names = {one.id: kept.get(one.id, one.id) for one in issued}
    await keep_refs(ctx, [(intent, names[one.id]) for one in issued for intent in _intents(one)])
    wanted = [sub for one in issued if (sub := refs.subscription_of(one)) is not None]
    begun = await ctx.past.held(PastKind.SUBSCRIPTION, wanted)
    sales = []
    why: dict[str, str] = {}
    for one in issued:
        subscription = refs.subscription_of(one)
        told = reports.invoice_report(one, names[one.id], None, None, subscription)
        why[one.id] = _left_out(one, told, subscription is None or subscription in begun)
        payer = Payer(ref(one.customer), one.customer_email, one.customer_name, one.created)
        sales.append((one, payer, told, _invoice_lines(one)))
    return await _take_orders(ctx, run, Kind.INVOICE, sales, why)


def _left_out(invoice: Any, told: PaymentReport, has_subscription: bool) -> str:
    """Why an invoice becomes no order; empty where it does.

    Without its subscription it would be a purchase, whose access never ends.
    """
    if not has_subscription:
        return _NO_SUBSCRIPTION
    begins = invoice.billing_reason == _BEGINS
    if told.amount <= 0 and not begins:
        return _NOTHING_DUE
    if told.state is PaymentState.SUCCEEDED:
        return ""
    owed = invoice.status == "open" and told.subscription_ref is not None and not begins
    return "" if owed else _NOT_PAID


def _intents(invoice: Any) -> list[str]:
    payments = invoice.payments.data if invoice.payments is not None else []
    intents = [ref(one.payment.payment_intent) for one in payments]
    return [one for one in intents if one is not None]


def _invoice_lines(invoice: Any) -> list[tuple[str, str, int, int, str]]:
    lines = []
    for one in invoice.lines.data:
        details = one.pricing.price_details if one.pricing is not None else None
        if details is not None:
            lines.append(
                (ref(details.price) or "", ref(details.product) or "", int(one.quantity or 1),
                 one.amount, one.description or "")
            )  # fmt: skip
    return lines


# Orders


Sale = tuple[Any, Payer, PaymentReport, list[tuple[str, str, int, int, str]]]
"""An object of Stripe's, who has paid, what is reported of it, and its lines: price, product,
quantity, amount and words."""


async def _take_orders(
    ctx: Context, run: Import, kind: Kind, sales: Sequence[Sale], why: dict[str, str] | None = None
) -> list[Record]:
    """Orders of checkouts or invoices; ``why`` tells which are left out already."""
    reasons = dict(why or {})
    people = await people_of(ctx, [payer for one, payer, _, _ in sales if not reasons.get(one.id)])
    goods = await Goods.of(
        ctx, [(price, product) for *_, lines in sales for price, product, *_ in lines]
    )
    orders = []
    for one, payer, told, lines in sales:
        items = _past_items(goods, lines, told.currency)
        person = people.get(payer.key)
        if not reasons.get(one.id) and kind is Kind.CHECKOUT:
            reasons[one.id] = "" if told.state is PaymentState.SUCCEEDED else _NOT_PAID
        if not reasons.get(one.id):
            reasons[one.id] = NOBODY if person is None else "" if items else NO_PRODUCT
        if not reasons[one.id] and person is not None:
            orders.append(_order(run, one, told, person, items))
    taken = await ctx.past.add_orders(orders)
    return [
        record(
            run, kind, one, told.provider_ref if told.provider_ref in taken.ids else None,
            amount=told.amount, currency=told.currency, state=told.state.value,
            why=reasons[one.id],
        )
        for one, _, told, _ in sales
    ]  # fmt: skip


def _past_items(
    goods: Goods, lines: Sequence[tuple[str, str, int, int, str]], currency: str
) -> list[PastItem]:
    items = []
    for price, product, quantity, amount, words in lines:
        home = goods.find(price, product)
        if home is not None:
            items.append(PastItem(*home, words, quantity, from_stripe(amount, currency)))
    return items


def _order(
    run: Import, one: Any, told: PaymentReport, person: str, items: Sequence[PastItem]
) -> PastOrder:
    paid = told.state is PaymentState.SUCCEEDED
    period = told.subscription_ref is not None and one.billing_reason != _BEGINS
    return PastOrder(
        ref=told.provider_ref,
        customer_id=person,
        mode=run.mode,
        kind=OrderKind.RENEWAL if period else OrderKind.PURCHASE,
        state=told.state,
        currency=told.currency,
        total=told.amount,
        items=items,
        created_at=moment(one.created),
        paid_at=told.at if paid else None,
        subscription_ref=told.subscription_ref,
    )
