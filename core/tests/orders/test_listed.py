"""How often a product was sold, kept with every change of an order."""

import sqlalchemy as sa
from portico.catalog import service as catalog
from portico.db import Command
from portico.figures import service as figures
from portico.orders.listed import listed
from portico.orders.models import OrderKind, OrderState
from portico.orders.tables import orders, product_sales
from portico.testing import factories


async def sales(rt, store):
    found = await catalog.search_products(rt, store, limit=10)
    return {one.slug: one.sales for one in found}


async def change(rt, store, order, state):
    async with rt.db.transaction():
        await rt.db.run(
            Command(sa.update(orders).where(orders.c.id == order.id).values(state=state))
        )
        await listed(rt, store, order.id)


async def test_sales_follow_what_becomes_of_orders(runtime):
    store = await factories.make_store(runtime)
    font = await factories.make_product(runtime, store, slug="font")
    book = await factories.make_product(runtime, store, slug="book")
    customer = await factories.make_customer(runtime, store)
    first, _ = [await factories.make_paid_order(runtime, store, customer, font) for _ in range(2)]
    await factories.make_paid_order(runtime, store, customer, font, kind=OrderKind.RENEWAL)
    await factories.make_paid_order(
        runtime, store, customer, book, state=OrderState.PENDING, paid_at=None
    )
    assert await sales(runtime, store) == {"font": 2, "book": 0}

    for state, left in (
        (OrderState.PARTIALLY_REFUNDED, 2), (OrderState.REFUNDED, 1), (OrderState.REFUNDED, 1),
        (OrderState.PAID, 2), (OrderState.PENDING, 1),
    ):  # fmt: skip
        await change(runtime, store, first, state)
        assert await sales(runtime, store) == {"font": left, "book": 0}


async def test_sales_that_are_wrong_are_counted_anew(runtime):
    store = await factories.make_store(runtime)
    product = await factories.make_product(runtime, store)
    customer = await factories.make_customer(runtime, store)
    await factories.make_paid_order(runtime, store, customer, product)
    await runtime.db.run(Command(sa.update(product_sales).values(count=7)))
    await figures.recount(runtime, store)
    assert await sales(runtime, store) == {product.slug: 1}
