"""What was sold elsewhere is taken in quietly, once, and as it was."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.activation import service as activation
from portico.api import (
    Context,
    Interval,
    Mode,
    OrderKind,
    PastCustomer,
    PastItem,
    PastKind,
    PastMethod,
    PastOrder,
    PastPrice,
    PastProduct,
    PastRefund,
    PastSubscription,
    PaymentState,
    Plugin,
    RefundState,
    SubscriptionStatus,
)
from portico.catalog import service as catalog
from portico.db import Query
from portico.emails.tables import emails
from portico.entitlements import service as entitlements
from portico.events.tables import outbox
from portico.figures import service as figures
from portico.figures.models import Period, Span
from portico.orders.models import Order, OrderState
from portico.orders.tables import orders, product_orders
from portico.runtime import Runtime
from portico.testing.factories import make_store

pytestmark = pytest.mark.plugins(type("Cashier", (Plugin,), {"name": "cashier", "title": "C"})())
BEFORE = datetime(2024, 2, 29, 12, tzinfo=UTC)
MODE = Mode.TEST


@pytest_asyncio.fixture
async def ctx(runtime: Runtime) -> Context:
    store = await make_store(runtime, mode=MODE, currency="EUR")
    await activation.enable(runtime, store, "cashier", by="test")
    return runtime.hooks.context(store, "cashier")


def customer(ref: str, email: str, days: int = 0, **more: Any) -> PastCustomer:
    return PastCustomer(ref, email, ref, BEFORE + timedelta(days=days), **more)


async def goods(ctx: Context) -> tuple[str, str]:
    """A product and its price by the month."""
    products = await ctx.past.add_products([PastProduct("p1", "Fonts", "", True, BEFORE)])
    made = PastPrice(
        "r1", products.ids["p1"], "EUR", 900, Interval.MONTH, 1, 0, active=True, created_at=BEFORE
    )
    return products.ids["p1"], (await ctx.past.add_prices([made])).ids["r1"]


def order(ref: str, person: str, product: str, total: int = 900, **more: Any) -> PastOrder:
    values: dict[str, Any] = {
        "mode": MODE, "kind": OrderKind.PURCHASE, "state": PaymentState.SUCCEEDED,
        "currency": "EUR", "total": total, "created_at": BEFORE, "paid_at": BEFORE,
        "items": [PastItem(product, None, "Fonts", 1, total)],
    }  # fmt: skip
    return PastOrder(ref, person, **(values | more))


async def rows(rt: Runtime, table: sa.Table) -> int:
    return await rt.db.one(Query(int, sa.select(sa.func.count()).select_from(table))) or 0


async def all_orders(rt: Runtime) -> Sequence[Order]:
    return await rt.db.all(Query(Order, sa.select(orders).order_by(orders.c.id)))


async def test_customers_of_one_address_are_one_person_and_what_is_no_address_is_said(
    ctx: Context,
) -> None:
    taken = await ctx.past.add_customers([
        customer("c2", "Ada@Example.com", days=2), customer("c1", "ada@example.com"),
        customer("c3", "bob@example.com"), customer("c4", ""), customer("c5", "nobody"),
        customer("guest", "ada@example.com", known=False),
    ])  # fmt: skip
    assert taken.ids["c1"] == taken.ids["c2"] == taken.ids["guest"] != taken.ids["c3"]
    assert taken.refused["c4"] != taken.refused["c5"]
    ada = await ctx.customers.by_email("ada@example.com")
    assert ada is not None and (ada.name, ada.created_at) == ("c1", BEFORE)
    assert await ctx.customers.refs(ada.id) == ["c1", "c2"]
    again = await ctx.past.add_customers([customer("c1", "moved@example.com")])
    assert again.ids == {"c1": ada.id}, "who is known stays who they are"


async def test_products_of_the_same_name_are_two_and_an_archived_one_is_not_sold(
    ctx: Context, runtime: Runtime
) -> None:
    taken = await ctx.past.add_products([
        PastProduct("prod_AAAAAAAA1", "Fonts", "", True, BEFORE),
        PastProduct("prod_AAAAAAAA2", "Fonts", "", False, BEFORE),
        PastProduct("p3", " ", "", True, BEFORE),
    ])  # fmt: skip
    assert taken.ids.keys() == {"prod_AAAAAAAA1", "prod_AAAAAAAA2"} and "p3" in taken.refused
    store = ctx.require_store()
    found = {one.id: one for one in await catalog.products(runtime, store)}
    slugs = [found[taken.ids[ref]].slug for ref in ("prod_AAAAAAAA1", "prod_AAAAAAAA2")]
    assert slugs == ["fonts", "fonts-aaaaaaa2"]
    assert found[taken.ids["prod_AAAAAAAA2"]].state.value == "archived"


async def test_a_price_that_makes_no_sense_is_refused_in_words(ctx: Context) -> None:
    product, _ = await goods(ctx)
    bad = PastPrice("r9", product, "XQQ", 100, None, 1, 0, active=True, created_at=BEFORE)
    taken = await ctx.past.add_prices([bad])
    assert not taken.ids and "currency" in taken.refused["r9"]


async def test_a_subscription_gives_access_as_one_that_was_sold_here(
    ctx: Context, runtime: Runtime
) -> None:
    product, price = await goods(ctx)
    ada = (await ctx.past.add_customers([customer("c1", "ada@example.com")])).ids["c1"]
    await ctx.past.add_methods([
        PastMethod(ref, ada, MODE, "card", "visa", "4242", 1, 2030, True, BEFORE)
        for ref in ("m1", "m2")
    ])  # fmt: skip
    now = ctx.now()
    await ctx.past.add_subscriptions([
        PastSubscription(
            "s1", ada, product, price, "Fonts", MODE, SubscriptionStatus.ACTIVE, "EUR", 900, 1,
            Interval.MONTH, 1, now, now + timedelta(days=30), BEFORE, method_ref="m2",
        )
    ])  # fmt: skip
    found = await ctx.subscriptions.by_ref("s1")
    assert found is not None and found.created_at == BEFORE
    methods = {one.id: one for one in await ctx.subscriptions.payment_methods(ada)}
    assert [one.is_default for one in methods.values()] == [True, False]
    assert methods[found.payment_method_id or ""].provider_ref == "m2"
    await ctx.past.add_orders([order("i1", ada, product, subscription_ref="s1")])
    (made,) = await all_orders(runtime)
    assert made.subscription_id == found.id
    (had,) = await entitlements.for_customer(runtime, ctx.require_store(), ada)
    assert had.active and had.subscription_id == found.id, "bought by the period, not for ever"


async def test_orders_and_refunds_are_taken_in_once_and_nobody_is_told(
    ctx: Context, runtime: Runtime
) -> None:
    product, _ = await goods(ctx)
    ada = (await ctx.past.add_customers([customer("c1", "ada@example.com")])).ids["c1"]
    waiting = await rows(runtime, outbox)
    bought = [order("p1", ada, product), order("p2", ada, product), order("p3", ada, product)]
    back = [
        PastRefund(ref, payment, state, "EUR", amount, None, BEFORE)
        for ref, payment, state, amount in (
            ("f1", "p1", RefundState.SUCCEEDED, 400), ("f2", "p1", RefundState.SUCCEEDED, 500),
            ("f3", "p2", RefundState.SUCCEEDED, 1), ("f4", "p3", RefundState.FAILED, 900),
            ("f5", "p9", RefundState.SUCCEEDED, 900),
        )
    ]  # fmt: skip
    for _ in range(2):
        taken = await ctx.past.add_orders(bought)
        refunded = await ctx.past.add_refunds(back)
        assert refunded.ids.keys() == {"f1", "f2", "f3", "f4"} and refunded.refused.keys() == {"f5"}
    found = {one.id: one for one in await all_orders(runtime)}
    states = [
        (found[taken.ids[ref]].state, found[taken.ids[ref]].refunded) for ref in ("p1", "p2", "p3")
    ]
    assert states == [
        (OrderState.REFUNDED, 900), (OrderState.PARTIALLY_REFUNDED, 1), (OrderState.PAID, 0),
    ]  # fmt: skip
    assert await rows(runtime, outbox) == waiting and await rows(runtime, emails) == 0
    held = await ctx.past.held(PastKind.PAYMENT, ["p1", "p2", "nothing"])
    assert {ref: one.amount for ref, one in held.items()} == {"p1": 900, "p2": 900}


async def test_what_is_taken_in_comes_and_goes_with_the_plugins_own_transaction(
    ctx: Context, runtime: Runtime
) -> None:
    with pytest.raises(RuntimeError, match="killed"):
        async with ctx.db.transaction():
            await ctx.past.add_customers([customer("c1", "ada@example.com")])
            raise RuntimeError("killed")
    assert await ctx.customers.by_email("ada@example.com") is None


async def test_lists_and_figures_find_what_was_taken_in(ctx: Context, runtime: Runtime) -> None:
    """What is kept so that pages need not count is what counting anew finds."""
    store = ctx.require_store()
    today = ctx.now() - timedelta(days=40)
    product, price = await goods(ctx)
    people = await ctx.past.add_customers([customer("c1", "ada@example.com")])
    person = people.ids["c1"]
    await figures.recount(runtime, store)  # the days are closed before anything is taken in
    await ctx.past.add_subscriptions([
        PastSubscription(
            "s1", person, product, price, "Fonts", MODE, SubscriptionStatus.ACTIVE, "EUR", 900, 1,
            Interval.MONTH, 1, today, today + timedelta(days=30), today,
        )
    ])  # fmt: skip
    await ctx.past.add_orders([
        order("o1", person, product, created_at=today, paid_at=today),
        order("o2", person, product, created_at=today, paid_at=today),
    ])  # fmt: skip
    await ctx.past.add_refunds([
        PastRefund("f1", "o2", RefundState.SUCCEEDED, "EUR", 900, None, today)
    ])  # fmt: skip
    period = Period.of(Span.QUARTER, ctx.now(), store.timezone)
    shown = await figures.of_store(runtime, store, period)
    (sales,) = shown.sales
    assert (shown.active, sales.orders, sales.refunded) == (1, 2, 900)
    listed = sa.select(product_orders.c.state).order_by(product_orders.c.state)
    assert await runtime.db.all(Query(OrderState, listed)) == [
        OrderState.PAID, OrderState.REFUNDED,
    ]  # fmt: skip
    await figures.recount(runtime, store)
    assert await figures.of_store(runtime, store, period) == shown
