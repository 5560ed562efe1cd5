"""What the suites of payment providers share: somebody who pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from portico.catalog.models import Interval
from portico.db import Query
from portico.orders.models import Order, Payment
from portico.orders.tables import orders, payments
from portico.subscriptions.models import PaymentMethod, Subscription
from portico.subscriptions.tables import payment_methods, subscriptions
from portico.testing.browser import Browser
from portico.testing.contracts.base import HooksContract, Shop

if TYPE_CHECKING:
    from quart import Quart

PAYMENTS = Query(Payment, sa.select(payments).order_by(payments.c.id))
ORDERS = Query(Order, sa.select(orders).order_by(orders.c.id))
SUBSCRIPTIONS = Query(Subscription, sa.select(subscriptions).order_by(subscriptions.c.id))
METHODS = Query(PaymentMethod, sa.select(payment_methods).order_by(payment_methods.c.id))


@dataclass(frozen=True, slots=True)
class Bought:
    """What there is after a purchase."""

    order: Order
    payment: Payment


class PaymentsContract(HooksContract):
    """Override ``pay``, ``decline`` and ``give_up``: what a person does on the provider's page.

    They get a browser and the page's address, and leave when the provider would send the person
    back. ``local`` turns an address of this installation into a path for the browser.
    """

    async def pay(self, shop: Shop, browser: Browser, url: str) -> None:
        """Pay (or give a new payment method) with success."""
        raise NotImplementedError("say how one pays on the provider's page")

    async def decline(self, shop: Shop, browser: Browser, url: str) -> None:
        """Try a payment method that is declined."""
        raise NotImplementedError("say how a payment is declined on the provider's page")

    async def give_up(self, shop: Shop, browser: Browser, url: str) -> None:
        """Leave the page by its way back, without paying."""
        raise NotImplementedError("say how one gives up on the provider's page")

    @staticmethod
    def local(url: str) -> str:
        """Path and query of an address."""
        parts = urlsplit(url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    @pytest.fixture
    def browser(self, app: Quart) -> Browser:
        return Browser(app)

    async def checkout(self, shop: Shop, interval: Interval | None = None) -> tuple[str, Payment]:
        """Begin to buy the product, once or by the interval; the page and the attempt."""
        from portico.orders import service  # noqa: PLC0415 - pytest imports this at its start
        from portico.testing.factories import make_price  # noqa: PLC0415

        price = shop.price
        if interval is not None:
            price = await make_price(shop.rt, shop.store, shop.product, interval)
        url = await service.start_checkout(
            shop.rt, shop.store, price, shop.customer.email, locale="en"
        )
        return url, (await shop.rt.db.all(PAYMENTS))[-1]

    async def finish(self, shop: Shop, payment: Payment) -> Bought:
        """The customer is back: ask the provider, as core does."""
        from portico.orders import service  # noqa: PLC0415 - see above

        order = await service.finish_checkout(shop.rt, shop.store, payment.id)
        found = next(one for one in await shop.rt.db.all(PAYMENTS) if one.id == payment.id)
        return Bought(order, found)

    async def buy(self, shop: Shop, browser: Browser, interval: Interval | None = None) -> Bought:
        """A whole purchase."""
        url, payment = await self.checkout(shop, interval)
        await self.pay(shop, browser, url)
        return await self.finish(shop, payment)

    async def subscribe(self, shop: Shop, browser: Browser) -> Subscription:
        """A whole purchase of a subscription by the month."""
        await self.buy(shop, browser, Interval.MONTH)
        (subscription,) = await shop.rt.db.all(SUBSCRIPTIONS)
        return subscription
