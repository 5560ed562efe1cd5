"""Reconciliation: goes through what Stripe has and reads back what is otherwise here.

It repairs whatever no event told: webhooks that never arrived, an installation that stood still.
Every night by itself, and by "Sync now". Where it was is kept after every page, so that another
worker goes on when this one dies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portico.api import N_, Context, Mode, RetryLater, new_id

from portico_payments_stripe import accounts, differing, queries
from portico_payments_stripe.client import connected
from portico_payments_stripe.models import Sync, SyncState
from portico_payments_stripe.reading import KEEP_EVENTS, hint_kind
from portico_payments_stripe.settings import StripeSettings

if TYPE_CHECKING:
    from stripe import StripeClient

LOOK_BACK = timedelta(days=30)
"""How far the first one looks back at payments; what is older, an import brings."""
OVERLAP = timedelta(days=2)
"""How far the next ones look back behind the last one."""
_BROKE = N_("Something broke on our side; the log of the server says what. Start it once more.")


Step = Callable[[Context, "StripeClient", int, str | None], Awaitable[list[differing.Found]]]
PHASES: dict[str, Step] = {
    "subscriptions": differing.subscriptions,
    "sessions": differing.sessions,
    "invoices": differing.invoices,
    "refunds": differing.refunds,
    "disputes": differing.disputes,
}


async def daily(ctx: Context, payload: Mapping[str, Any]) -> None:
    """The job of every night."""
    store_id = ctx.require_store().id
    await ctx.db.run(queries.DROP_EVENTS, store_id=store_id, before=ctx.now() - KEEP_EVENTS)
    for mode in Mode:
        if ctx.settings(StripeSettings).key(mode) and await accounts.get(ctx, mode) is not None:
            await begin(ctx, mode)


async def begin(ctx: Context, mode: Mode) -> Sync:
    """Have the worker reconcile; where it is at it already, that one goes on."""
    store_id, now = ctx.require_store().id, ctx.now()
    running = await ctx.db.one(queries.RUNNING_SYNC, store_id=store_id, mode=mode)
    if running is None:
        account = await accounts.get(ctx, mode)
        last = account.reconciled_at if account is not None else None
        running = Sync(
            store_id=store_id, id=new_id("syn"), mode=mode, state=SyncState.RUNNING,
            phase=next(iter(PHASES)), cursor=None,
            since=last - OVERLAP if last is not None else now - LOOK_BACK,
            seen=0, repaired=0, problem=None, started_at=now, updated_at=now, finished_at=None,
        )  # fmt: skip
        await ctx.db.run(queries.ADD_SYNC, **_row(running))
    await ctx.events.enqueue("sync", {"id": running.id}, key=f"sync:{running.id}")
    return running


async def run(ctx: Context, payload: Mapping[str, Any]) -> None:
    """The job: from where it was to the end."""
    store_id = ctx.require_store().id
    sync = await ctx.db.one(queries.SYNC, store_id=store_id, id=str(payload["id"]))
    if sync is None or sync.state is not SyncState.RUNNING:
        return
    try:
        while sync.state is SyncState.RUNNING:
            async with connected(ctx, sync.mode) as stripe:
                sync = await _page(ctx, stripe, sync)
            await _save(ctx, sync)
    except RetryLater:
        raise  # the worker tries again, from here
    except Exception as error:
        problem = getattr(error, "problem", "") or _BROKE
        ended = replace(sync, state=SyncState.FAILED, problem=problem, finished_at=ctx.now())
        await _save(ctx, ended)
        raise
    await ctx.db.run(
        queries.SET_RECONCILED,
        store_id=store_id,
        mode=sync.mode,
        new_reconciled_at=sync.started_at,
    )
    await accounts.note_success(ctx, sync.mode)


async def _page(ctx: Context, stripe: StripeClient, sync: Sync) -> Sync:
    """One page of a phase; what differs is hinted at, and the worker reads it back."""
    since = int(sync.since.timestamp()) if sync.since is not None else 0
    found = await PHASES[sync.phase](ctx, stripe, since, sync.cursor)
    repaired = 0
    for one in found:
        if one.hint is not None:
            kind, stripe_id = one.hint
            await ctx.events.hint(hint_kind(sync.mode, kind), stripe_id, key=f"{sync.id}:{one.id}")
            repaired += 1
    moved = replace(
        sync, seen=sync.seen + len(found), repaired=sync.repaired + repaired,
        cursor=found[-1].id if found else sync.cursor, updated_at=ctx.now(),
    )  # fmt: skip
    return moved if len(found) == differing.PAGE else _next(ctx, moved)


def _next(ctx: Context, sync: Sync) -> Sync:
    names = list(PHASES)
    rest = names[names.index(sync.phase) + 1 :]
    if rest:
        return replace(sync, phase=rest[0], cursor=None)
    return replace(sync, state=SyncState.DONE, cursor=None, finished_at=ctx.now())


async def latest(ctx: Context, mode: Mode) -> Sync | None:
    """The newest reconciliation of a mode."""
    return await ctx.db.one(queries.LATEST_SYNC, store_id=ctx.require_store().id, mode=mode)


async def _save(ctx: Context, sync: Sync) -> None:
    changed = {
        f"new_{name}": value
        for name, value in _row(sync).items()
        if name not in ("store_id", "id", "mode", "since", "started_at")
    }
    await ctx.db.run(queries.SAVE_SYNC, store_id=sync.store_id, the_id=sync.id, **changed)


def _row(sync: Sync) -> dict[str, Any]:
    return {name: getattr(sync, name) for name in Sync.__dataclass_fields__}
