"""Runs an import: page by page, each taken in by one transaction together with where it was.

So it may be stopped anywhere: what was committed stays, and the next run goes on behind it. Two
that run at once (a command and the worker) do no page twice.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

from portico.api import (
    N_,
    Context,
    ImportRequest,
    ImportStep,
    Mode,
    Refused,
    RetryLater,
    new_id,
)

from portico_payments_stripe.client import Missing, Trouble, connected
from portico_payments_stripe.importing import goods, money, people, queries, sales
from portico_payments_stripe.importing.models import Import, ImportState
from portico_payments_stripe.importing.steps import Step, keep_records

STEPS: dict[str, Step] = {
    "products": Step("/v1/products", goods.PRODUCTS, goods.take_products),
    "prices": Step("/v1/prices", goods.PRICES, goods.take_prices),
    "customers": Step("/v1/customers", people.CUSTOMERS, people.take_customers),
    "subscriptions": Step("/v1/subscriptions", sales.SUBSCRIPTIONS, sales.take_subscriptions),
    "checkouts": Step("/v1/checkout/sessions", sales.SESSIONS, sales.take_sessions),
    "invoices": Step("/v1/invoices", sales.INVOICES, sales.take_invoices, sales.complete_invoices),
    "charges": Step("/v1/charges", money.CHARGES, money.take_charges),
    "refunds": Step("/v1/refunds", money.REFUNDS, money.take_refunds),
}
COMPARING = "comparing"
PHASES = (*STEPS, COMPARING)
WORDS = {
    "products": N_("Products"),
    "prices": N_("Prices"),
    "customers": N_("Customers"),
    "subscriptions": N_("Subscriptions"),
    "checkouts": N_("Checkouts"),
    "invoices": N_("Invoices"),
    "charges": N_("Charges"),
    "refunds": N_("Refunds"),
    COMPARING: N_("Comparing"),
}
SLICE_SECONDS = 240.0
"""How long the worker imports before it makes room for other work."""


async def run(ctx: Context, request: ImportRequest) -> AsyncIterator[ImportStep]:
    """Import to the end, from the beginning or from where it has stopped.

    Refused, in words, where the seller has to do something; RetryLater where Stripe is away.
    """
    at = await begin(ctx, request.mode)
    while at.state is ImportState.RUNNING:
        yield ImportStep(PHASES.index(at.phase) + 1, len(PHASES), WORDS[at.phase], at.looked)
        at = await advance(ctx, at)
    if at.problem:
        raise Refused(at.problem)


async def job(ctx: Context, payload: Mapping[str, Any]) -> None:
    """The worker's part: as ``run``, a few minutes at a time."""
    until = time.monotonic() + SLICE_SECONDS
    at = await latest(ctx, Mode(payload["mode"]))
    while at is not None and at.state is ImportState.RUNNING:
        if time.monotonic() > until:
            raise RetryLater(timedelta(seconds=1), "the import goes on", "more")
        at = await advance(ctx, at)


async def start(ctx: Context, mode: Mode) -> None:
    """Have the worker import."""
    at = await begin(ctx, mode)
    await ctx.events.enqueue("import", {"mode": mode.value}, key=f"import:{at.id}")


async def latest(ctx: Context, mode: Mode) -> Import | None:
    """The newest import of a mode."""
    return await ctx.db.one(queries.LATEST, store_id=ctx.require_store().id, mode=mode)


async def begin(ctx: Context, mode: Mode) -> Import:
    """The import that has not come to its end, or a new one."""
    at = await latest(ctx, mode)
    now = ctx.now()
    if at is not None and at.state is ImportState.FAILED:
        again = replace(at, state=ImportState.RUNNING, problem=None, updated_at=now)
        await _move(ctx, at, again)
        return again
    if at is not None and at.state is ImportState.RUNNING:
        return at
    new = Import(
        store_id=ctx.require_store().id, id=new_id("imp"), mode=mode, state=ImportState.RUNNING,
        phase=PHASES[0], cursor=None, looked=0, problem=None, started_at=now, updated_at=now,
        finished_at=None,
    )  # fmt: skip
    await ctx.db.run(queries.ADD_IMPORT, **_row(new))
    return new


async def advance(ctx: Context, at: Import) -> Import:
    """Take in one page; where that cannot be, the import waits for the seller."""
    try:
        if at.phase == COMPARING:
            return await _compare(ctx, at)
        step = STEPS[at.phase]
        try:
            async with connected(ctx, at.mode) as stripe:
                page = await step.fetch(stripe, at.cursor)
        except Missing:
            if at.cursor is None:
                raise
            # What the page stands behind was deleted: once more from the top, nothing is twice.
            return await _move(ctx, at, replace(at, cursor=None, updated_at=ctx.now()))
        return await _take(ctx, at, step, page)
    except Trouble as trouble:
        failed = replace(at, state=ImportState.FAILED, problem=trouble.problem)
        return await _move(ctx, at, failed)


async def _take(ctx: Context, at: Import, step: Step, page: Sequence[Any]) -> Import:
    moved = replace(
        at, cursor=page[-1].id if page else None, looked=at.looked + len(page),
        updated_at=ctx.now(),
    )  # fmt: skip
    if not page:
        moved = replace(moved, phase=PHASES[PHASES.index(at.phase) + 1], looked=0)
    async with ctx.db.transaction():
        now = await _move(ctx, at, moved)
        if now is moved:
            await keep_records(ctx, await step.take(ctx, at, page))
    return now


async def _compare(ctx: Context, at: Import) -> Import:
    async with ctx.db.transaction():
        page = await money.compare(ctx, at, at.cursor)
        if page:
            last = page[-1]
            moved = replace(
                at, cursor=f"{last.kind.value}:{last.id}", looked=at.looked + len(page),
                updated_at=ctx.now(),
            )  # fmt: skip
        else:
            now = ctx.now()
            moved = replace(at, state=ImportState.DONE, updated_at=now, finished_at=now)
        return await _move(ctx, at, moved)


async def _move(ctx: Context, old: Import, new: Import) -> Import:
    """Write where it is now; where somebody else was faster, that is where it is."""
    moved = await ctx.db.run(
        queries.MOVE, store_id=old.store_id, import_id=old.id, old_state=old.state,
        old_phase=old.phase, old_looked=old.looked,
        **{f"new_{name}": getattr(new, name) for name in queries.MOVING},
    )  # fmt: skip
    if moved:
        return new
    found = await ctx.db.one(queries.IMPORT, store_id=old.store_id, import_id=old.id)
    if found is None:
        raise LookupError(f"import {old.id} is gone")
    return found


def _row(at: Import) -> dict[str, Any]:
    return {one.name: getattr(at, one.name) for one in fields(at)}
