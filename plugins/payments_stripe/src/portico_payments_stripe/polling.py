"""Asking for events where Stripe cannot send them, and whether Stripe is well again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from portico.api import Context, Mode

from portico_payments_stripe import accounts, connecting, queries, syncing, webhooks
from portico_payments_stripe.client import Missing, connected
from portico_payments_stripe.settings import StripeSettings

if TYPE_CHECKING:
    from stripe import Event, StripeClient
    from stripe.params import EventListParams

    from portico_payments_stripe.models import Account

PAGE = 100
MOST = 2000
"""Events that one round takes at most; the next one goes on behind them."""
_BEGINNING = ""


async def look(ctx: Context, payload: Mapping[str, Any]) -> None:
    """The job of every minute, for each mode that has a key."""
    for mode in Mode:
        account = await accounts.get(ctx, mode)
        if account is None or not ctx.settings(StripeSettings).key(mode):
            continue
        if account.problem or account.failing_since:
            await probe(ctx, mode)
        if await connecting.polls(ctx, mode):
            await poll(ctx, account, mode)


async def probe(ctx: Context, mode: Mode) -> None:
    """Ask Stripe something small; an answer ends what was noted of trouble."""
    async with connected(ctx, mode) as stripe:
        await stripe.v1.events.list_async({"limit": 1})
    await accounts.note_success(ctx, mode)


async def poll(ctx: Context, account: Account, mode: Mode) -> None:
    """Hint at what the events since the last one are about."""
    try:
        async with connected(ctx, mode) as stripe:
            if account.event_cursor is None:
                await _begin(ctx, stripe, mode)
            else:
                await _go_on(ctx, stripe, mode, account.event_cursor)
    except Missing:
        # Stripe lists events for thirty days, and this installation stood still for longer.
        await _set(ctx, mode, None)
        await syncing.begin(ctx, mode)


async def _begin(ctx: Context, stripe: StripeClient, mode: Mode) -> None:
    """What was before this moment, a reconciliation finds."""
    newest = (await stripe.v1.events.list_async({"limit": 1})).data
    await _set(ctx, mode, newest[0].id if newest else _BEGINNING)


async def _go_on(ctx: Context, stripe: StripeClient, mode: Mode, cursor: str) -> None:
    taken = 0
    while taken < MOST:
        page = await _newer(stripe, cursor)
        for event in page:
            for hint in webhooks.hints(event.to_dict()):
                await ctx.events.hint(hint.kind, hint.provider_ref, key=hint.event_id)
        if page:
            cursor = page[-1].id
            await _set(ctx, mode, cursor)
            await webhooks.note(ctx, mode)
        taken += len(page)
        if len(page) < PAGE:
            return


async def _newer(stripe: StripeClient, cursor: str) -> list[Event]:
    """The next events behind the cursor, the oldest first."""
    params: EventListParams = {"limit": PAGE}
    if cursor != _BEGINNING:
        params["ending_before"] = cursor
    return list(reversed((await stripe.v1.events.list_async(params)).data))


async def _set(ctx: Context, mode: Mode, cursor: str | None) -> None:
    store_id = ctx.require_store().id
    await ctx.db.run(queries.SET_CURSOR, store_id=store_id, mode=mode, new_event_cursor=cursor)
