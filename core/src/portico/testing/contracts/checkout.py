"""What core relies on in a payment provider: buying, refunds, webhooks."""

from __future__ import annotations

import pytest

from portico.catalog.models import Interval
from portico.hooks.checkout import (
    Checkout,
    CheckoutHooks,
    Hint,
    InboundWebhook,
    RefundReport,
    RefundRequest,
)
from portico.hooks.errors import Refused
from portico.ids import new_id
from portico.orders.models import OrderState, PaymentState, Refund, RefundState
from portico.stores.models import Mode
from portico.subscriptions.models import SubscriptionStatus
from portico.testing.browser import Browser
from portico.testing.contracts.base import Shop
from portico.testing.contracts.payments import (
    METHODS,
    ORDERS,
    PAYMENTS,
    SUBSCRIPTIONS,
    Bought,
    PaymentsContract,
)
from portico.testing.factories import make_order, make_payment


class CheckoutHooksContract(PaymentsContract):
    """A payment provider."""

    def attempt(self, shop: Shop) -> Checkout:
        """An attempt to buy, as core would hand it over."""
        order, items = make_order(
            shop.store, shop.customer, shop.price, shop.product, provider=shop.plugin
        )
        payment = make_payment(order, shop.plugin)
        back = f"{shop.rt.settings.base_url}/p/{shop.store.slug}/buy"
        return Checkout(
            payment, order, items, shop.price, shop.customer, f"{back}/return", f"{back}/x"
        )

    def refund_of(self, bought: Bought, amount: int) -> RefundRequest:
        """An attempt to pay back, as core would hand it over."""
        paid = bought.payment
        refund = Refund(
            store_id=paid.store_id, id=new_id("ref"), order_id=paid.order_id, payment_id=paid.id,
            mode=paid.mode, provider=paid.provider, provider_ref=None, state=RefundState.PENDING,
            amount=amount, currency=paid.currency, reason=None, idempotency_key=new_id("key"),
            created_at=paid.created_at, updated_at=paid.created_at,
        )  # fmt: skip
        return RefundRequest(refund, paid)

    async def test_it_can_be_tried_in_test_mode(self, shop: Shop) -> None:
        modes = shop.rt.registry.contributed(CheckoutHooks.checkout_modes)[shop.plugin]
        assert Mode.TEST in modes

    async def test_a_purchase_is_paid_when_the_provider_says_so(
        self, shop: Shop, browser: Browser
    ) -> None:
        url, payment = await self.checkout(shop)
        assert (await self.finish(shop, payment)).order.state is OrderState.PENDING
        await self.pay(shop, browser, url)
        bought = await self.finish(shop, payment)
        assert bought.order.state is OrderState.PAID
        assert bought.order.provider == shop.plugin
        assert bought.payment.state is PaymentState.SUCCEEDED
        assert (bought.payment.amount, bought.payment.currency) == (2000, shop.price.currency)
        assert bought.payment.mode is shop.store.mode

    async def test_a_declined_payment_pays_nothing(self, shop: Shop, browser: Browser) -> None:
        url, payment = await self.checkout(shop)
        await self.decline(shop, browser, url)
        bought = await self.finish(shop, payment)
        assert bought.order.state in (OrderState.PENDING, OrderState.FAILED)
        assert bought.payment.state is not PaymentState.SUCCEEDED

    async def test_who_gives_up_has_paid_nothing(self, shop: Shop, browser: Browser) -> None:
        url, payment = await self.checkout(shop)
        await self.give_up(shop, browser, url)
        bought = await self.finish(shop, payment)
        assert bought.order.state in (OrderState.PENDING, OrderState.FAILED)
        assert bought.payment.state is not PaymentState.SUCCEEDED

    async def test_the_same_attempt_is_begun_once(self, shop: Shop) -> None:
        attempt = self.attempt(shop)
        first = await shop.ask(CheckoutHooks.start_checkout, attempt)
        again = await shop.ask(CheckoutHooks.start_checkout, attempt)
        assert first.provider_ref == again.provider_ref
        other = await shop.ask(CheckoutHooks.start_checkout, self.attempt(shop))
        assert other.provider_ref != first.provider_ref

    async def test_the_page_is_reached_over_http(self, shop: Shop) -> None:
        redirect = await shop.ask(CheckoutHooks.start_checkout, self.attempt(shop))
        here = "http://127.0.0.1:"  # a provider's own server for tests, on this machine
        assert redirect.url.startswith((f"{shop.rt.settings.base_url}/", "https://", here))
        assert redirect.provider_ref

    async def test_reading_the_truth_again_changes_nothing(
        self, shop: Shop, browser: Browser
    ) -> None:
        from portico.orders.checkout import read_truth  # noqa: PLC0415 - pytest's start

        bought = await self.buy(shop, browser, Interval.MONTH)
        db = shop.rt.db
        before = [await db.all(q) for q in (ORDERS, PAYMENTS, SUBSCRIPTIONS, METHODS)]
        hint = Hint("payment", bought.payment.provider_ref or "")
        for _ in range(2):
            await read_truth(shop.rt, shop.store, shop.plugin, hint)
        assert [await db.all(q) for q in (ORDERS, PAYMENTS, SUBSCRIPTIONS, METHODS)] == before

    async def test_a_recurring_price_makes_a_subscription(
        self, shop: Shop, browser: Browser
    ) -> None:
        subscription = await self.subscribe(shop, browser)
        assert subscription.provider == shop.plugin
        assert subscription.status is SubscriptionStatus.ACTIVE
        assert subscription.customer_id == shop.customer.id
        assert subscription.current_period_end > subscription.current_period_start
        assert subscription.payment_method_id is not None

    async def test_an_unknown_reference_reports_nothing(self, shop: Shop) -> None:
        for kind in ("payment", "subscription", "refund"):
            try:
                assert await shop.ask(CheckoutHooks.read_back, Hint(kind, "unknown")) == []
            except Refused:
                continue

    async def test_a_forged_webhook_is_refused(self, shop: Shop) -> None:
        for body in (b"", b"{}", b'{"type": "payment", "id": "pay_1"}', b"\xff\x00"):
            forged = InboundWebhook({"content-type": "application/json"}, body, "192.0.2.9")
            with pytest.raises(Refused):
                await shop.ask(CheckoutHooks.receive_webhook, forged)

    async def test_an_order_is_paid_back_in_parts_and_no_more(
        self, shop: Shop, browser: Browser
    ) -> None:
        from portico.orders import service  # noqa: PLC0415 - pytest's start

        order = (await self.buy(shop, browser)).order
        await service.refund(shop.rt, shop.store, order.id, 500, None, by="test")
        (partly,) = await shop.rt.db.all(ORDERS)
        assert (partly.state, partly.refunded) == (OrderState.PARTIALLY_REFUNDED, 500)
        with pytest.raises(Refused):
            await service.refund(shop.rt, shop.store, order.id, 1501, None, by="test")
        await service.refund(shop.rt, shop.store, order.id, 1500, None, by="test")
        (whole,) = await shop.rt.db.all(ORDERS)
        assert (whole.state, whole.refunded) == (OrderState.REFUNDED, 2000)

    async def test_the_same_refund_is_paid_once(self, shop: Shop, browser: Browser) -> None:
        bought = await self.buy(shop, browser)
        refund = self.refund_of(bought, 700)
        first = await shop.ask(CheckoutHooks.refund_payment, refund)
        again = await shop.ask(CheckoutHooks.refund_payment, refund)
        assert isinstance(first, RefundReport)
        assert (first.provider_ref, first.amount) == (again.provider_ref, again.amount)
        assert first.payment_ref == bought.payment.provider_ref
        rest = self.refund_of(bought, 1300)
        assert (await shop.ask(CheckoutHooks.refund_payment, rest)).amount == 1300
