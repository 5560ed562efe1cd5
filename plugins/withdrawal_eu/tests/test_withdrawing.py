"""Withdrawing, as a guest and signed in; the acknowledgement; the seller's list."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from portico.activation import service as activation
from portico.api import Customer, Order, OrderKind, Store
from portico.clock import FixedClock
from portico.orders import service as orders
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.testing.browser import Browser, KeepMail, new_mail
from portico.testing.factories import (
    make_customer,
    make_paid_order,
    make_product,
    make_store,
)
from portico_withdrawal_eu import plugin, queries
from portico_withdrawal_eu.tables import Statement
from quart import Quart

PAGE = "/p/shop/x/withdrawal_eu/withdraw"
LIST = "/dashboard/shop/x/withdrawal_eu/statements"
BUYER = "ada@example.com"


@pytest.fixture
def mails() -> KeepMail:
    return KeepMail()


@pytest.fixture
def portico_plugins(mails: KeepMail) -> tuple[object, ...]:
    return (plugin, mails)


@pytest_asyncio.fixture
async def store(runtime: Runtime) -> Store:
    made = await make_store(
        runtime, slug="shop", support_email="help@shop.example", timezone="Europe/Berlin"
    )
    await activation.enable(runtime, made, plugin.name, by="test")
    return made


@pytest_asyncio.fixture
async def buyer(runtime: Runtime, store: Store) -> Customer:
    return await make_customer(runtime, store, BUYER)


@pytest_asyncio.fixture
async def order(runtime: Runtime, store: Store, buyer: Customer) -> Order:
    product = await make_product(runtime, store, name="Atlas")
    await make_paid_order(runtime, store, buyer, product)
    (made,) = await orders.of_customer(runtime, store, buyer.id)
    return made


async def waiting(runtime: Runtime, store: Store) -> list[Statement]:
    return await runtime.db.all(queries.OPEN, store_id=store.id, limit=10)


def hidden(body: str) -> dict[str, str]:
    """What the second step sends again."""
    found = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', body))
    found.pop("csrf_token", None)
    return found


async def withdraw(browser: Browser, **fields: str) -> str:
    """Both steps; the page that says so, and what is different between two of them cut out."""
    await browser.get(PAGE)
    await browser.send(PAGE, **fields)
    assert browser.status == 200, browser.body
    await browser.send(PAGE, confirm="1", **hidden(browser.body))
    assert browser.status == 303, browser.body
    return await browser.follow()


async def test_a_guest_withdraws_in_two_steps_and_gets_an_acknowledgement(
    app: Quart, runtime: Runtime, store: Store, order: Order, mails: KeepMail
) -> None:
    guest = Browser(app)
    home = await guest.get("/p/shop/sign-in")
    assert "Withdraw from contract here" in home and PAGE in home
    await guest.get(PAGE)
    await guest.send(PAGE, name="Ada <b>", number=f"#{order.number}", email=" ADA@Example.com",
                     part="the *second* copy")  # fmt: skip
    assert re.search(r">Confirm withdrawal</button>", guest.body)
    assert "Atlas" not in guest.body and await waiting(runtime, store) == []
    await guest.send(PAGE, confirm="1", **hidden(guest.body))
    assert "We received your withdrawal on" in await guest.follow()
    (made,) = await waiting(runtime, store)
    assert (made.order_id, made.name, made.in_time) == (order.id, "Ada <b>", True)
    found = {mail.to: mail for mail in await new_mail(runtime, mails)}
    assert set(found) == {BUYER, "help@shop.example"}
    text = " ".join(found[BUYER].text.replace(">", " ").split())
    assert made.statement in text and "the *second* copy" in text and "Atlas" in text
    assert str(order.number) in found[BUYER].subject
    moment = made.submitted_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{moment:%H:%M}" in text and str(moment.year) in text
    assert "/dashboard/shop/x/withdrawal_eu/statements" in found["help@shop.example"].text


async def test_the_answer_is_the_same_without_such_an_order_and_nobody_gets_mail(
    app: Quart, runtime: Runtime, store: Store, order: Order, mails: KeepMail
) -> None:
    number = str(order.number)

    async def answer(number: str, email: str) -> str:
        body = await withdraw(Browser(app), name="Ada", number=number, email=email)
        for text in (number, email):
            body = body.replace(text, "…")
        return re.sub(r'name="csrf_token" value="[^"]+"', "", body)

    expected = await answer(number, BUYER)
    await new_mail(runtime, mails)
    assert await answer("999999", BUYER) == expected
    assert await answer(number, "eve@example.com") == expected
    assert await new_mail(runtime, mails) == []
    unknown = [one for one in await waiting(runtime, store) if one.order_id is None]
    assert len(unknown) == 2 and {one.in_time for one in unknown} == {None}


async def test_confirming_twice_is_one_statement(
    app: Quart, runtime: Runtime, store: Store, order: Order, mails: KeepMail
) -> None:
    guest = Browser(app)
    await guest.get(PAGE)
    await guest.send(PAGE, name="Ada", number=str(order.number), email=BUYER)
    again = hidden(guest.body)
    for _ in range(2):
        await guest.send(PAGE, confirm="1", **again)
        assert guest.status == 303
    assert len(await waiting(runtime, store)) == 1
    assert len(await new_mail(runtime, mails)) == 2


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "number": "1", "email": BUYER}, "Please write your name."),
        ({"name": "Ada", "number": "one", "email": BUYER}, "Please write the order number."),
        ({"name": "Ada", "number": "1", "email": "ada@"}, "such as name@example.com"),
        ({"name": "A" * 201, "number": "1", "email": BUYER}, "This is too long."),
    ],
)
async def test_what_is_missing_is_said_at_the_field(
    app: Quart, store: Store, fields: dict[str, str], words: str
) -> None:
    guest = Browser(app)
    await guest.get(PAGE)
    await guest.send(PAGE, confirm="1", **fields)
    assert guest.status == 400 and words in guest.body and 'aria-invalid="true"' in guest.body


async def test_too_many_statements_wait(app: Quart, runtime: Runtime, store: Store) -> None:
    guest = Browser(app)
    for number in range(6):
        await guest.get(PAGE)
        await guest.send(
            PAGE, confirm="1", name="Eve", number=str(900000 + number), email="eve@example.com"
        )
    assert guest.status == 429 and "try again in" in guest.body
    assert len(await waiting(runtime, store)) == 5


async def test_who_is_signed_in_chooses_among_their_own_purchases(
    app: Quart, runtime: Runtime, store: Store, buyer: Customer, order: Order, clock: FixedClock
) -> None:
    stranger = await make_customer(runtime, store, "eve@example.com")
    product = await make_product(runtime, store, name="Compass")
    await make_paid_order(runtime, store, stranger, product)
    renewal = await make_paid_order(
        runtime, store, buyer, product, kind=OrderKind.RENEWAL, created_at=clock.now()
    )
    (theirs,) = await orders.of_customer(runtime, store, stranger.id)
    browser = Browser(app)
    await browser.sign_in(buyer)
    body = await browser.get(PAGE)
    assert "Atlas" in body and "Compass" not in body and str(renewal.number) not in body
    await browser.send(PAGE, name="Ada", number=str(theirs.number), email="eve@example.com")
    assert browser.status == 400 and "no such order among your purchases" in browser.body
    assert "Withdraw from contract here" in await browser.get(f"/p/shop/purchases/{order.id}")
    assert PAGE + f"?order={order.number}" in browser.body
    assert "We received" in await withdraw(browser, name="Ada", number=str(order.number))
    assert "You withdrew from this contract on" in await browser.get(
        f"/p/shop/purchases/{order.id}"
    )
    (made,) = await waiting(runtime, store)
    assert (made.customer_id, made.email) == (buyer.id, BUYER)


async def test_the_period_ends_with_its_last_day_and_late_statements_are_marked(
    app: Quart, runtime: Runtime, store: Store, buyer: Customer, order: Order, clock: FixedClock
) -> None:
    paid = order.paid_at
    assert paid is not None
    day = paid.astimezone(ZoneInfo("Europe/Berlin")).date()
    last = datetime.combine(
        day + timedelta(days=15), datetime.min.time(), ZoneInfo("Europe/Berlin")
    ).astimezone(UTC)
    browser = Browser(app)
    for moment, offered in ((last - timedelta(seconds=1), True), (last, False)):
        clock.current = moment
        await browser.sign_in(buyer)
        body = await browser.get(f"/p/shop/purchases/{order.id}")
        assert (f"?order={order.number}" in body) is offered
        assert "Withdraw from contract here" in body  # in the foot, at all times
    await withdraw(browser, name="Ada", number=str(order.number))
    (made,) = await waiting(runtime, store)
    assert made.in_time is False and made.period_ends_at == last


async def test_the_seller_marks_it_as_handled_and_another_stores_is_not_there(
    app: Quart, runtime: Runtime, store: Store, order: Order
) -> None:
    await withdraw(Browser(app), name="Ada", number=str(order.number), email=BUYER)
    (made,) = await waiting(runtime, store)
    other = await make_store(runtime, slug="other")
    await activation.enable(runtime, other, plugin.name, by="test")
    for slug, where in (("other", other), ("shop", store)):
        seller = await sellers.invite(runtime, where, f"{slug}@example.com", Role.SUPPORT, by="t")
        browser = Browser(app)
        await browser.sign_in(seller)
        page = LIST.replace("shop", slug)
        assert ("Ada" in await browser.get(page)) is (slug == "shop")
        if slug == "shop":
            assert "Within the period" in browser.body
            assert "1 withdrawal is waiting" in await browser.get("/dashboard/shop/")
        await browser.send(page, id=made.id, note="Paid back")
        assert browser.status == (303 if slug == "shop" else 404)
    assert await waiting(runtime, store) == []
    (done,) = await runtime.db.all(queries.HANDLED, store_id=store.id, limit=10)
    assert (done.handled_by, done.note) == ("shop@example.com", "Paid back")
    assert "Paid back" in await browser.get(LIST)


async def test_it_is_off_in_new_stores_and_then_nothing_of_it_is_there(
    app: Quart, runtime: Runtime
) -> None:
    fresh = await stores.create(runtime, slug="fresh", name="Fresh", by="test")
    assert plugin.name not in await activation.enabled(runtime, fresh)
    guest = Browser(app)
    assert "Withdraw from contract" not in await guest.get("/p/fresh/sign-in")
    await guest.get(PAGE.replace("shop", "fresh"))
    assert guest.status == 404


async def test_in_german_it_has_the_words_of_the_law(
    app: Quart, store: Store, order: Order
) -> None:
    guest = Browser(app)
    body = await guest.get(PAGE, **{"Accept-Language": "de"})
    assert "Vertrag widerrufen" in body
    token = guest.csrf
    response = await guest.client.post(
        PAGE, headers={"Accept-Language": "de"},
        form={"csrf_token": token, "name": "Ada", "number": str(order.number), "email": BUYER},
    )  # fmt: skip
    text = await response.get_data(as_text=True)
    assert ">Widerruf bestätigen</button>" in text and "Hiermit widerrufe ich" in text
