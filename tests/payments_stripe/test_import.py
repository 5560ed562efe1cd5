"""Each kind of thing in a Stripe account, imported: what becomes of it, and what the sheet says."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.api import (
    ImportHooks,
    ImportRequest,
    ImportSheet,
    Mode,
    OrderKind,
    OrderState,
    Product,
    SubscriptionStatus,
)
from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.db import Query
from portico.emails.tables import emails
from portico.entitlements import service as entitlements
from portico.hooks.errors import Refused
from portico.orders.models import Order, OrderItem
from portico.orders.service import finish_checkout
from portico.orders.tables import order_items, orders, payments
from portico_payments_stripe.importing import running
from portico_payments_stripe.importing.people import NOBODY

from tests.payments_stripe.shop import Shop

REQUEST = ImportRequest(Mode.TEST)


@pytest_asyncio.fixture
async def empty(shop: Shop) -> Shop:
    """A store, and a Stripe account in which nothing is."""
    shop.server.control("reset")
    return shop


async def imported(shop: Shop) -> ImportSheet:
    (importer,) = shop.rt.registry.contributed(ImportHooks.importers)["payments_stripe"]
    async for _ in importer.run(shop.ctx, REQUEST):
        pass
    sheet = await importer.sheet(shop.ctx, REQUEST)
    assert sheet is not None
    return sheet


def why(sheet: ImportSheet, what: str) -> dict[str, int]:
    return {one.why: one.count for one in sheet.reasons if one.what == what}


async def all_orders(shop: Shop) -> list[Order]:
    mine = sa.select(orders).where(orders.c.store_id == shop.store.id).order_by(orders.c.id)
    return await shop.rt.db.all(Query(Order, mine))


async def items_of(shop: Shop, order: Order) -> list[OrderItem]:
    mine = sa.select(order_items).where(order_items.c.order_id == order.id)
    return await shop.rt.db.all(Query(OrderItem, mine))


class Account:
    """Makes what is there."""

    def __init__(self, shop: Shop) -> None:
        self.stripe = shop.stripe.v1

    async def price(self, name: str, amount: int, currency: str = "eur", **more: Any) -> Any:
        product = await self.stripe.products.create_async({"name": name})
        return await self.stripe.prices.create_async(
            {"product": product.id, "currency": currency, "unit_amount": amount, **more}  # type: ignore[typeddict-item]
        )

    async def monthly(self, name: str, amount: int) -> Any:
        return await self.price(name, amount, recurring={"interval": "month"})

    async def customer(self, email: str | None, **more: Any) -> Any:
        given = {"email": email, **more} if email else more
        made = await self.stripe.customers.create_async(given)  # type: ignore[arg-type]
        card = await self.stripe.payment_methods.attach_async("pm_card_visa", {"customer": made.id})
        return await self.stripe.customers.update_async(
            made.id, {"invoice_settings": {"default_payment_method": card.id}}
        )

    async def subscribe(self, customer: Any, *prices: Any) -> Any:
        return await self.stripe.subscriptions.create_async(
            {"customer": customer.id, "items": [{"price": one.id} for one in prices]}
        )

    async def invoice(self, customer: Any, price: Any, **pay: Any) -> Any:
        made = await self.stripe.invoices.create_async(
            {"customer": customer.id, "currency": price.currency}
        )
        await self.stripe.invoice_items.create_async(
            {"customer": customer.id, "invoice": made.id, "pricing": {"price": price.id}}
        )
        await self.stripe.invoices.finalize_invoice_async(made.id)
        return await self.stripe.invoices.pay_async(made.id, pay)  # type: ignore[arg-type]


async def test_subscriptions_in_every_state_are_here_as_they_are_there(empty: Shop) -> None:
    empty.server.control("bulk", customers=30, subscriptions=42, purchases=0)
    sheet = await imported(empty)
    assert sheet.balances, sheet
    for held in empty.server.control("objects", kind="subscription"):
        found = await empty.ctx.subscriptions.by_ref(held["id"])
        if held["status"].startswith("incomplete"):
            assert found is None
            continue
        assert found is not None and found.status.value == held["status"], held["id"]
        assert (found.paused_from is not None) == (held["pause_collection"] is not None)
        assert (found.cancel_at is not None) == (held["cancel_at"] is not None)
    # What it has taken in is what reading back would have made of it: nothing is left to repair.
    await empty.work()
    for held in empty.server.control("objects", kind="subscription"):
        await empty.ctx.events.hint("subscription", held["id"], key="afterwards")
    before = [await empty.ctx.subscriptions.live(), await all_orders(empty)]
    await empty.work()
    after = [await empty.ctx.subscriptions.live(), await all_orders(empty)]
    assert [_still(one) for one in before] == [_still(one) for one in after]
    assert await empty.rt.db.one(Query(int, sa.select(sa.func.count()).select_from(emails))) == 0


def _still(records: Any) -> list[Any]:
    return [
        replace(one, updated_at=one.created_at, past_due_since=None, payment_method_id=None)
        if hasattr(one, "updated_at") else one
        for one in records
    ]  # fmt: skip


async def test_people_without_an_address_and_deleted_ones_stand_in_the_sheet(empty: Shop) -> None:
    there = Account(empty)
    price = await there.monthly("Fonts", 900)
    ada, again = await there.customer("ada@example.com"), await there.customer("ADA@example.com")
    nobody = await there.customer(None)
    gone = await there.customer("gone@example.com")
    for one in (ada, again, nobody, gone):
        await there.subscribe(one, price)
    await there.stripe.customers.delete_async(gone.id)
    sheet = await imported(empty)
    assert sheet.balances, sheet
    person = await customers.by_email(empty.rt, empty.store.id, "ada@example.com")
    assert person is not None
    assert set(await empty.ctx.customers.refs(person.id)) == {ada.id, again.id}
    assert why(sheet, "Customers") == {"It has no e-mail address.": 1}
    assert why(sheet, "Subscriptions") == {NOBODY: 2}
    assert sum(why(sheet, "Invoices").values()) == sum(why(sheet, "Charges").values()) == 2


async def test_currencies_without_cents_and_archived_products_keep_their_worth(
    empty: Shop,
) -> None:
    there = Account(empty)
    yen = await there.price("Poster", 500, "jpy")
    crowns = await there.price("Card", 50000, "isk")  # Stripe counts hundredths, ISO 4217 none
    halves = await there.stripe.prices.create_async({
        "product": (await there.stripe.products.create_async({"name": "Sheet"})).id,
        "currency": "eur", "unit_amount_decimal": Decimal("0.5"),
    })  # fmt: skip
    ada = await there.customer("ada@example.com")
    await there.invoice(ada, yen)
    await there.stripe.prices.update_async(crowns.id, {"active": False})
    await there.stripe.products.update_async(str(yen.product), {"active": False})
    sheet = await imported(empty)
    assert sheet.balances, sheet
    (order,) = await all_orders(empty)
    assert (order.total, order.currency, order.state) == (500, "JPY", OrderState.PAID)
    found = {one.name: one for one in await catalog.products(empty.rt, empty.store)}
    assert found["Poster"].state.value == "archived"
    (card,) = await catalog.all_prices(empty.rt, empty.store, [found["Card"].id])
    assert (card.unit_amount, card.currency, card.active) == (500, "ISK", False)
    assert [one.examples for one in sheet.reasons] == [(halves.id,)]


async def test_refunds_and_what_was_paid_by_other_means(empty: Shop) -> None:
    there = Account(empty)
    poster = await there.price("Poster", 2000)
    ada = await there.customer("ada@example.com", name="Ada")
    cash = await there.invoice(ada, poster, paid_out_of_band=True)
    await there.invoice(ada, poster)
    intent = await there.stripe.payment_intents.create_async({
        "amount": 700, "currency": "eur", "customer": ada.id, "confirm": True,
        "payment_method": "pm_card_visa", "off_session": True, "description": "Two stickers",
    })  # fmt: skip
    charges = empty.server.control("objects", kind="charge")
    (card,) = [one for one in charges if one["payment_intent"] != intent.id]
    await there.stripe.refunds.create_async({"charge": card["id"], "amount": 500})
    await there.stripe.refunds.create_async({"payment_intent": intent.id})
    sheet = await imported(empty)
    assert sheet.balances and not sheet.reasons, sheet
    found = {(await empty.ctx.orders.items(one.id))[0].description: one for one in
             await all_orders(empty) if one.total == 700}  # fmt: skip
    assert found["Two stickers"].state is OrderState.REFUNDED
    paid = await empty.ctx.orders.payment(cash.id)
    assert paid is not None and paid.amount == 2000
    states = sorted(one.state.value for one in await all_orders(empty))
    assert states == ["paid", "partially_refunded", "refunded"]


async def test_a_subscription_of_several_products_gives_access_to_each(empty: Shop) -> None:
    there = Account(empty)
    fonts, icons = await there.monthly("Fonts", 900), await there.monthly("Icons", 300)
    ada, bob = await there.customer("ada@example.com"), await there.customer("bob@example.com")
    made = await there.subscribe(ada, fonts, icons)
    other = await there.subscribe(bob, icons, fonts)
    sheet = await imported(empty)
    assert sheet.balances and not why(sheet, "Subscriptions"), sheet
    found = await empty.ctx.subscriptions.by_ref(made.id)
    alike = await empty.ctx.subscriptions.by_ref(other.id)
    assert found is not None and alike is not None
    assert (found.amount, found.status) == (1200, SubscriptionStatus.ACTIVE)
    assert found.description == "Fonts + Icons" and found.product_id == alike.product_id
    assert await has(empty, found.customer_id) == {"Fonts", "Icons", "Fonts + Icons"}
    # It stays so when it is read anew, and ends as one.
    await there.stripe.subscriptions.cancel_async(made.id)
    await empty.ctx.events.hint("subscription", made.id)
    await empty.work()
    assert await has(empty, found.customer_id) == set()
    assert await has(empty, alike.customer_id) == {"Fonts", "Icons", "Fonts + Icons"}
    order = next(one for one in await all_orders(empty) if one.subscription_id == found.id)
    assert (order.kind, order.total) == (OrderKind.PURCHASE, 1200)
    assert len(await items_of(empty, order)) == 2


async def test_what_is_left_out_of_a_subscription_stands_in_the_sheet(empty: Shop) -> None:
    there = Account(empty)
    fonts, nameless = await there.monthly("Fonts", 900), await there.monthly(" ", 300)
    made = await there.subscribe(await there.customer("ada@example.com"), nameless, fonts)
    sheet = await imported(empty)
    assert sheet.balances, sheet
    found = await empty.ctx.subscriptions.by_ref(made.id)
    assert found is not None
    assert (found.description, found.amount) == ("Fonts", 1200)
    assert await has(empty, found.customer_id) == {"Fonts"}
    ((words, count),) = why(sheet, "Subscriptions").items()
    assert "Some of its products were not taken in" in words and count == 1


async def has(shop: Shop, customer_id: str) -> set[str]:
    """The names of the products that a customer has access to."""
    held = await entitlements.for_customer(shop.rt, shop.store, customer_id)
    found = await catalog.products_by_ids(
        shop.rt, shop.store.id, [one.product_id for one in held if one.active]
    )
    return {one.name for one in found}


async def test_what_is_sold_here_already_is_not_imported_a_second_time(empty: Shop) -> None:
    await (await empty.open_page()).give()
    mine = sa.select(payments.c.id).where(payments.c.store_id == empty.store.id)
    (payment_id,) = await empty.rt.db.all(Query(str, mine))
    bought = await finish_checkout(empty.rt, empty.store, payment_id)
    products: list[Product] = list(await catalog.products(empty.rt, empty.store))
    sheet = await imported(empty)
    assert sheet.balances, sheet
    assert [one.id for one in await all_orders(empty)] == [bought.id]
    assert len(await catalog.products(empty.rt, empty.store)) == len(products)


async def test_a_difference_that_nobody_can_explain_does_not_balance(empty: Shop) -> None:
    there = Account(empty)
    made = await there.subscribe(
        await there.customer("ada@example.com"), await there.monthly("Fonts", 900)
    )
    assert (await imported(empty)).balances
    empty.server.control("webhooks", stopped=True)
    await there.stripe.subscriptions.cancel_async(made.id)
    sheet = await imported(empty)
    assert not sheet.balances
    assert why(sheet, "Subscriptions") == {
        "It is otherwise here. Sync now reads it anew; then import once more.": 1
    }


async def test_a_key_that_is_refused_waits_for_the_seller_and_then_goes_on(empty: Shop) -> None:
    empty.server.control("bulk", customers=5, subscriptions=5)
    empty.server.control("revoke", key=empty.server.key)
    with pytest.raises(Refused, match="key"):
        await imported(empty)
    at = await running.latest(empty.ctx, Mode.TEST)
    assert at is not None and at.problem
    empty.server.control("key", key=empty.server.key)
    assert (await imported(empty)).balances
    done = await running.latest(empty.ctx, Mode.TEST)
    assert done is not None and done.id == at.id


async def test_the_worker_imports_what_the_page_asks_for(empty: Shop) -> None:
    empty.server.control("bulk", customers=5, subscriptions=5)
    await running.start(empty.ctx, Mode.TEST)
    await running.start(empty.ctx, Mode.TEST)
    await empty.work()
    at = await running.latest(empty.ctx, Mode.TEST)
    assert at is not None and at.finished_at is not None
    assert len(await empty.ctx.subscriptions.live()) > 0
