"""The seller's page: who has withdrawn, and what was decided."""

from datetime import timedelta

from portico.api import Answer, Context, NotFound, Page, Request, SeeOther

from portico_withdrawal_eu import queries
from portico_withdrawal_eu.settings import WithdrawalSettings
from portico_withdrawal_eu.statements import SELLERS_PAGE

REFUND_WITHIN = timedelta(days=14)
"""Article 13(1): counted from the day on which the trader was informed."""
_SHOWN = 100
_HANDLED = 50
_LONGEST_NOTE = 500


async def withdrawals(ctx: Context, request: Request) -> Answer:
    """The open ones and the latest that are done; POST marks one as handled."""
    store = ctx.require_store()
    if request.method == "POST":
        assert request.seller is not None  # core lets nobody else in
        changed = await ctx.db.run(
            queries.HANDLE, store_id=store.id, statement_id=request.form.get("id", ""),
            now=ctx.now(), by=request.seller.email,
            words=request.form.get("note", "").strip()[:_LONGEST_NOTE],
        )  # fmt: skip
        if not changed and await _unknown(ctx, request.form.get("id", "")):
            return NotFound()
        return SeeOther(ctx.urls.dashboard(f"{store.slug}/x/withdrawal_eu/{SELLERS_PAGE}"))
    context = {
        "waiting": await ctx.db.all(queries.OPEN, store_id=store.id, limit=_SHOWN),
        "handled": await ctx.db.all(queries.HANDLED, store_id=store.id, limit=_HANDLED),
        "settings": ctx.settings(WithdrawalSettings),
        "refund_within": REFUND_WITHIN,
    }
    return Page("withdrawal_eu/statements.html", "Withdrawals", context)


async def _unknown(ctx: Context, statement_id: str) -> bool:
    store_id = ctx.require_store().id
    return await ctx.db.one(queries.BY_ID, store_id=store_id, id=statement_id) is None
