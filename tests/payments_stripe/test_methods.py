"""A new payment method, and what is owed is paid with it at once."""

import re

import pytest
from portico.api import OrderState, Refused, Subscription, SubscriptionStatus
from portico.subscriptions import methods as payment_methods
from portico.subscriptions.models import AttemptState, PaymentMethod, PaymentMethodUpdate
from portico.testing.browser import Browser

from tests.payments_stripe.hosted import ASKS, DECLINED, FAILS_LATER, Person
from tests.payments_stripe.shop import Shop


async def visit(shop: Shop, subscription: Subscription | None) -> tuple[Person, str]:
    """The customer at Stripe's page, and the id of the attempt."""
    ids: list[str] = []

    def back(update_id: str) -> str:
        ids.append(update_id)
        return f"http://127.0.0.1:8000/p/{shop.store.slug}/payment-method/return?update={update_id}"

    about = subscription.id if subscription is not None else None
    url = await payment_methods.start_update(
        shop.rt, shop.store, await shop.customer(), about, back, locale="de"
    )
    return Person(url), ids[0]


async def back(shop: Shop, update_id: str) -> PaymentMethodUpdate:
    return await payment_methods.finish_update(
        shop.rt, shop.store, await shop.customer(), update_id
    )


async def methods(shop: Shop) -> list[PaymentMethod]:
    buyer = await shop.customer()
    return await payment_methods.methods_of_customer(shop.rt, shop.store.id, buyer.id)


async def owing(shop: Shop) -> Subscription:
    """A subscription whose renewal was declined."""
    await shop.subscribe(FAILS_LATER, trial_days=5)
    await shop.work(days=6)
    await shop.ctx.events.hint("subscription", (await shop.subscription()).provider_ref or "")
    await shop.work()
    found = await shop.subscription()
    assert found.status is SubscriptionStatus.PAST_DUE
    return found


async def test_a_failed_renewal_is_owed_and_says_why(shop: Shop) -> None:
    await owing(shop)
    newest = (await shop.payments())[-1]
    assert newest.provider_ref is not None and newest.provider_ref.startswith("in_")
    assert newest.failure_message is not None and "declined" in newest.failure_message


@pytest.mark.parametrize("for_all", [True, False])
async def test_what_is_owed_is_paid_with_the_new_card(shop: Shop, for_all: bool) -> None:
    old = await owing(shop)
    page, update_id = await visit(shop, None if for_all else old)
    assert (await back(shop, update_id)).state is AttemptState.PENDING
    await page.give()
    shop.keep_up()
    assert (await back(shop, update_id)).state is AttemptState.SUCCEEDED
    found = await shop.subscription()
    assert found.status is SubscriptionStatus.ACTIVE
    assert found.payment_method_id != old.payment_method_id
    assert [order.state for order in await shop.orders()] == [OrderState.PAID] * 2
    at_stripe = shop.held(found.provider_ref)
    new = next(one for one in await methods(shop) if one.id == found.payment_method_id)
    assert at_stripe["status"] == "active"
    assert at_stripe["default_payment_method"] == new.provider_ref
    assert (new.last4, new.brand, new.exp_month, new.exp_year) == ("4242", "visa", 12, 2034)
    default = shop.held(at_stripe["customer"])["invoice_settings"]["default_payment_method"]
    assert (default == new.provider_ref) is for_all
    assert new.is_default is for_all


async def test_the_portals_page_is_used_for_all_and_checkout_for_one(shop: Shop) -> None:
    one = await shop.subscribe()
    await visit(shop, None)
    kinds = shop.server.control("calls")
    assert kinds["by_path"].get("POST /v1/billing_portal/sessions", 0) == 1
    await visit(shop, one)
    assert shop.server.control("calls")["by_path"]["POST /v1/billing_portal/sessions"] == 1


async def test_an_account_without_a_portal_uses_checkout_for_all(shop: Shop) -> None:
    await shop.subscribe()
    shop.server.control("settings", portal=False)
    page, update_id = await visit(shop, None)
    await page.give("5555555555554444")
    assert (await back(shop, update_id)).state is AttemptState.SUCCEEDED
    found = await shop.subscription()
    new = next(one for one in await methods(shop) if one.id == found.payment_method_id)
    assert (new.brand, new.is_default) == ("mastercard", True)


async def test_a_card_that_is_declined_again_keeps_the_debt_and_says_so(shop: Shop) -> None:
    old = await owing(shop)
    page, update_id = await visit(shop, old)
    await page.give(FAILS_LATER)
    shop.keep_up()
    done = await back(shop, update_id)
    assert done.state is AttemptState.FAILED
    assert done.failure_message is not None and "declined" in done.failure_message
    assert (await shop.subscription()).status is SubscriptionStatus.PAST_DUE


async def test_a_card_that_cannot_be_saved_changes_nothing(shop: Shop) -> None:
    old = await shop.subscribe()
    page, update_id = await visit(shop, old)
    await page.give(DECLINED)
    assert (await back(shop, update_id)).state is AttemptState.PENDING
    assert (await shop.subscription()).payment_method_id == old.payment_method_id


@pytest.mark.parametrize("for_all", [True, False])
async def test_the_bank_asks_when_the_debt_is_collected(shop: Shop, for_all: bool) -> None:
    """The card is kept all the same; every page leads to where the payment is confirmed."""
    old = await owing(shop)
    browser, portal = Browser(shop.app), f"/p/{shop.store.slug}/"
    await browser.sign_in(await shop.customer())
    assert "Update your payment method to keep" in await browser.get(portal)
    assert "Confirm payment" not in browser.body
    about = f"{portal}subscriptions/{old.id}"
    await browser.send(f"{portal}billing/payment-methods" if for_all else f"{about}/payment-method")
    stripes = Person(browser.location)
    await stripes.give(ASKS)
    await stripes.prove()
    shop.keep_up()
    await browser.get(stripes.where.partition("8000")[2])
    assert browser.location == about
    page = await browser.follow()
    assert "Your payment method is updated." in page
    assert "Your bank wants you to confirm the payment of €20.00." in page
    found = await shop.subscription()
    new = next(one for one in await methods(shop) if one.id == found.payment_method_id)
    assert (new.last4, found.status) == ("3184", SubscriptionStatus.PAST_DUE)
    for where in (portal, f"{portal}billing", about):
        assert "Confirm payment" in await browser.get(where)
    pay = re.search(r'action="([^"]+/pay)"', browser.body)
    assert pay is not None
    await browser.send(pay[1])
    bank = Person(browser.location)
    await bank.use_saved(new.provider_ref)
    await bank.prove()
    await shop.work(minutes=6)
    for where in (portal, f"{portal}billing", about):
        assert "Confirm payment" not in await browser.get(where)
    assert (await shop.subscription()).status is SubscriptionStatus.ACTIVE
    assert shop.held(found.provider_ref)["status"] == "active"


async def test_who_gives_up_at_stripes_page_is_told_so_at_once(shop: Shop) -> None:
    """At the Billing portal and at Checkout: the link there is another than of who is done."""
    one = await shop.subscribe()
    browser, portal = Browser(shop.app), f"/p/{shop.store.slug}/"
    await browser.sign_in(await shop.customer())
    for form in ("billing/payment-methods", f"subscriptions/{one.id}/payment-method"):
        await browser.get(portal)
        await browser.send(portal + form)
        way_back = await Person(browser.location).way_back()
        await browser.get(way_back.partition("8000")[2])
        assert "You kept your payment method. Nothing has changed." in await browser.follow()


async def test_who_gives_up_at_the_portal_is_forgotten_after_a_while(shop: Shop) -> None:
    await shop.subscribe()
    _, given_up = await visit(shop, None)
    assert (await back(shop, given_up)).state is AttemptState.PENDING
    page, update_id = await visit(shop, None)
    await page.give()
    assert (await back(shop, update_id)).state is AttemptState.SUCCEEDED
    assert (await back(shop, given_up)).state is AttemptState.PENDING  # it has brought nothing
    await shop.work(hours=9)
    assert (await back(shop, given_up)).state is AttemptState.CANCELED


async def test_what_pays_or_owes_cannot_be_removed_whatever_core_knows(shop: Shop) -> None:
    """Asked directly, as if core had not noticed: Stripe's own state counts."""
    from portico.api import PaymentMethodHooks  # noqa: PLC0415

    await owing(shop)
    (method,) = await methods(shop)
    with pytest.raises(Refused, match="still to be paid"):
        await shop.rt.hooks.owner(
            shop.store, "payments_stripe", PaymentMethodHooks.remove_payment_method, method
        )
    assert shop.held(method.provider_ref)["customer"] is not None


async def test_a_card_removed_at_stripe_is_gone_here(shop: Shop) -> None:
    old = await shop.subscribe()
    page, update_id = await visit(shop, old)
    await page.give("5555555555554444")
    await back(shop, update_id)
    unused = next(one for one in await methods(shop) if one.last4 == "4242")
    shop.stripe.v1.payment_methods.detach(unused.provider_ref)
    await shop.ctx.events.hint("payment_method", unused.provider_ref)
    await shop.work()
    assert [one.brand for one in await methods(shop)] == ["mastercard"]
