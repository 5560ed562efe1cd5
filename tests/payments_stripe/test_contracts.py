"""The plugin keeps to what core relies on, against a Stripe that remembers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import portico_payments_stripe
from portico.api import CheckoutHooks, Hint, Plugin, Subscription
from portico.clock import FixedClock
from portico.orders.reports import apply_reports
from portico.testing.browser import Browser
from portico.testing.contracts import (
    CheckoutHooksContract,
    ImportHooksContract,
    InvoiceHooksContract,
    PaymentMethodHooksContract,
    Shop,
    SubscriptionChangeHooksContract,
    SubscriptionHooksContract,
)
from portico_payments_stripe.client import api_base

from tests.payments_stripe.hosted import DECLINED, FAILS_LATER, Person


class OnStripesPage:
    """What a person does on the hosted page."""

    plugin: ClassVar[Plugin] = portico_payments_stripe.plugin
    settings: ClassVar[Mapping[str, Any]] = {"test_key": "sk_test_portico"}

    async def pay(self, shop: Shop, browser: Browser, url: str) -> None:
        person = await Person(url).give()
        assert "/return" in person.where, person.page

    async def decline(self, shop: Shop, browser: Browser, url: str) -> None:
        person = await Person(url).give(DECLINED)
        assert "declined" in person.page

    async def give_up(self, shop: Shop, browser: Browser, url: str) -> None:
        pass  # the way back is a link that tells Stripe nothing


class TestCheckout(OnStripesPage, CheckoutHooksContract):
    pass


class TestPaymentMethods(OnStripesPage, PaymentMethodHooksContract):
    pass


class TestSubscriptions(OnStripesPage, SubscriptionHooksContract):
    pass


class TestImporting(OnStripesPage, ImportHooksContract):
    async def fill(self, shop: Shop) -> None:
        async with _control() as control:
            await control.post("/reset")
            business = {"customers": 12, "subscriptions": 21, "purchases": 10, "shared": 4}
            assert (await control.post("/bulk", json=business)).status_code == 200


class TestSubscriptionChanges(OnStripesPage, SubscriptionChangeHooksContract):
    pass


class TestInvoices(OnStripesPage, InvoiceHooksContract):
    async def pay(self, shop: Shop, browser: Browser, url: str) -> None:
        person = await Person(url).give()
        assert "/return" in person.where or "paid" in person.page, person.page

    async def owe(self, shop: Shop, subscription: Subscription) -> None:
        month, ref = timedelta(days=32), subscription.provider_ref or ""
        await _give_a_card_that_fails(ref)
        async with _control() as control:
            await control.post("/advance", json={"seconds": int(month.total_seconds())})
        assert isinstance(shop.rt.clock, FixedClock)
        shop.rt.clock.advance(month)
        told = await shop.ask(CheckoutHooks.read_back, Hint("subscription", ref))
        await apply_reports(shop.rt, shop.store, self.plugin.name, told)


def _control() -> httpx.AsyncClient:
    """The control API of the server."""
    return httpx.AsyncClient(base_url=f"{api_base()}/_control", timeout=60, verify=False)


async def _give_a_card_that_fails(subscription: str) -> None:
    """What the subscription is paid with from now on."""
    stripe = httpx.AsyncClient(
        base_url=f"{api_base()}/v1", auth=("sk_test_portico", ""), verify=False
    )
    async with stripe:
        customer = (await stripe.get(f"/subscriptions/{subscription}")).json()["customer"]
        card = {"card[number]": FAILS_LATER, "card[exp_month]": "12", "card[exp_year]": "2034"}
        made = await stripe.post("/payment_methods", data={"type": "card", **card})
        method = made.json()["id"]
        await stripe.post(f"/payment_methods/{method}/attach", data={"customer": customer})
        given = {"default_payment_method": method}
        answer = await stripe.post(f"/subscriptions/{subscription}", data=given)
        assert answer.status_code == 200, answer.text
