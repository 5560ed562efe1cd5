"""The sandbox keeps to what core relies on."""

from typing import ClassVar

import portico_payments_sandbox
from portico.api import Plugin, Subscription
from portico.orders import service as orders
from portico.testing.browser import Browser
from portico.testing.contracts import (
    CheckoutHooksContract,
    InvoiceHooksContract,
    PaymentMethodHooksContract,
    Shop,
    SubscriptionChangeHooksContract,
    SubscriptionHooksContract,
)
from portico_payments_sandbox import billing, reports


class OnTheCardPage:
    """What a person does on the hosted page."""

    plugin: ClassVar[Plugin] = portico_payments_sandbox.plugin

    async def pay(self, shop: Shop, browser: Browser, url: str) -> None:
        await self._card(browser, url, "4242 4242 4242 4242")
        assert browser.status == 303

    async def decline(self, shop: Shop, browser: Browser, url: str) -> None:
        await self._card(browser, url, "4000 0000 0000 0002")
        assert "was declined" in browser.body

    async def give_up(self, shop: Shop, browser: Browser, url: str) -> None:
        path = CheckoutHooksContract.local(url)
        await browser.get(path)
        await browser.send(path, step="cancel")
        assert browser.status == 303

    async def _card(self, browser: Browser, url: str, number: str) -> None:
        path = CheckoutHooksContract.local(url)
        await browser.get(path)
        await browser.send(path, number=number, expiry="12 / 34", cvc="123")


class TestCheckout(OnTheCardPage, CheckoutHooksContract):
    pass


class TestPaymentMethods(OnTheCardPage, PaymentMethodHooksContract):
    pass


class TestSubscriptions(OnTheCardPage, SubscriptionHooksContract):
    pass


class TestSubscriptionChanges(OnTheCardPage, SubscriptionChangeHooksContract):
    pass


class TestInvoices(OnTheCardPage, InvoiceHooksContract):
    async def owe(self, shop: Shop, subscription: Subscription) -> None:
        ctx = shop.rt.hooks.context(shop.store, "payments_sandbox")
        ref = subscription.provider_ref or ""
        await billing.fail_next(ctx, ref)
        await billing.renew_now(ctx, ref)
        told = await reports.of_subscription(ctx, ref)
        await orders.apply_reports(shop.rt, shop.store, "payments_sandbox", told)
