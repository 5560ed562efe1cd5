"""What was bought without core, or with a discount, or is taken back by a bank."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import (
    DisputeReport,
    DisputeState,
    Interval,
    OrderKind,
    OrderState,
    OutsideItem,
    OutsidePurchase,
    PaymentState,
    RefundReport,
    RefundState,
    SubscriptionStatus,
)
from portico.db import Query
from portico.emails.tables import emails
from portico.entitlements import service as entitlements
from portico.figures import days
from portico.figures import service as figures
from portico.figures.models import Period, Span
from portico.orders import service as orders
from portico.orders.tables import orders as orders_table
from portico.testing.factories import make_customer, make_price, make_product, make_store

from .conftest import BUYER

Shop = Any  # the fixture's class; see conftest.py


def purchase(price_id: str, **changes: Any) -> OutsidePurchase:
    fields = {"email": BUYER, "name": "Ada", "items": [OutsideItem(price_id, 2, 2000)]}
    return OutsidePurchase(**(fields | changes))


async def count_orders(shop: Shop) -> int:
    counted = sa.select(sa.func.count()).select_from(orders_table)
    return await shop.rt.db.one(Query(int, counted)) or 0


async def test_a_purchase_made_elsewhere_becomes_an_order_once(shop: Shop) -> None:
    report = shop.paid("cs_link", purchase=purchase(shop.price.id))
    await asyncio.gather(*[shop.report(report) for _ in range(6)])
    await shop.report(report)
    (order,) = await shop.orders()
    assert (order.kind, order.state, order.total) == (OrderKind.PURCHASE, OrderState.PAID, 2000)
    (item,) = await orders.items(shop.rt, shop.store.id, order.id)
    assert (item.product_id, item.quantity) == (shop.price.product_id, 2)
    kinds = await shop.rt.db.all(Query(str, sa.select(emails.c.kind)))
    assert kinds == ["confirmation"]
    mine = await entitlements.for_product(
        shop.rt, shop.store, order.customer_id, shop.price.product_id
    )
    assert mine is not None and mine.active


async def test_a_subscription_begun_elsewhere_is_one_here_and_renews(shop: Shop) -> None:
    product = await make_product(shop.rt, shop.store)
    price = await make_price(shop.rt, shop.store, product, Interval.MONTH)
    first = shop.paid("in_1", subscription_ref="sub_fake", purchase=purchase(price.id))
    now = shop.subscribed(payment_ref="in_1", amount=1500)
    await shop.report(first, now)
    await shop.report(first, shop.paid("in_2", subscription_ref="sub_fake"), now)
    found = await shop.subscription()
    assert (found.provider_ref, found.amount) == ("sub_fake", 1500)
    assert found.status is SubscriptionStatus.ACTIVE
    kinds = [order.kind for order in await shop.orders()]
    assert sorted(kinds) == [OrderKind.PURCHASE, OrderKind.RENEWAL]


async def test_it_belongs_to_the_customer_that_the_provider_names(shop: Shop) -> None:
    known = await make_customer(shop.rt, shop.store)
    bought = purchase(shop.price.id, email="other@example.com", customer_id=known.id)
    await shop.report(shop.paid("cs_link", purchase=bought))
    (order,) = await orders.of_customer(shop.rt, shop.store, known.id)
    assert order.customer_id == known.id


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.FAILED])
async def test_what_is_not_paid_elsewhere_is_no_order(shop: Shop, state: PaymentState) -> None:
    await shop.report(shop.paid("cs_link", state=state, purchase=purchase(shop.price.id)))
    assert await count_orders(shop) == 0


async def test_another_stores_price_and_no_address_make_no_order(shop: Shop) -> None:
    other = await make_store(shop.rt)
    foreign = await make_price(shop.rt, other, await make_product(shop.rt, other))
    await shop.report(
        shop.paid("cs_1", purchase=purchase(foreign.id)),
        shop.paid("cs_2", purchase=purchase(shop.price.id, email="")),
    )
    assert await count_orders(shop) == 0


async def test_a_discount_explains_what_is_missing(shop: Shop) -> None:
    await shop.report(shop.paid(await shop.begin(), amount=1500, discount=500))
    (order,) = await shop.orders()
    assert (order.state, order.total) == (OrderState.PAID, 1500)
    assert await activation.findings(shop.rt, shop.store) == []
    await orders.refund(shop.rt, shop.store, order.id, 1500, None, by="test")
    (order,) = await shop.orders()
    assert order.state is OrderState.REFUNDED


async def test_more_missing_than_the_discount_is_not_counted(shop: Shop) -> None:
    await shop.report(shop.paid(await shop.begin(), amount=1400, discount=500))
    assert await shop.orders() == [] or (await shop.orders())[0].state is OrderState.PENDING
    (finding,) = await activation.findings(shop.rt, shop.store)
    assert finding.kind == "payment_mismatch"


# Disputes


def dispute(ref: str, state: DisputeState, shop: Shop, withdraw: bool) -> DisputeReport:
    return DisputeReport("dp_1", ref, state, 2000, "EUR", shop.clock.now(), withdraw)


async def has_access(shop: Shop, customer_id: str) -> bool:
    found = await entitlements.for_product(shop.rt, shop.store, customer_id, shop.price.product_id)
    return found is not None and found.active


async def test_a_dispute_takes_access_away_until_it_is_won(shop: Shop) -> None:
    ref = await shop.begin()
    await shop.report(shop.paid(ref))
    (order,) = await shop.orders()
    for _ in range(2):
        await shop.report(dispute(ref, DisputeState.OPEN, shop, True))
    assert not await has_access(shop, order.customer_id)
    (finding,) = await activation.findings(shop.rt, shop.store)
    assert (finding.kind, finding.resolved_at) == ("dispute", None)
    await shop.report(dispute(ref, DisputeState.WON, shop, True))
    assert await has_access(shop, order.customer_id)
    open_now = [f for f in await activation.findings(shop.rt, shop.store) if not f.resolved_at]
    assert open_now == []


async def test_a_lost_dispute_leaves_nothing_and_another_rule_everything(shop: Shop) -> None:
    ref = await shop.begin()
    await shop.report(shop.paid(ref))
    (order,) = await shop.orders()
    await shop.report(dispute(ref, DisputeState.OPEN, shop, False))
    assert await has_access(shop, order.customer_id)
    await shop.report(dispute(ref, DisputeState.LOST, shop, True))
    assert not await has_access(shop, order.customer_id)


async def test_what_a_bank_has_taken_back_lowers_the_figures_of_its_day(shop: Shop) -> None:
    ref = await shop.begin()
    await shop.report(shop.paid(ref))
    shop.clock.advance(timedelta(days=3))
    await days.close(shop.rt, shop.store)
    for state, gone in (
        (DisputeState.OPEN, 0), (DisputeState.LOST, 2000), (DisputeState.WON, 0),
        (DisputeState.LOST, 2000),
    ):  # fmt: skip
        await shop.report(dispute(ref, state, shop, False))
        assert await paid_back(shop) == gone
        await days.close(shop.rt, shop.store)
        assert await paid_back(shop) == gone
        await figures.recount(shop.rt, shop.store)
        assert await paid_back(shop) == gone
    # Paid back before, in part: together it is no more than was paid.
    now = shop.clock.now()
    await shop.report(RefundReport("re_1", ref, RefundState.SUCCEEDED, 500, "EUR", now))
    assert await paid_back(shop) == 2000


async def paid_back(shop: Shop) -> int:
    period = Period.of(Span.WEEK, shop.clock.now(), shop.store.timezone)
    (sales,) = (await figures.of_store(shop.rt, shop.store, period)).sales
    assert (sales.orders, sales.amounts.total) == (1, 2000)
    return sales.refunded
