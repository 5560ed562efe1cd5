"""Charges and refunds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from portico.api import (
    N_,
    Context,
    OrderKind,
    PastItem,
    PastKind,
    PastOrder,
    PastProduct,
    PastRefund,
    PaymentState,
)

from portico_payments_stripe import reports
from portico_payments_stripe.importing import queries
from portico_payments_stripe.importing.models import Import, Kind, Record
from portico_payments_stripe.importing.people import NOBODY, Payer, people_of
from portico_payments_stripe.importing.steps import (
    PAGE,
    keep_records,
    record,
    records_by_id,
    refs_of,
)
from portico_payments_stripe.reading import hint_kind
from portico_payments_stripe.values import from_stripe, moment, ref

if TYPE_CHECKING:
    from stripe.params import ChargeListParams, RefundListParams

_FAILED = N_("A failed or unfinished attempt: no money moved.")
_OTHER, _OTHER_NAME = "portico_other", "Payment"
_INVOICE_OUT = N_("The invoice or checkout that it paid was left out.")


CHARGES: ChargeListParams = {"limit": PAGE}
"""Each the money of a payment, or a failed attempt at it."""
REFUNDS: RefundListParams = {"limit": PAGE}


async def take_charges(ctx: Context, run: Import, charges: Sequence[Any]) -> list[Record]:
    """The order that each charge has paid: an invoice's, a checkout's, or else one of its own."""
    kept = await refs_of(ctx, [ref(one.payment_intent) for one in charges])
    names = {one.id: kept.get(ref(one.payment_intent) or "") for one in charges}
    held = await ctx.past.held(PastKind.PAYMENT, sorted({one for one in names.values() if one}))
    why = {one.id: "" if names[one.id] in held else _INVOICE_OUT for one in charges}
    alone = []
    for one in charges:
        if one.status != "succeeded" or not one.captured:
            why[one.id] = _FAILED
        elif names[one.id] is None:
            alone.append(one)
            names[one.id] = ref(one.payment_intent) or one.id
    people = await people_of(ctx, [_payer(one) for one in alone])
    orders = []
    for one in alone:
        person = people.get(_payer(one).key)
        why[one.id] = "" if person is not None else NOBODY
        if person is not None:
            orders.append(_order(run, one, names[one.id] or "", person, await _other(ctx, run)))
    await ctx.past.add_orders(orders)
    return [
        record(
            run, Kind.CHARGE, one, None if why[one.id] else names[one.id],
            amount=_amount(one), currency=one.currency.upper(),
            state=PaymentState.SUCCEEDED.value, why=why[one.id],
        )
        for one in charges
    ]  # fmt: skip


def _amount(charge: Any) -> int:
    moved = charge.status == "succeeded" and charge.captured
    return from_stripe(charge.amount_captured, charge.currency) if moved else 0


def _payer(charge: Any) -> Payer:
    details = charge.billing_details
    email = (details.email if details is not None else None) or charge.receipt_email
    name = details.name if details is not None else None
    return Payer(ref(charge.customer), email, name, charge.created)


def _order(run: Import, charge: Any, name: str, person: str, product_id: str) -> PastOrder:
    """The order of a charge by itself, whose line says what Stripe says of it."""
    amount, at = _amount(charge), moment(charge.created)
    item = PastItem(product_id, None, charge.description or _OTHER_NAME, 1, amount)
    return PastOrder(
        ref=name, customer_id=person, mode=run.mode, kind=OrderKind.PURCHASE,
        state=PaymentState.SUCCEEDED, currency=charge.currency.upper(), total=amount,
        items=[item], created_at=at, paid_at=at,
    )  # fmt: skip


async def _other(ctx: Context, run: Import) -> str:
    """The product of the charges that name none: not for sale, and the seller may rename it."""
    known = (await records_by_id(ctx, Kind.PRODUCT, [_OTHER])).get(_OTHER)
    if known is not None and known.ref is not None:
        return known.ref
    made = PastProduct(_OTHER, _OTHER_NAME, "", active=False, created_at=run.started_at)
    product_id = (await ctx.past.add_products([made])).ids[_OTHER]
    mine = Record(
        store_id=run.store_id, mode=run.mode, kind=Kind.PRODUCT, id=_OTHER, import_id="",
        ref=product_id, currency="", amount=0, state="", why="", created_at=run.started_at,
    )  # fmt: skip
    await keep_records(ctx, [mine])
    return product_id


async def take_refunds(ctx: Context, run: Import, refunds: Sequence[Any]) -> list[Record]:
    """Refunds of what was taken in. Of orders that were sold here the worker reads them back."""
    kept = await refs_of(ctx, [ref(one.payment_intent) for one in refunds])
    charges = await records_by_id(ctx, Kind.CHARGE, [ref(one.charge) for one in refunds])
    told = []
    for one in refunds:
        charge = charges.get(ref(one.charge) or "")
        name = kept.get(ref(one.payment_intent) or "") or (charge.ref if charge else None)
        told.append(reports.refund_report(one, name or ""))
    taken = await ctx.past.add_refunds(
        [
            PastRefund(
                one.provider_ref, one.payment_ref, one.state, one.currency, one.amount,
                one.reason, one.at,
            )
            for one in told
        ]
    )  # fmt: skip
    paid = await ctx.past.held(PastKind.PAYMENT, sorted({one.payment_ref for one in told}))
    for one in told:
        if one.provider_ref in taken.refused and one.payment_ref in paid:
            await ctx.events.hint(hint_kind(run.mode, "refund"), one.provider_ref, key=run.id)
    return [
        record(
            run, Kind.REFUND, thing, thing.id if thing.id in taken.ids else None,
            amount=one.amount, currency=one.currency, state=one.state.value,
            why=taken.refused.get(thing.id, ""),
        )
        for thing, one in zip(refunds, told, strict=True)
    ]  # fmt: skip


# Comparing


_HELD_AS = {
    Kind.PRODUCT: PastKind.PRODUCT,
    Kind.PRICE: PastKind.PRICE,
    Kind.CUSTOMER: PastKind.CUSTOMER,
    Kind.SUBSCRIPTION: PastKind.SUBSCRIPTION,
    Kind.CHECKOUT: PastKind.PAYMENT,
    Kind.INVOICE: PastKind.PAYMENT,
    Kind.CHARGE: PastKind.PAYMENT,
    Kind.REFUND: PastKind.REFUND,
}
_PAGE_COMPARED = 500


async def compare(ctx: Context, run: Import, cursor: str | None) -> list[Record]:
    """The next records beside what core has of each; what it says is written down."""
    kind, _, stripe_id = (cursor or "").partition(":")
    page = await ctx.db.all(
        queries.NEXT_RECORDS, store_id=run.store_id, import_id=run.id, after_kind=kind,
        after_id=stripe_id, limit=_PAGE_COMPARED,
    )  # fmt: skip
    rows = []
    for one_kind, held_as in _HELD_AS.items():
        mine = [one for one in page if one.kind == one_kind]
        refs = sorted({one.ref for one in mine if one.ref is not None})
        held = await ctx.past.held(held_as, refs) if refs else {}
        for one in mine:
            here = held.get(one.ref or "")
            # A charge may be one of several that paid an invoice, or all but a credit.
            amount = here.amount if here is not None else 0
            if one.kind is Kind.CHARGE and here is not None:
                amount = min(amount, one.amount)
            same = here is not None and (amount, here.currency or one.currency, here.state) == (
                one.amount, one.currency, one.state
            )  # fmt: skip
            rows.append({
                "store_id": run.store_id, "kind": one.kind.value, "the_id": one.id,
                "new_here": here is not None, "new_here_amount": amount,
                "new_differs": not same and not one.why,
            })  # fmt: skip
    await ctx.db.run_many(queries.COMPARED, rows)
    return page
