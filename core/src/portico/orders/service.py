"""Orders: buying, paying back, and what providers report. The parts are in modules of their own."""

from collections.abc import Sequence

from portico.orders import queries
from portico.orders.checkout import finish_checkout, start_checkout
from portico.orders.hints import put_hint
from portico.orders.mails import resend_confirmation
from portico.orders.models import Order, OrderItem, Payment, Refund
from portico.orders.readback import read_back
from portico.orders.refunds import refund
from portico.orders.reports import apply_reports
from portico.runtime import Runtime
from portico.stores.models import Mode, Store

__all__ = [
    "apply_reports",
    "by_id",
    "count",
    "finish_checkout",
    "get",
    "items",
    "items_of_orders",
    "latest",
    "of_customer",
    "payment",
    "payment_by_ref",
    "payments",
    "put_hint",
    "read_back",
    "refund",
    "refunds",
    "resend_confirmation",
    "start_checkout",
]


async def by_id(rt: Runtime, store_id: str, customer_id: str, order_id: str) -> Order | None:
    """The customer's order; None for another's, another store's, or none."""
    return await rt.db.one(
        queries.ORDER_OF_CUSTOMER, store_id=store_id, customer_id=customer_id, id=order_id
    )


async def get(rt: Runtime, store_id: str, order_id: str) -> Order | None:
    """An order of the store, whoever's it is."""
    return await rt.db.one(queries.ORDER, store_id=store_id, id=order_id)


async def of_customer(rt: Runtime, store: Store, customer_id: str) -> list[Order]:
    """What the customer has paid for, refunded or not, renewals too; the newest first."""
    return await rt.db.all(queries.ORDERS_OF_CUSTOMER, store_id=store.id, customer_id=customer_id)


async def latest(rt: Runtime, store_id: str, mode: Mode, limit: int) -> list[Order]:
    """The store's newest orders but for those that nobody has paid yet."""
    return await rt.db.all(queries.LATEST, store_id=store_id, mode=mode, limit=limit)


async def count(rt: Runtime, store_id: str, customer_id: str) -> int:
    """How many paid purchases the customer has made; renewals are not counted."""
    found = await rt.db.one(queries.PURCHASES_PAID, store_id=store_id, customer_id=customer_id)
    return found or 0


async def items(rt: Runtime, store_id: str, order_id: str) -> list[OrderItem]:
    """The lines of an order."""
    return await rt.db.all(queries.ITEMS, store_id=store_id, order_id=order_id)


async def items_of_orders(rt: Runtime, store_id: str, order_ids: Sequence[str]) -> list[OrderItem]:
    """The lines of these orders."""
    return await rt.db.all(queries.ITEMS_OF_ORDERS, store_id=store_id, order_ids=order_ids)


async def payment(rt: Runtime, store_id: str, payment_id: str) -> Payment | None:
    """A payment of the store."""
    return await rt.db.one(queries.PAYMENT, store_id=store_id, id=payment_id)


async def payment_by_ref(
    rt: Runtime, store_id: str, provider: str, provider_ref: str
) -> Payment | None:
    """The payment that a provider knows by its own reference."""
    return await rt.db.one(
        queries.PAYMENT_BY_REF, store_id=store_id, provider=provider, provider_ref=provider_ref
    )


async def payments(rt: Runtime, store_id: str, order_id: str) -> list[Payment]:
    """The attempts to collect an order's money, oldest first."""
    return await rt.db.all(queries.PAYMENTS_OF_ORDER, store_id=store_id, order_id=order_id)


async def refunds(rt: Runtime, store_id: str, order_id: str) -> list[Refund]:
    """What was paid back, or is being paid back, of an order; oldest first."""
    return await rt.db.all(queries.REFUNDS_OF_ORDER, store_id=store_id, order_id=order_id)
