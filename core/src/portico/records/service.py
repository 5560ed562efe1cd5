"""Single records of a store, each with one statement; None where the store has no such record."""

from portico.records import queries
from portico.records.models import LicenseRecord, OrderRecord, SubscriptionRecord
from portico.runtime import Runtime


async def order(rt: Runtime, store_id: str, order_id: str) -> OrderRecord | None:
    """An order of the store and what hangs on it."""
    found = await rt.db.one(queries.ORDER, store_id=store_id, id=order_id)
    return found if found and found.orders else None


async def subscription(
    rt: Runtime, store_id: str, subscription_id: str
) -> SubscriptionRecord | None:
    """A subscription of the store and what hangs on it."""
    found = await rt.db.one(queries.SUBSCRIPTION, store_id=store_id, id=subscription_id)
    return found if found and found.subscriptions else None


async def license(rt: Runtime, store_id: str, license_id: str) -> LicenseRecord | None:  # noqa: A001 - its word
    """A license key of the store and what hangs on it."""
    found = await rt.db.one(queries.LICENSE, store_id=store_id, id=license_id)
    return found if found and found.licenses else None
