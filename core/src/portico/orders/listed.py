"""Orders by product, and how often each was sold: kept, so that lists need not count."""

from portico.orders import queries
from portico.runtime import Runtime
from portico.stores.models import Store


async def listed(rt: Runtime, store: Store, *order_ids: str) -> None:
    """To be called whenever an order's lines or its state have changed, in that transaction."""
    await rt.db.run(queries.COUNT_SALES, store_id=store.id, order_ids=order_ids)
    await rt.db.run(queries.LIST_ORDERS, store_id=store.id, order_ids=order_ids)


async def relist(rt: Runtime, store: Store) -> None:
    """Make both anew. In a transaction: whoever changes an order waits for it."""
    await rt.db.run(queries.LIST_ALL, store_id=store.id)
    await rt.db.run(queries.DROP_SALES, store_id=store.id)
    await rt.db.run(queries.COUNT_ALL_SALES, store_id=store.id)
