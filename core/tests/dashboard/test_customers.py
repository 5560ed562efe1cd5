"""Customers: finding them, what happened to one, and looking after them."""

import csv
import dataclasses
import io
import itertools
from datetime import timedelta

import pytest
import pytest_asyncio
from portico.catalog.models import Interval
from portico.customers import service as customers
from portico.db import Command
from portico.entitlements import service as entitlements
from portico.entitlements.models import Reason
from portico.events import service as events
from portico.ids import new_id
from portico.licenses.tables import licenses
from portico.orders import service as orders
from portico.people import service as people
from portico.people.models import EventKind, SignedIn, Subscribed, Wanted
from portico.sellers.models import Role
from portico.sessions import service as sessions
from portico.subscriptions.models import SubscriptionStatus
from portico.subscriptions.tables import payment_methods, subscriptions
from portico.testing import factories
from portico.testing.browser import Browser, new_mail
from sqlalchemy import insert

LIST = "/dashboard/shop/customers"
COUNT = itertools.count(9000)


async def add(runtime, table, **values):
    """A row as it is; what is not named is NULL."""
    row = {column.name: values.get(column.name) for column in table.c}
    await runtime.db.run(Command(insert(table).values(row)))


async def add_license(runtime, store, customer, product, key, **changes):
    fields = {
        "store_id": store.id, "id": new_id("lic"), "number": next(COUNT),
        "grant_key": f"test:{key}", "customer_id": customer.id, "product_id": product.id,
        "mode": store.mode, "issuer": "test", "key": key, "state": "active", "data": {},
        "created_at": runtime.clock.now(),
    }  # fmt: skip
    await add(runtime, licenses, **(fields | changes))


async def add_card(runtime, store, customer, last4):
    await add(
        runtime, payment_methods, store_id=store.id, id=new_id("pm"),
        customer_id=customer.id, mode=store.mode, provider="test", provider_ref=new_id("ref"),
        type="card", brand="visa", last4=last4, is_default=True,
        created_at=runtime.clock.now(),
    )  # fmt: skip


async def add_subscription(runtime, store, customer, product, **changes):
    price = await factories.make_price(runtime, store, product, Interval.MONTH)
    made = factories.make_subscription(store, customer, price, product, "test", **changes)
    await add(runtime, subscriptions, **dataclasses.asdict(made))
    return made


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store, name="Meridian Sans")


@pytest_asyncio.fixture
async def ada(runtime, store, team, product, mails):
    """Bought, has a key and a card."""
    await new_mail(runtime, mails)  # the team's invitations
    ada = await factories.make_customer(runtime, store, "ada@example.com")
    await add_license(runtime, store, ada, product, "MERI-7Q2F-XKPD")
    await add_card(runtime, store, ada, "4242")
    return ada


@pytest_asyncio.fixture
async def order(runtime, store, ada, product):
    return await factories.make_paid_order(runtime, store, ada, product)


async def actions(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [entry.action for entry in log]


# Finding


async def test_everything_people_have_at_hand_finds_a_customer(
    owner, runtime, store, ada, order, product
):
    await factories.make_customer(runtime, store, "ben@example.org")
    number = (await orders.get(runtime, store.id, order.id)).number
    for q in ("ada@", "ADA@example.com", "Ada", str(number), "4242", "xkpd", "2F-XKPD",
              "MERI-7Q2F-XKPD"):  # fmt: skip
        found = await people.search(runtime, store, Wanted(q), "first", "", 9)
        expected = 2 if q == "Ada" else 1  # both are called Ada
        assert (len(found), found[-1].id) == (expected, ada.id), q
        assert "ada@example.com" in await owner.get(f"{LIST}?q={q}"), q
    for q in ("da@example.com", "0000", "XKP", "%", "_da", "9" * 30, "' OR 1=1"):
        assert await people.search(runtime, store, Wanted(q), "first", "", 9) == [], q
    other = await factories.make_store(runtime, slug="other")
    for q in ("", "ada@", str(number), "4242", "xkpd"):
        assert await people.search(runtime, other, Wanted(q), "first", "", 9) == [], q


async def test_filters_and_pages_together(runtime, store, product):
    made = [await factories.make_customer(runtime, store) for _ in range(7)]
    for one in made[:3]:
        await add_subscription(runtime, store, one, product)
    owing = await add_subscription(
        runtime, store, made[3], product, status=SubscriptionStatus.PAST_DUE
    )
    await sign_in(runtime, store, made[0])
    found = {
        wanted: {one.id for one in await people.search(runtime, store, wanted, "first", "", 9)}
        for wanted in (
            Wanted(subscribed=Subscribed.ACTIVE), Wanted(subscribed=Subscribed.PAST_DUE),
            Wanted(signed_in=SignedIn.EVER), Wanted(signed_in=SignedIn.NEVER),
        )
    }  # fmt: skip
    assert list(found.values()) == [
        {one.id for one in made[:3]}, {owing.customer_id}, {made[0].id},
        {one.id for one in made[1:]},
    ]  # fmt: skip
    newest = [one.id for one in reversed(made)]
    first = await people.search(runtime, store, Wanted(), "first", "", 3)
    second = await people.search(runtime, store, Wanted(), "before", first[-1].id, 3)
    back = await people.search(runtime, store, Wanted(), "after", second[0].id, 3)
    assert [one.id for one in (*first, *second)] == newest[:6]
    assert [one.id for one in reversed(back)] == newest[:3]


async def sign_in(runtime, store, customer):
    attempt = await factories.make_attempt(
        runtime, store, "test", email=customer.email, subject_id=customer.id
    )
    agent = "Mozilla/5.0 (X11; Linux) Firefox/140.0"
    return await sessions.open_session(
        runtime, store, attempt.id, previous_token=None, user_agent=agent, ip="192.0.2.7"
    )


async def test_the_export_has_the_list_as_it_is_narrowed(owner, runtime, store, ada, order):
    await factories.make_customer(runtime, store, "=cmd@example.org")
    await owner.get(f"{LIST}/export")
    lines = list(csv.DictReader(io.StringIO(owner.body)))
    assert [line["email"] for line in lines] == ["ada@example.com", "'=cmd@example.org"]
    assert lines[0]["purchases"] == "1"
    await owner.get(f"{LIST}/export?q=ada@")
    assert len(owner.body.splitlines()) == 2
    assert "export" in await actions(runtime, store)


# One customer


async def test_the_timeline_tells_of_everything_in_pages(
    owner, runtime, store, clock, ada, product
):
    order = await factories.make_paid_order(runtime, store, ada, product, provider="test")
    clock.advance(timedelta(minutes=1))
    await sign_in(runtime, store, ada)
    await add_subscription(
        runtime, store, ada, product, status=SubscriptionStatus.CANCELED,
        ended_at=clock.now() + timedelta(hours=1),
    )  # fmt: skip
    grant = await entitlements.give(
        runtime, store, ada.id, product.id, reason="A gift", by=owner_of(owner)
    )
    await entitlements.revoke(runtime, store, grant.id, by=owner_of(owner))
    await customers.correct_email(runtime, store, ada.id, "ada@example.net", by=owner_of(owner))
    whole = await people.timeline(runtime, store.id, ada.id, "", 99)
    assert {one.kind for one in whole} == {
        EventKind.MAIL, EventKind.PAYMENT, EventKind.SUBSCRIPTION, EventKind.SUBSCRIPTION_ENDED,
        EventKind.LICENSE, EventKind.GRANT, EventKind.AUDIT,
    }  # fmt: skip
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)
    paged, cursor = [], ""
    while rows := await people.timeline(runtime, store.id, ada.id, cursor, 2):
        paged += rows
        cursor = rows[-1].cursor
    assert paged == list(whole)
    other = await factories.make_customer(runtime, store)
    assert await people.timeline(runtime, store.id, other.id, "", 99) == []
    page = await owner.get(f"{LIST}/{ada.id}")
    number = (await orders.get(runtime, store.id, order.id)).number
    for words in (
        "Signed in", "Firefox · Linux", f"for order {number}", "has ended", "A gift",
        "Decision about access taken back", "ada@example.com → ada@example.net",
        "owner@example.com", "Mail: Address changed", "Last sign-in", "€20.00",
    ):  # fmt: skip
        assert words in page, words
    assert "XKPD" in page and "MERI-7Q2F-XKPD" not in page


def owner_of(browser):
    return f"seller:{browser.person.id}"


@pytest_asyncio.fixture
async def owner(owner, team):
    owner.person = team[Role.OWNER]
    return owner


async def test_a_wrong_cursor_or_another_stores_customer_is_not_there(owner, runtime, ada):
    for before in ("nonsense", "2026-01-01~mail~x", "2026-01-01T00:00:00~"):
        await owner.get(f"{LIST}/{ada.id}?before={before}")
        assert owner.status == 404, before
    other = await factories.make_store(runtime, slug="other")
    stranger = await factories.make_customer(runtime, other)
    await owner.get("/dashboard/shop/settings/team")
    for path in ("", "/email", "/access"):
        await owner.get(f"{LIST}/{stranger.id}{path}")
        assert owner.status == 404, path
    await owner.get(LIST)
    for path in ("/sign-in-link", "/email", "/access"):
        await owner.send(f"{LIST}/{stranger.id}{path}", csrf=owner.csrf, email="x@example.com")
        assert owner.status == 404, path


# Looking after them


async def test_a_corrected_address_is_told_to_both_and_ends_sessions(
    app, owner, runtime, store, mails, ada
):
    theirs = Browser(app)
    await theirs.sign_in(ada)
    await owner.get(f"{LIST}/{ada.id}/email")
    await owner.send(f"{LIST}/{ada.id}/email", email="Ada@Example.NET", **version(owner))
    assert "Both addresses are told" in await owner.follow()
    assert (await customers.by_id(runtime, store.id, ada.id)).email == "ada@example.net"
    told = {mail.to: mail.text for mail in await new_mail(runtime, mails)}
    assert told.keys() == {"ada@example.com", "ada@example.net"}
    assert "with this address" in told["ada@example.net"]
    assert "a•••@example.net" in told["ada@example.com"]
    await theirs.get("/p/shop/")
    assert theirs.status == 302
    assert "customer.correct_email" in await actions(runtime, store)


def version(browser):
    """What the page's form remembers."""
    start = browser.body.index('name="form_version" value="') + len('name="form_version" value="')
    return {"form_version": browser.body[start:].partition('"')[0]}


async def test_an_address_that_is_taken_changes_nothing(owner, runtime, store, mails, ada):
    await factories.make_customer(runtime, store, "ben@example.org")
    await owner.get(f"{LIST}/{ada.id}/email")
    await owner.send(f"{LIST}/{ada.id}/email", email="ben@example.org", **version(owner))
    assert owner.status == 409 and "If it is the same person" in owner.body
    await owner.send(f"{LIST}/{ada.id}/email", email="nobody", **version(owner))
    assert owner.status == 400
    assert (await customers.by_id(runtime, store.id, ada.id)).email == ada.email
    assert await new_mail(runtime, mails) == []


async def test_access_is_given_withdrawn_and_taken_back(owner, runtime, store, clock, ada, product):
    async def holds():
        found = await entitlements.for_product(runtime, store, ada.id, product.id)
        return (found.active, found.reason) if found else None

    await owner.get(f"{LIST}/{ada.id}/access")
    day = clock.now().date().isoformat()
    fields = {"product_id": product.id, "reason": "A gift", "until": day}
    await owner.send(f"{LIST}/{ada.id}/access", decision="give", **fields)
    assert "Access to Meridian Sans is given." in await owner.follow()
    assert await holds() == (True, Reason.GRANTED)
    clock.advance(timedelta(hours=13))
    assert await holds() is None
    await owner.get(f"{LIST}/{ada.id}/access")
    await owner.send(f"{LIST}/{ada.id}/access", decision="give", **fields)
    assert owner.status == 400 and "Choose a day that is not over." in owner.body
    await owner.send(f"{LIST}/{ada.id}/access", decision="withdraw", **(fields | {"until": ""}))
    assert await holds() == (False, Reason.WITHDRAWN)
    (decision,) = await people.decisions(runtime, store.id, ada.id)
    assert decision.by_email == "owner@example.com"
    revoke = f"{LIST}/{ada.id}/access/{decision.id}/revoke"
    assert "Take the decision back?" in await owner.get(revoke)
    await owner.send(revoke)
    assert await holds() is None
    await owner.get(f"{LIST}/{ada.id}/access")
    await owner.send(revoke, csrf=owner.csrf)
    assert owner.status == 404
    other = await factories.make_customer(runtime, store)
    foreign = await entitlements.give(runtime, store, other.id, product.id, reason="", by="test")
    await owner.send(f"{LIST}/{ada.id}/access/{foreign.id}/revoke", csrf=owner.csrf)
    assert owner.status == 404
    assert {"grant.grant", "grant.withdraw", "grant.revoke"} <= set(await actions(runtime, store))


@pytest.mark.parametrize(
    "fields",
    [{"product_id": "pro_x"}, {"decision": "maybe"}, {"until": "soon"}, {"reason": ""}],
)
async def test_a_wrong_decision_is_shown_again(owner, runtime, store, ada, product, fields):
    good = {"decision": "give", "product_id": product.id, "reason": "A gift"}
    await owner.get(f"{LIST}/{ada.id}/access")
    await owner.send(f"{LIST}/{ada.id}/access", **(good | fields))
    assert owner.status == 400
    assert await people.decisions(runtime, store.id, ada.id) == []
