"""What core relies on where subscriptions change: plans, pauses, discounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portico.catalog.models import Interval, Price
from portico.hooks.changes import (
    ChangePreview,
    ChangeRequest,
    PauseRequest,
    RetentionOffer,
    SubscriptionChangeHooks,
)
from portico.hooks.checkout import PaymentReport, SubscriptionReport
from portico.hooks.errors import Refused
from portico.ids import new_id
from portico.orders.models import OrderKind, OrderState
from portico.subscriptions.models import (
    ChangeKind,
    ChangeState,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
)
from portico.testing.browser import Browser
from portico.testing.contracts.base import Shop
from portico.testing.contracts.payments import ORDERS, SUBSCRIPTIONS, PaymentsContract


class SubscriptionChangeHooksContract(PaymentsContract):
    """A payment provider whose customers can change their subscriptions.

    A hook that the plugin does not answer is not tested.
    """

    def _answers(self, hook: str) -> None:
        if hook not in vars(type(self.plugin)) and not any(
            hook in vars(one)
            for one in type(self.plugin).__mro__
            if one is not SubscriptionChangeHooks
        ):
            pytest.skip(f"{self.plugin.name} does not answer {hook}")

    def change_of(
        self, subscription: Subscription, kind: ChangeKind, **fields: object
    ) -> SubscriptionChange:
        """An attempt, as core would hand it over."""
        change = SubscriptionChange(
            subscription.store_id, new_id("chg"), subscription.id, subscription.provider, kind,
            ChangeState.PENDING, subscription.created_at, subscription.updated_at,
        )  # fmt: skip
        return replace(change, **fields)  # type: ignore[arg-type]  # the fields of the dataclass

    async def plan(self, shop: Shop, amount: int, interval: Interval = Interval.MONTH) -> Price:
        """Another price of the product."""
        from portico.testing.factories import make_price  # noqa: PLC0415 - pytest's start

        return await make_price(shop.rt, shop.store, shop.product, interval, unit_amount=amount)

    async def asked(
        self, shop: Shop, running: Subscription, price: Price, behavior: str
    ) -> tuple[ChangeRequest, ChangePreview]:
        """A change to ``price`` with its preview."""
        change = self.change_of(
            running, ChangeKind.PLAN, price_id=price.id, quantity=running.quantity,
            proration_behavior=behavior,
        )  # fmt: skip
        request = ChangeRequest(change, running, price)
        preview = await shop.ask(SubscriptionChangeHooks.preview_subscription_change, request)
        told = replace(change, prorated_at=preview.prorated_at)
        return replace(request, change=told), preview

    async def current(self, shop: Shop) -> Subscription:
        """The customer's subscription as core has it now."""
        (found,) = await shop.rt.db.all(SUBSCRIPTIONS)
        return found

    async def test_a_preview_says_what_is_due_and_changes_nothing(
        self, shop: Shop, browser: Browser
    ) -> None:
        self._answers("preview_subscription_change")
        running = await self.subscribe(shop, browser)
        dearer = await self.plan(shop, 5000)
        _, preview = await self.asked(shop, running, dearer, "always_invoice")
        # Nothing of the month has gone by (a provider may count some seconds).
        assert 2950 <= preview.due_now <= 3000
        assert 1950 <= preview.credit <= 2000
        assert preview.next_amount == 5000
        assert preview.next_at == running.current_period_end
        _, later = await self.asked(shop, running, dearer, "create_prorations")
        assert later.due_now == 0
        assert 7950 <= later.next_amount <= 8000
        _, free = await self.asked(shop, running, dearer, "none")
        assert (free.due_now, free.credit, free.next_amount) == (0, 0, 5000)
        assert (await self.current(shop)).amount == running.amount

    async def test_a_change_charges_what_was_previewed_and_once(
        self, shop: Shop, browser: Browser
    ) -> None:
        from portico.orders import service  # noqa: PLC0415 - pytest's start

        self._answers("change_subscription")
        running = await self.subscribe(shop, browser)
        dearer = await self.plan(shop, 5000)
        request, preview = await self.asked(shop, running, dearer, "always_invoice")
        first = await shop.ask(SubscriptionChangeHooks.change_subscription, request)
        again = await shop.ask(SubscriptionChangeHooks.change_subscription, request)
        for told in (first, again):
            assert isinstance(told[0], SubscriptionReport)
            assert (told[0].price_id, told[0].amount) == (dearer.id, 5000)
            paid = [one for one in told if isinstance(one, PaymentReport)]
            assert [(one.amount, one.order_kind) for one in paid] == [
                (preview.due_now, OrderKind.CHANGE)
            ]
            await service.apply_reports(shop.rt, shop.store, shop.plugin, told)
        changed = await self.current(shop)
        assert (changed.price_id, changed.amount) == (dearer.id, 5000)
        assert changed.current_period_end == running.current_period_end
        orders = [one for one in await shop.rt.db.all(ORDERS) if one.kind is OrderKind.CHANGE]
        assert [(one.total, one.state) for one in orders] == [(preview.due_now, OrderState.PAID)]

    async def test_another_interval_begins_a_period(self, shop: Shop, browser: Browser) -> None:
        self._answers("change_subscription")
        running = await self.subscribe(shop, browser)
        yearly = await self.plan(shop, 20000, Interval.YEAR)
        request, preview = await self.asked(shop, running, yearly, "create_prorations")
        assert 18000 <= preview.due_now <= 18050
        (told, *_) = await shop.ask(SubscriptionChangeHooks.change_subscription, request)
        assert isinstance(told, SubscriptionReport)
        assert told.current_period_end > running.current_period_end + timedelta(days=300)
        assert told.current_period_end == preview.next_at

    async def test_a_stranger_cannot_be_changed(self, shop: Shop, browser: Browser) -> None:
        self._answers("preview_subscription_change")
        running = await self.subscribe(shop, browser)
        unknown = replace(running, provider_ref="unknown")
        with pytest.raises(Refused):
            await self.asked(shop, unknown, await self.plan(shop, 5000), "none")

    async def test_a_pause_begins_and_ends(self, shop: Shop, browser: Browser) -> None:
        self._answers("pause_subscription")
        running = await self.subscribe(shop, browser)
        until = running.current_period_end + timedelta(days=31)
        pause = PauseRequest(self.change_of(running, ChangeKind.PAUSE, resumes_at=until), running)
        for _ in range(2):
            paused = await shop.ask(SubscriptionChangeHooks.pause_subscription, pause)
            assert (paused.paused, paused.resumes_at) == (True, until)
            assert paused.status is SubscriptionStatus.ACTIVE
        end = PauseRequest(self.change_of(running, ChangeKind.UNPAUSE), running)
        for _ in range(2):
            goes_on = await shop.ask(SubscriptionChangeHooks.unpause_subscription, end)
            assert (goes_on.paused, goes_on.resumes_at) == (False, None)

    async def test_who_stays_pays_less_for_a_while(self, shop: Shop, browser: Browser) -> None:
        self._answers("apply_retention_offer")
        running = await self.subscribe(shop, browser)
        change = self.change_of(running, ChangeKind.RETENTION, percent_off=50, months=3)
        for _ in range(2):
            told = await shop.ask(
                SubscriptionChangeHooks.apply_retention_offer, RetentionOffer(change, running)
            )
            assert (told.amount, told.discounted_amount) == (2000, 1000)
            assert told.discount_ends_at is not None
            assert timedelta(days=80) < told.discount_ends_at - shop.clock.now()
            assert told.discount_ends_at - shop.clock.now() < timedelta(days=100)
