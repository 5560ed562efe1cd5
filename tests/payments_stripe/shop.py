"""A store that sells through Stripe, and what a test needs to see what came of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import (
    Customer,
    Interval,
    Mode,
    Order,
    Payment,
    Price,
    Product,
    Store,
    Subscription,
)
from portico.catalog import prices as catalog_prices
from portico.clock import FixedClock
from portico.customers import service as customers
from portico.db import Query
from portico.events.handlers import schedule
from portico.hooks.context import Context
from portico.orders import service as orders
from portico.orders.tables import payments
from portico.runtime import Runtime
from portico.subscriptions import service as subscriptions
from portico.testing.factories import make_product, make_store
from portico.worker import Worker
from quart import Quart
from stripe import StripeClient

from tests.payments_stripe.hosted import GOOD, Person
from tests.support.stripe import StripeServer

PLUGIN = "payments_stripe"


@dataclass
class Shop:
    """One store, one buyer, and Stripe."""

    app: Quart
    rt: Runtime
    clock: FixedClock
    server: StripeServer
    store: Store
    product: Product
    price: Price
    buyer: str
    stripe: StripeClient = field(repr=False)

    # Selling

    async def sell(self, interval: Interval | None = None, **options: Any) -> Price:
        """Another product, with a price."""
        product = await make_product(self.rt, self.store)
        fields: dict[str, Any] = {"unit_amount": 2000, "currency": "EUR"}
        return await catalog_prices.add_price(
            self.rt, self.store, product.id, interval=interval, by="test", **fields | options
        )

    async def open_page(self, price: Price | None = None, **options: Any) -> Person:
        """The buyer at Stripe's page."""
        url = await orders.start_checkout(
            self.rt, self.store, price or self.price, self.buyer, locale="en", **options
        )
        return Person(url)

    async def buy(self, price: Price | None = None, card: str = GOOD, **options: Any) -> Order:
        """Buy, and come back."""
        await (await self.open_page(price, **options)).give(card)
        return await self.come_back()

    async def come_back(self) -> Order:
        """Return from Stripe's page: the newest order, as core then has it."""
        newest = (await self.payments())[-1]
        return await orders.finish_checkout(self.rt, self.store, newest.id)

    async def subscribe(self, card: str = GOOD, **options: Any) -> Subscription:
        """Subscribe to something by the month."""
        await self.buy(await self.sell(Interval.MONTH, **options), card)
        return await self.subscription()

    # Looking

    async def customer(self) -> Customer:
        found = await customers.by_email(self.rt, self.store.id, self.buyer)
        assert found is not None
        return found

    async def orders(self) -> list[Order]:
        return await orders.of_customer(self.rt, self.store, (await self.customer()).id)

    async def subscriptions(self) -> list[Subscription]:
        buyer = await self.customer()
        return await subscriptions.of_customer(self.rt, self.store.id, buyer.id)

    async def subscription(self) -> Subscription:
        (found,) = await self.subscriptions()
        return found

    async def payments(self) -> list[Payment]:
        """Every payment of the store, the oldest first."""
        mine = sa.select(payments).where(payments.c.store_id == self.store.id)
        return await self.rt.db.all(Query(Payment, mine.order_by(payments.c.id)))

    def held(self, stripe_id: str | None) -> dict[str, Any]:
        """What Stripe has."""
        found = self.server.control("object", id=stripe_id)
        assert found is not None, stripe_id
        return dict(found)

    @property
    def ctx(self) -> Context:
        return self.rt.hooks.context(self.store, PLUGIN)

    # Time and work

    async def work(self, **later: float) -> None:
        """Let time pass on both sides, and the worker do what is due then."""
        if later:
            span = timedelta(**later)
            self.server.control("advance", seconds=int(span.total_seconds()))
            self.clock.advance(span)
        self.keep_up()
        await schedule(self.rt)
        await Worker(self.rt).drain()

    def keep_up(self) -> None:
        """Our clock behind Stripe's would make its events come from the future."""
        now = datetime.fromtimestamp(self.server.control("state")["now"], UTC)
        self.clock.current = max(self.clock.current, now + timedelta(seconds=1))

    async def set(self, **values: Any) -> None:
        """Change the plugin's settings, as the dashboard does."""
        await activation.save_settings(self.rt, self.store, PLUGIN, values, by="test")


async def make_shop(app: Quart, rt: Runtime, clock: FixedClock, server: StripeServer) -> Shop:
    """A store in test mode with the plugin on and connected."""
    store = await make_store(rt, mode=Mode.TEST, currency="EUR")
    await activation.enable(rt, store, PLUGIN, by="test")
    await activation.save_settings(rt, store, PLUGIN, {"test_key": server.key}, by="test")
    product = await make_product(rt, store)
    price = await catalog_prices.add_price(
        rt, store, product.id, unit_amount=2000, currency="EUR", by="test"
    )
    buyer = f"{store.slug}@buyer.example"
    return Shop(app, rt, clock, server, store, product, price, buyer, server.library())
