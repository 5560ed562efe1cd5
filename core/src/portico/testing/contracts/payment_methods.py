"""What core relies on where customers change how they pay."""

from __future__ import annotations

import pytest

from portico.hooks.errors import Refused
from portico.subscriptions.models import AttemptState, PaymentMethodUpdate, Subscription
from portico.testing.browser import Browser
from portico.testing.contracts.base import Shop
from portico.testing.contracts.payments import METHODS, SUBSCRIPTIONS, PaymentsContract


class PaymentMethodHooksContract(PaymentsContract):
    """A payment provider whose customers can change their payment method."""

    async def start(self, shop: Shop, subscription: Subscription | None) -> tuple[str, str]:
        """The provider's page, and the id of the update."""
        from portico.subscriptions import methods  # noqa: PLC0415 - pytest's start

        ids: list[str] = []

        def return_url(update_id: str) -> str:
            ids.append(update_id)
            base = f"{shop.rt.settings.base_url}/p/{shop.store.slug}/payment-method/return"
            return f"{base}?update={update_id}"

        subscription_id = subscription.id if subscription else None
        url = await methods.start_update(
            shop.rt, shop.store, shop.customer, subscription_id, return_url
        )
        return url, ids[-1]

    async def ending(self, shop: Shop, update_id: str) -> PaymentMethodUpdate:
        """The customer is back: ask the provider, as core does."""
        from portico.subscriptions import methods  # noqa: PLC0415 - see above

        return await methods.finish_update(shop.rt, shop.store, shop.customer, update_id)

    async def test_a_new_method_pays_the_subscription(self, shop: Shop, browser: Browser) -> None:
        old = await self.subscribe(shop, browser)
        url, update_id = await self.start(shop, old)
        assert (await self.ending(shop, update_id)).state is AttemptState.PENDING
        await self.pay(shop, browser, url)
        done = await self.ending(shop, update_id)
        assert done.state is AttemptState.SUCCEEDED
        assert done.payment_method_id is not None
        (new,) = await shop.rt.db.all(SUBSCRIPTIONS)
        assert new.payment_method_id == done.payment_method_id
        assert new.status is old.status

    async def test_coming_back_twice_changes_nothing(self, shop: Shop, browser: Browser) -> None:
        url, update_id = await self.start(shop, await self.subscribe(shop, browser))
        await self.pay(shop, browser, url)
        first = await self.ending(shop, update_id)
        before = (await shop.rt.db.all(METHODS), await shop.rt.db.all(SUBSCRIPTIONS))
        again = await self.ending(shop, update_id)
        assert (again.state, again.payment_method_id) == (first.state, first.payment_method_id)
        assert (await shop.rt.db.all(METHODS), await shop.rt.db.all(SUBSCRIPTIONS)) == before

    async def test_who_gives_up_keeps_the_old_one(self, shop: Shop, browser: Browser) -> None:
        old = await self.subscribe(shop, browser)
        url, update_id = await self.start(shop, old)
        await self.give_up(shop, browser, url)
        assert (await self.ending(shop, update_id)).state is not AttemptState.SUCCEEDED
        (kept,) = await shop.rt.db.all(SUBSCRIPTIONS)
        assert kept.payment_method_id == old.payment_method_id

    async def test_a_declined_method_replaces_nothing(self, shop: Shop, browser: Browser) -> None:
        old = await self.subscribe(shop, browser)
        url, update_id = await self.start(shop, old)
        await self.decline(shop, browser, url)
        assert (await self.ending(shop, update_id)).state is not AttemptState.SUCCEEDED
        (kept,) = await shop.rt.db.all(SUBSCRIPTIONS)
        assert kept.payment_method_id == old.payment_method_id

    async def test_a_method_is_shown_by_its_last_digits_only(
        self, shop: Shop, browser: Browser
    ) -> None:
        await self.subscribe(shop, browser)
        for method in await shop.rt.db.all(METHODS):
            assert method.provider == shop.plugin
            assert len(method.last4) <= 4

    async def test_what_pays_a_subscription_cannot_be_removed(
        self, shop: Shop, browser: Browser
    ) -> None:
        from portico.subscriptions import methods  # noqa: PLC0415 - pytest's start

        subscription = await self.subscribe(shop, browser)
        method_id = subscription.payment_method_id or ""
        with pytest.raises(Refused):
            await methods.remove_method(shop.rt, shop.store, shop.customer, method_id)
        kept = next(one for one in await shop.rt.db.all(METHODS) if one.id == method_id)
        assert kept.detached_at is None

    async def test_what_pays_nothing_is_removed(self, shop: Shop, browser: Browser) -> None:
        from portico.subscriptions import methods  # noqa: PLC0415 - see above

        old = await self.subscribe(shop, browser)
        url, update_id = await self.start(shop, old)
        await self.pay(shop, browser, url)
        new = await self.ending(shop, update_id)
        if new.payment_method_id == old.payment_method_id:
            return  # the provider knows the same card again
        await methods.remove_method(shop.rt, shop.store, shop.customer, old.payment_method_id or "")
        removed = {one.id: one.detached_at is not None for one in await shop.rt.db.all(METHODS)}
        assert removed[old.payment_method_id or ""]
        assert not removed[new.payment_method_id or ""]
