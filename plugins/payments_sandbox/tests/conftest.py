"""A store that sells through the sandbox, and a browser that buys."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import portico_payments_sandbox
import pytest
import pytest_asyncio
from portico.api import (
    Customer,
    Interval,
    Order,
    Plugin,
    Price,
    Product,
    Store,
    Subscription,
)
from portico.catalog import service as catalog
from portico.clock import FixedClock
from portico.customers import service as customers
from portico.events.handlers import schedule
from portico.orders import service as orders
from portico.runtime import Runtime
from portico.subscriptions import service as subscriptions
from portico.testing.factories import make_price, make_product, make_store
from portico.worker import Worker
from quart import Quart

GOOD = "4242 4242 4242 4242"
BUYER = "buyer@example.com"


@pytest.fixture
def portico_plugins() -> Sequence[Plugin]:
    return (portico_payments_sandbox.plugin,)


class Browser:
    """Keeps cookies and sends the forms of the pages it gets."""

    def __init__(self, app: Quart) -> None:
        self._client = app.test_client()
        self.path = "/"
        self.status = 0
        self.html = ""

    async def get(self, url: str) -> None:
        await self._go(url, None)

    async def post(self, url: str, **fields: str) -> None:
        await self._go(url, {"csrf_token": self.token, **fields})

    async def send(self, **fields: str) -> None:
        """Send the form of this page to where the page is."""
        await self.post(self.path, **fields)

    async def card(self, number: str, **fields: str) -> None:
        """Type a card and pay."""
        await self.send(**{"number": number, "expiry": "12 / 34", "cvc": "123", **fields})

    @property
    def token(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.html)
        return found[1] if found else ""

    async def _go(self, url: str, form: dict[str, str] | None) -> None:
        for _ in range(5):
            parts = urlsplit(url)
            self.path = parts.path + (f"?{parts.query}" if parts.query else "")
            if form is None:
                answer = await self._client.get(self.path)
            else:
                answer = await self._client.post(self.path, form=form)
            self.status = answer.status_code
            self.html = (await answer.get_data()).decode()
            if self.status != 303:
                return
            url, form = answer.headers["location"], None
        raise AssertionError(f"{url} redirects for ever")


@dataclass
class Shop:
    """What a test needs to sell something, and to look at what came of it."""

    app: Quart
    rt: Runtime
    store: Store
    clock: FixedClock
    product: Product
    price: Price

    async def sell(self, interval: Interval | None = None, **options: Any) -> str:
        """Another product; returns its slug."""
        product = await make_product(self.rt, self.store)
        await make_price(self.rt, self.store, product, interval, **options)
        return product.slug

    async def open_page(self, slug: str | None = None) -> Browser:
        """A browser at the sandbox's card page."""
        browser = Browser(self.app)
        await browser.get(f"/p/{self.store.slug}/buy/{slug or self.product.slug}")
        price = re.search(r'name="price_id" value="([^"]+)"', browser.html)
        assert price is not None, browser.html
        await browser.send(price_id=price[1], email=BUYER)
        assert "/x/payments_sandbox/" in browser.path, browser.html
        return browser

    async def buy(self, slug: str | None = None, card: str = GOOD) -> Browser:
        browser = await self.open_page(slug)
        await browser.card(card)
        return browser

    async def subscribe(self, card: str = GOOD, **options: Any) -> Subscription:
        slug = await self.sell(options.pop("interval", Interval.MONTH), **options)
        await self.buy(slug, card)
        return await self.subscription()

    async def dearer_plan(self, amount: int = 5000) -> Price:
        """Another monthly price of what the customer has subscribed to."""
        running = await self.subscription()
        product = await catalog.product_by_id(self.rt, self.store.id, running.product_id)
        assert product is not None
        return await make_price(self.rt, self.store, product, Interval.MONTH, unit_amount=amount)

    async def work(self, **later: float) -> None:
        """Let time pass, and the worker do what is due then."""
        await schedule(self.rt)
        if later:
            self.clock.advance(timedelta(**later))
        await Worker(self.rt).drain()

    async def customer(self) -> Customer:
        found = await customers.by_email(self.rt, self.store.id, BUYER)
        assert found is not None
        return found

    async def orders(self) -> list[Order]:
        buyer = await self.customer()
        return await orders.of_customer(self.rt, self.store, buyer.id)

    async def subscription(self) -> Subscription:
        buyer = await self.customer()
        found = await subscriptions.of_customer(self.rt, self.store.id, buyer.id)
        assert len(found) == 1
        return found[0]


@pytest_asyncio.fixture
async def shop(app: Quart, clock: FixedClock) -> AsyncIterator[Shop]:
    rt: Runtime = app.extensions["portico"]
    store = await make_store(rt)
    product = await make_product(rt, store)
    price = await make_price(rt, store, product)
    yield Shop(app, rt, store, clock, product, price)
