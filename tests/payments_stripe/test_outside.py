"""What is bought at Stripe without this store's checkout becomes an order where it is mapped."""

import pytest
from portico.api import Interval, OrderKind, OrderState, Price
from portico.entitlements import service as entitlements
from portico_payments_stripe import prices
from stripe import Price as StripePrice

from tests.payments_stripe.hosted import Person
from tests.payments_stripe.shop import Shop


async def price_at_stripe(shop: Shop, ours: Price | None, interval: str | None) -> StripePrice:
    """A price that the seller has made at Stripe, mapped to one of the store's."""
    product = shop.stripe.v1.products.create({"name": "Made at Stripe"})
    made = shop.stripe.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 1200}
        | ({"recurring": {"interval": interval}} if interval else {})  # type: ignore[arg-type]
    )
    if ours is not None:
        await prices.keep(shop.ctx, shop.ctx.mode, made.id, product.id, ours, "unspecified",
                          ours=False)  # fmt: skip
    return made


async def pay_elsewhere(shop: Shop, price: StripePrice, email: str = "") -> str:
    """Another checkout of the same account."""
    session = shop.stripe.v1.checkout.sessions.create({
        "mode": "subscription" if price.recurring else "payment",
        "line_items": [{"price": price.id, "quantity": 2}],
        "success_url": "https://elsewhere.example/",
        "customer_email": email or shop.buyer,
    })  # fmt: skip
    await Person(session.url or "").give()
    return session.id


async def test_another_checkout(shop: Shop) -> None:
    session = await pay_elsewhere(shop, await price_at_stripe(shop, shop.price, None))
    for _ in range(2):
        await shop.ctx.events.hint("payment", session)
        await shop.work()
    (order,) = await shop.orders()
    assert (order.kind, order.state, order.total) == (OrderKind.PURCHASE, OrderState.PAID, 2400)
    assert (await shop.payments())[0].provider_ref == session
    assert (await shop.customer()).name == "Ada Lovelace"


async def test_a_subscription_of_another_checkout_renews_here(shop: Shop) -> None:
    ours = await shop.sell(Interval.MONTH)
    session = await pay_elsewhere(shop, await price_at_stripe(shop, ours, "month"))
    subscription = shop.held(session)["subscription"]
    # What comes first may be either: both are about the same purchase.
    await shop.ctx.events.hint("subscription", subscription)
    await shop.work()
    await shop.ctx.events.hint("payment", session)
    await shop.work()
    found = await shop.subscription()
    assert (found.provider_ref, found.amount, found.quantity) == (subscription, 2400, 2)
    await shop.work(days=32)
    await shop.ctx.events.hint("subscription", subscription)
    await shop.work()
    kinds = [(order.kind, order.total) for order in await shop.orders()]
    assert kinds == [(OrderKind.RENEWAL, 2400), (OrderKind.PURCHASE, 2400)]


async def test_an_invoice_and_a_subscription_made_in_stripes_dashboard(shop: Shop) -> None:
    once = await price_at_stripe(shop, shop.price, None)
    monthly = await price_at_stripe(shop, await shop.sell(Interval.MONTH), "month")
    customer = shop.stripe.v1.customers.create({"email": shop.buyer, "name": "Ada"})
    card = shop.stripe.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.stripe.v1.customers.update(
        customer.id, {"invoice_settings": {"default_payment_method": card.id}}
    )
    made = shop.stripe.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": monthly.id}]}
    )
    await shop.ctx.events.hint("subscription", made.id)
    await shop.work()
    assert (await shop.subscription()).provider_ref == made.id
    invoice = shop.stripe.v1.invoices.create({"customer": customer.id})
    shop.stripe.v1.invoice_items.create(
        {"customer": customer.id, "invoice": invoice.id, "pricing": {"price": once.id}}
    )
    shop.stripe.v1.invoices.finalize_invoice(invoice.id)
    shop.stripe.v1.invoices.pay(invoice.id)
    await shop.ctx.events.hint("payment", invoice.id)
    await shop.work()
    assert sorted(order.total for order in await shop.orders()) == [1200, 1200]
    refs = {one.provider_ref for one in await shop.payments()}
    assert invoice.id in refs


async def test_a_subscription_gives_access_to_each_of_its_products_while_they_are_in_it(
    shop: Shop,
) -> None:
    ours = [await shop.sell(Interval.MONTH) for _ in range(2)]
    theirs = [await price_at_stripe(shop, one, "month") for one in ours]
    customer = shop.stripe.v1.customers.create({"email": shop.buyer})
    card = shop.stripe.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.stripe.v1.customers.update(
        customer.id, {"invoice_settings": {"default_payment_method": card.id}}
    )
    made = shop.stripe.v1.subscriptions.create(
        {"customer": customer.id, "items": [{"price": one.id} for one in theirs]}
    )
    await shop.ctx.events.hint("subscription", made.id)
    await shop.work()
    assert (await shop.subscription()).amount == 2400
    assert {one.product_id for one in ours} < await held(shop)
    left = shop.held(made.id)["items"]["data"][1]
    shop.stripe.v1.subscription_items.delete(left["id"])
    await shop.ctx.events.hint("subscription", made.id)
    await shop.work()
    assert await held(shop) == {ours[0].product_id}


async def held(shop: Shop) -> set[str]:
    """The products that the buyer has access to."""
    buyer = await shop.customer()
    found = await entitlements.for_customer(shop.rt, shop.store, buyer.id)
    return {one.product_id for one in found if one.active}


@pytest.mark.parametrize("interval", [None, "month"])
async def test_what_is_not_mapped_is_nobodys_order(shop: Shop, interval: str | None) -> None:
    session = await pay_elsewhere(shop, await price_at_stripe(shop, None, interval))
    await shop.ctx.events.hint("payment", session)
    await shop.work()
    assert await shop.payments() == []


async def test_it_goes_to_the_person_that_stripes_customer_is(shop: Shop) -> None:
    """Also where another address is typed: Stripe's customer says who it is."""
    await shop.subscribe()
    customer = shop.held((await shop.subscription()).provider_ref)["customer"]
    price = await price_at_stripe(shop, shop.price, None)
    session = shop.stripe.v1.checkout.sessions.create({
        "mode": "payment", "line_items": [{"price": price.id, "quantity": 1}],
        "success_url": "https://elsewhere.example/", "customer": customer,
    })  # fmt: skip
    shop.stripe.v1.customers.update(customer, {"email": "moved@buyer.example"})
    await Person(session.url or "").give()
    await shop.ctx.events.hint("payment", session.id)
    await shop.work()
    assert len(await shop.orders()) == 2
