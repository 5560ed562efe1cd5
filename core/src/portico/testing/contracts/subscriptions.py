"""What core relies on where subscriptions are cancelled and resumed."""

from __future__ import annotations

import pytest

from portico.hooks.errors import Refused
from portico.hooks.subscriptions import CancellationRequest, Resumption, SubscriptionHooks
from portico.ids import new_id
from portico.subscriptions.models import (
    AttemptState,
    Cancellation,
    CancellationMode,
    Subscription,
    SubscriptionStatus,
)
from portico.testing.browser import Browser
from portico.testing.contracts.base import Shop
from portico.testing.contracts.payments import SUBSCRIPTIONS, PaymentsContract


class SubscriptionHooksContract(PaymentsContract):
    """A payment provider whose subscriptions can be cancelled and resumed."""

    def cancellation(self, subscription: Subscription, mode: CancellationMode) -> Cancellation:
        """An attempt to cancel, as core would hand it over."""
        return Cancellation(
            store_id=subscription.store_id, id=new_id("can"), subscription_id=subscription.id,
            provider=subscription.provider, state=AttemptState.PENDING, cancel_mode=mode,
            reason=None, comment="", created_at=subscription.created_at, undone_at=None,
        )  # fmt: skip

    async def cancel(
        self, shop: Shop, subscription: Subscription, mode: CancellationMode
    ) -> Subscription:
        """Cancel as a customer does; the subscription afterwards."""
        from portico.subscriptions import service  # noqa: PLC0415 - pytest's start

        await service.cancel(shop.rt, shop.store, shop.customer, subscription.id, mode)
        return await self.current(shop)

    async def current(self, shop: Shop) -> Subscription:
        """The customer's subscription as core has it now."""
        (found,) = await shop.rt.db.all(SUBSCRIPTIONS)
        return found

    async def test_cancelled_at_the_periods_end_it_runs_until_then(
        self, shop: Shop, browser: Browser
    ) -> None:
        running = await self.subscribe(shop, browser)
        leaving = await self.cancel(shop, running, CancellationMode.AT_PERIOD_END)
        assert leaving.status is SubscriptionStatus.ACTIVE
        assert leaving.cancel_at == running.current_period_end
        assert leaving.ended_at is None

    async def test_cancelled_at_once_it_has_ended(self, shop: Shop, browser: Browser) -> None:
        running = await self.subscribe(shop, browser)
        ended = await self.cancel(shop, running, CancellationMode.IMMEDIATELY)
        assert ended.status is SubscriptionStatus.CANCELED
        assert ended.ended_at is not None
        assert ended.ended_at <= shop.clock.now()

    async def test_cancelling_twice_is_cancelling_once(self, shop: Shop, browser: Browser) -> None:
        running = await self.subscribe(shop, browser)
        request = CancellationRequest(
            self.cancellation(running, CancellationMode.AT_PERIOD_END), running
        )
        first = await shop.ask(SubscriptionHooks.cancel_subscription, request)
        again = await shop.ask(SubscriptionHooks.cancel_subscription, request)
        assert first.cancel_at == again.cancel_at == running.current_period_end
        assert first.provider_ref == again.provider_ref == running.provider_ref

    async def test_a_cancellation_is_undone_before_it_takes_effect(
        self, shop: Shop, browser: Browser
    ) -> None:
        from portico.subscriptions import service  # noqa: PLC0415 - pytest's start

        running = await self.subscribe(shop, browser)
        await self.cancel(shop, running, CancellationMode.AT_PERIOD_END)
        await service.resume(shop.rt, shop.store, shop.customer, running.id)
        resumed = await self.current(shop)
        assert resumed.status is SubscriptionStatus.ACTIVE
        assert resumed.cancel_at is None
        assert resumed.current_period_end == running.current_period_end

    async def test_what_has_ended_cannot_be_resumed(self, shop: Shop, browser: Browser) -> None:
        running = await self.subscribe(shop, browser)
        ended = await self.cancel(shop, running, CancellationMode.IMMEDIATELY)
        resumption = Resumption(self.cancellation(ended, CancellationMode.IMMEDIATELY), ended)
        with pytest.raises(Refused):
            await shop.ask(SubscriptionHooks.resume_subscription, resumption)

    async def test_a_stranger_to_the_provider_is_refused(
        self, shop: Shop, browser: Browser
    ) -> None:
        from dataclasses import replace  # noqa: PLC0415 - for this test only

        running = await self.subscribe(shop, browser)
        unknown = replace(running, provider_ref="unknown")
        request = CancellationRequest(
            self.cancellation(unknown, CancellationMode.IMMEDIATELY), unknown
        )
        with pytest.raises(Refused):
            await shop.ask(SubscriptionHooks.cancel_subscription, request)
        assert (await self.current(shop)).status is SubscriptionStatus.ACTIVE
