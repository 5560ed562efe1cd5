"""In which language a store writes to a customer."""

from portico.customers.models import Customer
from portico.orders import queries
from portico.runtime import Runtime
from portico.stores.models import Store


async def locale_of(rt: Runtime, store: Store, customer: Customer) -> str:
    """The language they have chosen, else that of their newest order, else the store's."""
    if customer.locale:
        return customer.locale
    key = {"store_id": store.id, "customer_id": customer.id}
    return await rt.db.one(queries.NEWEST_LOCALE, **key) or store.locale
