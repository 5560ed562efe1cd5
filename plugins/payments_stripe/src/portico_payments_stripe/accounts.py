"""The store's account at Stripe: what is known of it, and how talking to it goes."""

from portico.api import Context, Mode

from portico_payments_stripe import queries
from portico_payments_stripe.models import Account


async def get(ctx: Context, mode: Mode) -> Account | None:
    """The account of a mode; None before a key has been tried."""
    return await ctx.db.one(queries.ACCOUNT, store_id=ctx.require_store().id, mode=mode)


async def keep(ctx: Context, mode: Mode, account_id: str, name: str) -> None:
    """Remember whose key it is, and that it works."""
    store_id, now = ctx.require_store().id, ctx.now()
    known = await get(ctx, mode)
    if known is not None and account_id not in ("", known.id):
        # Another account: its endpoint, its events and its past are others.
        await ctx.db.run(queries.FORGET_ACCOUNT, store_id=store_id, mode=mode)
    await ctx.db.run(
        queries.KEEP_ACCOUNT,
        store_id=store_id,
        mode=mode,
        id=account_id,
        name=name,
        webhook_id=None,
        webhook_url=None,
        event_cursor=None,
        last_event_at=None,
        reconciled_at=None,
        failing_since=None,
        problem=None,
        updated_at=now,
    )
    await _set_problem(ctx, mode, None)


async def note_problem(ctx: Context, mode: Mode, problem: str) -> None:
    """Remember what the seller has to mend; their page and the health check say it."""
    await _set_problem(ctx, mode, problem)


async def note_failure(ctx: Context, mode: Mode) -> None:
    """Remember since when Stripe has not answered."""
    await ctx.db.run(
        queries.NOTE_FAILURE,
        store_id=ctx.require_store().id,
        mode=mode,
        new_failing_since=ctx.now(),
    )


async def note_success(ctx: Context, mode: Mode) -> None:
    """Stripe answers (again), and the key works."""
    known = await get(ctx, mode)
    if known is not None and (known.problem or known.failing_since):
        await _set_problem(ctx, mode, None)


async def _set_problem(ctx: Context, mode: Mode, problem: str | None) -> None:
    await ctx.db.run(
        queries.SET_PROBLEM,
        store_id=ctx.require_store().id,
        mode=mode,
        new_problem=problem,
        new_failing_since=None,
    )
