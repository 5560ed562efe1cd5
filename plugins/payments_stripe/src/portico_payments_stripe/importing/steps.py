"""What the steps of an import share: a page is fetched, then taken in by one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from portico.api import Context

from portico_payments_stripe import queries as plugin_queries
from portico_payments_stripe.importing import queries
from portico_payments_stripe.importing.models import Import, Kind, Record
from portico_payments_stripe.values import moment

if TYPE_CHECKING:
    from stripe import StripeClient

PAGE = 100
"""As many as Stripe gives at once."""

Take = Callable[[Context, Import, Sequence[Any]], Awaitable[list[Record]]]
"""Takes a page in, inside a transaction; what is to be compared of it later."""


@dataclass(frozen=True, slots=True)
class Step:
    """One phase: a list of Stripe's, and what is done with a page of it.

    ``complete`` asks Stripe for what the list leaves out, before the transaction.
    """

    path: str
    params: Mapping[str, Any]
    take: Take
    complete: Callable[[Sequence[Any]], Awaitable[None]] | None = None

    async def fetch(self, stripe: StripeClient, after: str | None) -> Sequence[Any]:
        """The page behind ``after``, the id of the last object before it.

        The library takes so long to make objects of a page that other visitors would notice: it
        does so in a thread.
        """
        params = {**self.params, "starting_after": after} if after else self.params
        answer = await stripe.raw_request_async("get", self.path, **params)
        page: Any = await asyncio.to_thread(stripe.deserialize, answer, api_mode="V1")
        found: Sequence[Any] = page.data
        if self.complete is not None:
            await self.complete(found)
        return found


def record(
    run: Import, kind: Kind, thing: Any, ref: str | None, *, amount: int = 0, currency: str = "",
    state: str = "", why: str = "",
) -> Record:  # fmt: skip
    """A record of an object of Stripe's; ``amount`` in minor units, ``currency`` in capitals."""
    return Record(
        store_id=run.store_id, mode=run.mode, kind=kind, id=thing.id, import_id=run.id,
        ref=ref, currency=currency, amount=amount, state=state, why=why,
        created_at=moment(thing.created),
    )  # fmt: skip


async def records_by_id(ctx: Context, kind: Kind, ids: Iterable[str | None]) -> dict[str, Record]:
    """Records of a kind, as far as there are any."""
    wanted = sorted({one for one in ids if one})
    store_id = ctx.require_store().id
    found = await ctx.db.all(queries.RECORDS, store_id=store_id, kind=kind.value, ids=wanted)
    return {one.id: one for one in found}


async def refs_of(ctx: Context, ids: Iterable[str | None]) -> dict[str, str]:
    """The payments that these invoices and PaymentIntents belong to, as far as it is kept."""
    wanted = sorted({one for one in ids if one})
    found = await ctx.db.all(queries.REFS, store_id=ctx.require_store().id, ids=wanted)
    return {one.id: one.payment_ref for one in found}


async def keep_refs(ctx: Context, refs: Iterable[tuple[str | None, str]]) -> None:
    """Remember which invoices and PaymentIntents belong to which payments."""
    store_id = ctx.require_store().id
    rows = [
        {"store_id": store_id, "id": thing, "payment_ref": payment_ref}
        for thing, payment_ref in refs
        if thing is not None and thing != payment_ref
    ]
    await ctx.db.run_many(plugin_queries.KEEP_REF, rows)


async def keep_records(ctx: Context, records: Sequence[Record]) -> None:
    """Write down what there is to compare."""
    rows = [{one.name: getattr(found, one.name) for one in fields(found)} for found in records]
    await ctx.db.run_many(queries.KEEP_RECORD, rows)
