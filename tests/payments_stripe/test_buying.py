"""Buying through a Checkout Session, and paying back."""

from typing import Any

import pytest
from portico.activation import service as activation
from portico.api import Interval, OrderState, Refused, SubscriptionStatus
from portico.orders import service as orders
from portico.orders.models import PaymentState
from portico.stores import service as stores

from tests.payments_stripe.hosted import ASKS, DECLINED
from tests.payments_stripe.shop import Shop


async def session_of(shop: Shop) -> dict[str, Any]:
    return shop.held((await shop.payments())[-1].provider_ref)


async def test_what_is_sold_is_made_at_stripe_once(shop: Shop) -> None:
    await shop.buy()
    await shop.buy()
    mine = [p for p in shop.server.control("objects", kind="price")
            if p["metadata"].get("portico_price") == shop.price.id]  # fmt: skip
    assert [(p["unit_amount"], p["currency"]) for p in mine] == [(2000, "eur")]
    product = shop.held(mine[0]["product"])
    assert (product["name"], product["metadata"]) == (
        shop.product.name, {"portico_product": shop.product.id},
    )  # fmt: skip


async def test_a_price_that_is_gone_at_stripe_is_made_again(shop: Shop) -> None:
    await shop.buy()
    first = (await session_of(shop))["id"]
    await shop.ctx.db.run(_move_price(shop))
    order = await shop.buy()
    assert order.state is OrderState.PAID
    assert (await session_of(shop))["id"] != first


def _move_price(shop: Shop) -> Any:
    import sqlalchemy as sa  # noqa: PLC0415
    from portico.db import Command  # noqa: PLC0415
    from portico_payments_stripe.tables import prices  # noqa: PLC0415

    return Command(sa.update(prices).values(id="price_of_another_account"))


async def test_a_trial_is_free_and_a_quantity_counts(shop: Shop) -> None:
    price = await shop.sell(Interval.MONTH, trial_days=14)
    order = await shop.buy(price, quantity=3)
    assert (order.state, order.total) == (OrderState.PAID, 0)
    found = await shop.subscription()
    assert (found.status, found.quantity, found.amount) == (SubscriptionStatus.TRIALING, 3, 6000)
    assert found.trial_end is not None
    assert (found.trial_end - found.current_period_start).days == 14
    assert found.price_id == price.id


async def test_a_promotion_code_takes_something_off(shop: Shop) -> None:
    await shop.set(allow_promotion_codes=True)
    coupon = shop.stripe.v1.coupons.create({"percent_off": 25, "duration": "once"})
    shop.stripe.v1.promotion_codes.create(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": f"OFF{shop.store.id[-8:]}"}
    )
    page = await shop.open_page()
    await page.use_code(f"OFF{shop.store.id[-8:]}")
    await page.give()
    order = await shop.come_back()
    assert (order.state, order.total) == (OrderState.PAID, 1500)
    assert await activation.findings(shop.rt, shop.store) == []


async def test_tax_comes_on_top_where_prices_are_without(shop: Shop) -> None:
    await shop.set(automatic_tax=True, prices_include_tax=False, tax_id_collection=True)
    shop.server.control("settings", tax_percent=19.0)
    order = await shop.buy()
    assert (order.state, order.total) == (OrderState.PAID, 2380)
    session = await session_of(shop)
    assert session["automatic_tax"]["enabled"] and session["tax_id_collection"]["enabled"]


async def test_only_who_is_signed_in_buys_as_a_known_customer(shop: Shop) -> None:
    """Anybody can type an address: they must not see whose cards Stripe keeps for it."""
    await shop.subscribe()
    known = (await session_of(shop))["customer"]
    person = await shop.customer()
    await shop.open_page()
    assert (await session_of(shop))["customer"] is None
    await shop.open_page(signed_in_as=person.id)
    assert (await session_of(shop))["customer"] == known
    await shop.set(saved_customer=False)
    await shop.open_page(signed_in_as=person.id)
    assert (await session_of(shop))["customer"] is None


async def test_a_person_may_be_several_customers_at_stripe(shop: Shop) -> None:
    await shop.subscribe()
    await shop.buy()
    person = await shop.customer()
    refs = await shop.ctx.customers.refs(person.id)
    assert len(refs) == 2
    assert all(ref.startswith("cus_") for ref in refs)


async def test_three_d_secure_at_the_purchase(shop: Shop) -> None:
    page = await (await shop.open_page()).give(ASKS)
    assert (await shop.come_back()).state is OrderState.PENDING
    await page.prove()
    assert (await shop.come_back()).state is OrderState.PAID


async def test_why_a_payment_was_not_taken(shop: Shop) -> None:
    await (await shop.open_page()).give(DECLINED)
    order = await shop.come_back()
    assert order.state is OrderState.PENDING  # the page is open: another card may be tried
    session = await session_of(shop)
    shop.stripe.v1.checkout.sessions.expire(session["id"])
    await orders.finish_checkout(shop.rt, shop.store, (await shop.payments())[-1].id)
    (payment,) = await shop.payments()
    assert payment.state == PaymentState.CANCELED


async def test_amounts_without_cents(shop: Shop) -> None:
    yen = await shop.sell(currency="JPY", unit_amount=1500)
    await shop.buy(yen)
    assert (await session_of(shop))["amount_total"] == 1500
    kronur = await shop.sell(currency="ISK", unit_amount=1500)
    order = await shop.buy(kronur)
    assert (await session_of(shop))["amount_total"] == 150_000
    assert (order.state, order.total) == (OrderState.PAID, 1500)


async def test_the_page_speaks_the_readers_language(shop: Shop) -> None:
    await orders.start_checkout(shop.rt, shop.store, shop.price, shop.buyer, locale="de")
    assert (await session_of(shop))["locale"] == "de"


# Paying back


async def test_a_refund_made_at_stripe_is_recorded(shop: Shop) -> None:
    order = await shop.buy()
    intent = (await session_of(shop))["payment_intent"]
    made = shop.stripe.v1.refunds.create({"payment_intent": intent, "amount": 500})
    await shop.ctx.events.hint("refund", made.id)
    await shop.work()
    (found,) = await shop.orders()
    assert (found.id, found.refunded) == (order.id, 500)
    assert found.state is OrderState.PARTIALLY_REFUNDED


async def test_a_refund_whose_answer_was_lost_is_paid_once(shop: Shop) -> None:
    order = await shop.buy()
    shop.server.control("fault", kind="cut_after", times=3, method="POST", path="/v1/refunds")
    pending = await orders.refund(shop.rt, shop.store, order.id, 700, None, by="test")
    assert pending.provider_ref is None
    await shop.work(hours=30)  # Stripe has forgotten the idempotency key by then
    (found,) = await shop.orders()
    assert found.refunded == 700
    intent = (await session_of(shop))["payment_intent"]
    made = [r for r in shop.server.control("objects", kind="refund")
            if r["payment_intent"] == intent]  # fmt: skip
    assert [one["amount"] for one in made] == [700]


async def test_a_renewal_is_paid_back_too(shop: Shop) -> None:
    await shop.subscribe()
    await shop.work(days=32)
    await shop.ctx.events.hint("subscription", (await shop.subscription()).provider_ref or "")
    await shop.work()
    renewal = (await shop.orders())[0]
    await orders.refund(shop.rt, shop.store, renewal.id, renewal.total, None, by="test")
    assert (await shop.orders())[0].state is OrderState.REFUNDED


async def test_more_than_is_left_at_stripe_is_refused_in_words(shop: Shop) -> None:
    order = await shop.buy()
    intent = (await session_of(shop))["payment_intent"]
    shop.stripe.v1.refunds.create({"payment_intent": intent, "amount": 1900})
    with pytest.raises(Refused, match="left to pay back"):
        await orders.refund(shop.rt, shop.store, order.id, 2000, None, by="test")


@pytest.mark.parametrize(("withdraws", "kept"), [(False, True), (True, False)])
async def test_a_dispute_follows_the_stores_rule(shop: Shop, withdraws: bool, kept: bool) -> None:
    from portico.entitlements import service as entitlements  # noqa: PLC0415

    shop.store = await stores.update_portal(
        shop.rt, shop.store.id, {"withdraw_access_while_disputed": withdraws}, by="test"
    )
    order = await shop.buy()
    charge = shop.held((await session_of(shop))["payment_intent"])["latest_charge"]
    made = shop.server.control("dispute", charge=charge, reason="fraudulent")
    await shop.ctx.events.hint("dispute", made["id"])
    await shop.work()

    async def has_it() -> bool:
        found = await entitlements.for_product(
            shop.rt, shop.store, order.customer_id, shop.product.id
        )
        return found is not None and found.active

    assert await has_it() is kept
    (finding,) = await activation.findings(shop.rt, shop.store)
    assert finding.kind == "dispute" and made["id"] in finding.message
    shop.server.control("settle-dispute", dispute=made["id"], won=True)
    await shop.ctx.events.hint("dispute", made["id"])
    await shop.work()
    assert await has_it()
