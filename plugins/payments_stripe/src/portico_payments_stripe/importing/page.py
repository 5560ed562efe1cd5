"""The seller's page of the import: the button, how far it is, and the sheet."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from portico.api import Answer, Body, Context, Page, Request, SeeOther

from portico_payments_stripe.importing import queries, running, sheet
from portico_payments_stripe.settings import StripeSettings

STANDS_STILL = timedelta(minutes=2)
"""After so long nobody seems to work on it: the command that ran it was stopped."""
MOST_RECORDS = 50_000
"""How many records the file of what does not match holds at most."""


async def page(ctx: Context, request: Request) -> Answer:
    """The page; POST has the worker import, from where it has stopped."""
    store, mode = ctx.require_store(), ctx.mode
    if request.method == "POST":
        await running.start(ctx, mode)
        return SeeOther(f"/dashboard/{store.slug}/x/payments_stripe/import")
    at = await running.latest(ctx, mode)
    return Page(
        "payments_stripe/import.html",
        "Stripe",
        {
            "mode": mode.value,
            "has_key": bool(ctx.settings(StripeSettings).key(mode)),
            "import_": at,
            "step": running.PHASES.index(at.phase) if at is not None else 0,
            "steps": len(running.PHASES),
            "words": running.WORDS[at.phase] if at is not None else "",
            "still": at is not None and ctx.now() - at.updated_at > STANDS_STILL,
            "sheet": await sheet.sheet_of(ctx, at) if at is not None else None,
            "settings_url": f"/dashboard/{store.slug}/plugins/payments_stripe",
            "account_url": f"/dashboard/{store.slug}/x/payments_stripe/account",
            "csv_url": f"/dashboard/{store.slug}/x/payments_stripe/import.csv",
        },
    )


async def records(ctx: Context, request: Request) -> Answer:
    """Every record that does not match, as CSV; amounts are in minor units."""
    at = await running.latest(ctx, ctx.mode)
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["kind", "id", "currency", "amount", "state", "amount_here", "why"])
    if at is not None:
        for one in await ctx.db.all(
            queries.UNMATCHED, store_id=at.store_id, import_id=at.id, limit=MOST_RECORDS
        ):
            table.writerow([one.kind.value, one.id, one.currency, one.amount, one.state,
                            one.here_amount if one.here else "", one.why])  # fmt: skip
    disposition = 'attachment; filename="stripe-import.csv"'
    return Body(
        out.getvalue().encode(), "text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )  # fmt: skip
