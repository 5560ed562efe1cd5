"""The reconciliation sheet: what Stripe has beside what the store has of it."""

from __future__ import annotations

from portico.api import (
    N_,
    Context,
    ImportRequest,
    ImportSheet,
    SheetLine,
    SheetReason,
)

from portico_payments_stripe.importing import queries, running
from portico_payments_stripe.importing.models import Import, Kind, ReasonRow

WORDS = {
    Kind.PRODUCT: N_("Products"),
    Kind.PRICE: N_("Prices"),
    Kind.CUSTOMER: N_("Customers"),
    Kind.SUBSCRIPTION: N_("Subscriptions"),
    Kind.CHECKOUT: N_("Checkouts"),
    Kind.INVOICE: N_("Invoices"),
    Kind.CHARGE: N_("Charges"),
    Kind.REFUND: N_("Refunds"),
}
_OTHERWISE = N_("It is otherwise here. Sync now reads it anew; then import once more.")
_MISSING = N_("It was taken in, but is not here. Import once more.")


async def sheet(ctx: Context, request: ImportRequest) -> ImportSheet | None:
    """What came of the newest import of a mode; None where there was none."""
    at = await running.latest(ctx, request.mode)
    return await sheet_of(ctx, at) if at is not None else None


async def sheet_of(ctx: Context, at: Import) -> ImportSheet:
    """The sheet of an import; complete once that is done."""
    key = {"store_id": at.store_id, "import_id": at.id}
    order = list(Kind)
    rows = sorted(await ctx.db.all(queries.LINES, **key), key=lambda one: order.index(one.kind))
    lines = [
        SheetLine(
            WORDS[one.kind], one.currency, one.there, one.there_sum, one.here, one.here_sum,
            one.left_out, one.left_out_sum, one.explained_sum, one.differs,
        )
        for one in rows
    ]  # fmt: skip
    found = await ctx.db.all(queries.REASONS, **key)
    reasons = [_reason(one) for one in sorted(found, key=lambda one: order.index(one.kind))]
    return ImportSheet(at.finished_at, lines, reasons)


def _reason(one: ReasonRow) -> SheetReason:
    why = one.why or (_OTHERWISE if one.here else _MISSING)
    examples = (one.first,) if one.count == 1 else (one.first, one.last)
    return SheetReason(WORDS[one.kind], why, one.currency, one.count, one.amount, examples)
