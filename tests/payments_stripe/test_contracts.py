"""The plugin keeps to what core relies on, against a Stripe that remembers."""

from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
import portico_payments_stripe
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

from tests.payments_stripe.hosted import DECLINED, Person


class OnStripesPage:
    """What a person does on the hosted page."""

    plugin = portico_payments_stripe.plugin
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
        async with httpx.AsyncClient(base_url=f"{api_base()}/_control", timeout=60) as control:
            await control.post("/reset")
            business = {"customers": 12, "subscriptions": 21, "purchases": 10, "shared": 4}
            assert (await control.post("/bulk", json=business)).status_code == 200


class TestSubscriptionChanges(OnStripesPage, SubscriptionChangeHooksContract):
    pass


class TestInvoices(OnStripesPage, InvoiceHooksContract):
    pass
