"""What a store's figures count of subscriptions, kept with each change."""

from collections.abc import Mapping

from portico.figures import days
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.subscriptions import queries
from portico.subscriptions.models import Subscription, SubscriptionStatus


async def moved(rt: Runtime, store: Store, old: Subscription | None, new: Subscription) -> None:
    """Count a subscription that was made, or changed. Inside the transaction of the change."""
    before = old.status if old is not None else None
    if before is not new.status:
        steps = {new.status: 1} | ({before: -1} if before is not None else {})
        # In one order everywhere, so that two transactions never wait for each other.
        for status in sorted(steps):
            await rt.db.run(
                queries.COUNT_STATUS, store_id=store.id, mode=new.mode, status=status,
                more=steps[status],
            )  # fmt: skip
    if old is None:
        await days.changed(rt, store, new.mode, new.created_at)
        return
    begins = SubscriptionStatus.INCOMPLETE in (old.status, new.status) and before is not new.status
    ends = old.ended_at != new.ended_at or SubscriptionStatus.CANCELED in (old.status, new.status)
    await days.changed(
        rt, store, new.mode,
        new.created_at if begins else None,
        *((old.ended_at, new.ended_at) if ends and old != new else ()),
    )  # fmt: skip


async def added(
    rt: Runtime, store: Store, many: Mapping[tuple[Mode, SubscriptionStatus], int]
) -> None:
    """Count many that were made at once. Inside the transaction that makes them."""
    for (mode, status), more in sorted(many.items()):
        await rt.db.run(
            queries.COUNT_STATUS, store_id=store.id, mode=mode, status=status, more=more
        )


async def recount(rt: Runtime, store: Store) -> None:
    """Count the store's subscriptions anew. In a transaction: whoever changes one waits for it."""
    await rt.db.run(queries.DROP_COUNTS, store_id=store.id)
    await rt.db.run(queries.COUNT_ALL, store_id=store.id)
