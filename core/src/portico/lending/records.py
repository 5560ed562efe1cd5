"""Records of the store, lent to read: orders, customers, subscriptions, the catalog."""

from collections.abc import Sequence

from portico.catalog.models import FileVersion, Price, Product
from portico.customers import service as customers_service
from portico.customers.models import Customer
from portico.lending import queries
from portico.lending.scope import Lent
from portico.orders.models import Order, OrderItem, Payment, Refund
from portico.subscriptions.models import PaymentMethod, Subscription

LONGEST_LIST = 1000


class LentOrders:
    """``Orders`` of one store."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def count(self, customer: Customer) -> int:
        lent = self._lent
        found = await lent.rt.db.one(
            queries.COUNT_PURCHASES,
            store_id=lent.store_id,
            customer_id=customer.id,
            mode=lent.mode,
        )
        return found or 0

    async def get(self, order_id: str) -> Order | None:
        lent = self._lent
        return await lent.rt.db.one(queries.ORDER, store_id=lent.store_id, id=order_id)

    async def by_number(self, number: int) -> Order | None:
        lent = self._lent
        return await lent.rt.db.one(queries.ORDER_BY_NUMBER, store_id=lent.store_id, number=number)

    async def of_customer(self, customer_id: str) -> Sequence[Order]:
        lent = self._lent
        return await lent.rt.db.all(
            queries.ORDERS_OF_CUSTOMER, store_id=lent.store_id, customer_id=customer_id,
            mode=lent.mode, limit=LONGEST_LIST,
        )  # fmt: skip

    async def items(self, order_id: str) -> Sequence[OrderItem]:
        lent = self._lent
        return await lent.rt.db.all(queries.ITEMS, store_id=lent.store_id, id=order_id)

    async def payment(self, provider_ref: str) -> Payment | None:
        lent = self._lent
        return await lent.rt.db.one(
            queries.PAYMENT,
            store_id=lent.store_id,
            provider=lent.plugin,
            provider_ref=provider_ref,
        )

    async def refund(self, provider_ref: str) -> Refund | None:
        lent = self._lent
        return await lent.rt.db.one(
            queries.REFUND,
            store_id=lent.store_id,
            provider=lent.plugin,
            provider_ref=provider_ref,
        )


class LentCustomers:
    """``Customers`` of one store, and what one plugin calls them."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def get(self, customer_id: str) -> Customer | None:
        lent = self._lent
        return await lent.rt.db.one(queries.CUSTOMER, store_id=lent.store_id, id=customer_id)

    async def by_email(self, email: str) -> Customer | None:
        return await customers_service.by_email(self._lent.rt, self._lent.store_id, email)

    async def link(self, customer_id: str, provider_ref: str) -> None:
        lent = self._lent
        await lent.rt.db.run(
            queries.LINK,
            store_id=lent.store_id,
            provider=lent.plugin,
            provider_ref=provider_ref,
            customer_id=customer_id,
        )

    async def refs(self, customer_id: str) -> Sequence[str]:
        lent = self._lent
        return await lent.rt.db.all(
            queries.REFS, store_id=lent.store_id, provider=lent.plugin, customer_id=customer_id
        )


class LentSubscriptions:
    """``Subscriptions`` that one plugin owns in one store."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def get(self, subscription_id: str) -> Subscription | None:
        lent = self._lent
        return await lent.rt.db.one(
            queries.SUBSCRIPTION, store_id=lent.store_id, provider=lent.plugin, id=subscription_id
        )

    async def by_ref(self, provider_ref: str) -> Subscription | None:
        lent = self._lent
        return await lent.rt.db.one(
            queries.SUBSCRIPTION_BY_REF,
            store_id=lent.store_id,
            provider=lent.plugin,
            provider_ref=provider_ref,
        )

    async def live(self, after: str = "", limit: int = 200) -> Sequence[Subscription]:
        lent = self._lent
        return await lent.rt.db.all(
            queries.LIVE_SUBSCRIPTIONS,
            store_id=lent.store_id,
            provider=lent.plugin,
            after=after,
            limit=min(limit, LONGEST_LIST),
        )

    async def payment_methods(self, customer_id: str) -> Sequence[PaymentMethod]:
        lent = self._lent
        return await lent.rt.db.all(
            queries.PAYMENT_METHODS,
            store_id=lent.store_id,
            provider=lent.plugin,
            customer_id=customer_id,
        )


class LentCatalog:
    """``Catalog`` of one store."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def product(self, product_id: str) -> Product | None:
        lent = self._lent
        return await lent.rt.db.one(queries.PRODUCT, store_id=lent.store_id, id=product_id)

    async def price(self, price_id: str) -> Price | None:
        lent = self._lent
        return await lent.rt.db.one(queries.PRICE, store_id=lent.store_id, id=price_id)

    async def offers(self) -> Sequence[tuple[Product, Price]]:
        lent = self._lent
        sold = await lent.rt.db.all(queries.SOLD, store_id=lent.store_id, limit=LONGEST_LIST)
        prices = await lent.rt.db.all(
            queries.PRICES_SOLD, store_id=lent.store_id, limit=LONGEST_LIST
        )
        of_product: dict[str, list[Price]] = {}
        for price in prices:
            of_product.setdefault(price.product_id, []).append(price)
        return [(one, price) for one in sold for price in of_product.get(one.id, ())]

    async def newest_versions(self, product_id: str) -> Sequence[FileVersion]:
        lent = self._lent
        return await lent.rt.db.all(queries.NEWEST_VERSIONS, store_id=lent.store_id, id=product_id)
