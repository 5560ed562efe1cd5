"""Merging two customers, exporting everything about one, erasing it."""

import asyncio
import json
from datetime import timedelta

import pytest
import pytest_asyncio
from portico.catalog.models import Interval
from portico.customers import service as customers
from portico.db import Command, Query
from portico.emails import service as emails
from portico.entitlements import service as entitlements
from portico.events import service as events
from portico.orders import service as orders
from portico.people import service as people
from portico.people.changes import service as changes
from portico.people.changes.queries import MOVES
from portico.people.models import Wanted
from portico.subscriptions.models import SubscriptionStatus
from portico.subscriptions.tables import subscriptions
from portico.tables import metadata
from portico.testing import factories
from portico.testing.browser import Browser, new_mail
from sqlalchemy import insert, select, update

LIST = "/dashboard/shop/customers"


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store, name="Meridian Sans")


async def buyer(runtime, store, product, email):
    """A customer with an order, a subscription, a decision, a mail and a signed-in device."""
    person = await factories.make_customer(runtime, store, email)
    await factories.make_paid_order(runtime, store, person, product, provider="test")
    price = await factories.make_price(runtime, store, product, Interval.MONTH)
    made = factories.make_subscription(store, person, price, product, "test")
    row = {one: getattr(made, one) for one in made.__slots__} | {"number": price.unit_amount}
    row["number"] = abs(hash(email)) % 10**9
    await runtime.db.run(Command(insert(subscriptions).values(row)))
    await entitlements.give(runtime, store, person.id, product.id, reason="Friend", by="test")
    await emails.queue(
        runtime, store, "refund", email, params={"x": email}, locale="en", customer_id=person.id
    )
    return person


@pytest_asyncio.fixture
async def ada(runtime, store, team, product, mails):
    await new_mail(runtime, mails)
    return await buyer(runtime, store, product, "ada@example.com")


@pytest_asyncio.fixture
async def twin(runtime, store, ada, product):
    return await buyer(runtime, store, product, "ada@example.org")


async def mentions(runtime, text):
    """The tables that have a text anywhere."""
    found = []
    for table in metadata.sorted_tables:
        for column in table.c:
            rows = await runtime.db.all(Query(lambda value: value, select(column)))
            if any(text in str(one) for one in rows):
                found.append(f"{table.name}.{column.name}")
    return found


async def last_action(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return next(one for one in log if one.action.startswith("customer."))


async def test_everything_moves_once_and_old_links_still_lead_somewhere(
    app, owner, runtime, store, ada, twin
):
    theirs = Browser(app)
    await theirs.sign_in(twin)
    page = await owner.get(f"{LIST}/{ada.id}/merge?other=ADA@example.org")
    assert "What moves" in page and "With ada@example.org nobody can sign in" in page
    for _ in range(2):  # pressed twice
        await owner.send(f"{LIST}/{ada.id}/merge", csrf=owner.csrf, other_id=twin.id)
        assert (owner.status, owner.location) == (303, f"{LIST}/{ada.id}")
    assert set((await changes.counts(runtime, store.id, twin.id)).values()) == {0}
    moved = await changes.counts(runtime, store.id, ada.id)
    assert [moved[one] for one in ("orders", "subscriptions", "grants", "emails")] == [2] * 4
    await theirs.get("/p/shop/")
    assert theirs.status == 302
    await owner.get(f"{LIST}/{twin.id}")
    assert owner.location == f"{LIST}/{ada.id}"
    assert "was merged into the one you see here" in await owner.follow()
    entry = await last_action(runtime, store)
    assert (entry.action, entry.customer_id) == ("customer.merge", ada.id)
    assert [one.id for one in await people.search(runtime, store, Wanted(), "first", "", 9)] == [
        ada.id
    ]
    # Who buys with the old address is somebody new.
    fresh = await factories.make_customer(runtime, store, "ada@example.org")
    assert fresh.id not in (ada.id, twin.id)


def test_a_merge_moves_every_table_that_knows_customers():
    ends = {"sessions", "email_changes", "email_choices"}
    known = {table.name for table in metadata.sorted_tables if "customer_id" in table.c}
    assert known - ends == set(MOVES)


async def test_two_merges_at_once_and_merges_of_what_is_no_customer(runtime, store, ada, twin):
    both = await asyncio.gather(
        changes.merge(runtime, store, ada.id, twin.id, by="test"),
        changes.merge(runtime, store, twin.id, ada.id, by="test"),
        return_exceptions=True,
    )
    assert sorted(type(one) for one in both if one is not None) == [LookupError]
    other = await factories.make_store(runtime, slug="other")
    stranger = await factories.make_customer(runtime, other)
    left = ada if not (await people.by_id(runtime, store.id, ada.id)).merged_into else twin
    for gone in (stranger.id, left.id, "cus_x"):
        with pytest.raises(LookupError):
            await changes.merge(runtime, store, left.id, gone, by="test")


async def test_the_export_has_everything_of_the_person_and_of_nobody_else(
    owner, runtime, store, ada, twin
):
    await owner.get(f"{LIST}/{ada.id}/data")
    assert "attachment" in owner.headers["Content-Disposition"]
    found = json.loads(owner.body)
    assert found["customer"][0]["email"] == ada.email
    assert (len(found["orders"]), len(found["payments"]), len(found["mails"])) == (1, 1, 1)
    assert twin.id not in owner.body and twin.email not in owner.body
    assert (await last_action(runtime, store)).action == "customer.export"


async def end_subscription(runtime, store):
    await runtime.db.run(
        Command(
            update(subscriptions)
            .values(status=SubscriptionStatus.CANCELED)
            .where(subscriptions.c.store_id == store.id)
        )
    )


async def test_erasing_leaves_orders_and_nothing_that_names_the_person(
    app, owner, runtime, store, mails, ada
):
    theirs = Browser(app)
    await theirs.sign_in(ada)
    await new_mail(runtime, mails)
    await customers.correct_email(runtime, store, ada.id, "ada@lovelace.example", by="test")
    page = await owner.get(f"{LIST}/{ada.id}/erase")
    assert "A subscription is running." in page
    await owner.send(f"{LIST}/{ada.id}/erase", confirmation="ada@lovelace.example")
    assert owner.status == 409
    await end_subscription(runtime, store)
    assert "Tax law asks you" in await owner.get(f"{LIST}/{ada.id}/erase")
    await owner.send(f"{LIST}/{ada.id}/erase", confirmation="yes")
    assert owner.status == 400
    await owner.send(f"{LIST}/{ada.id}/erase", confirmation="Ada@lovelace.example")
    assert "The personal data is erased." in await owner.follow()
    assert "Erased customer" in owner.body
    for text in ("ada@", "lovelace", "Ada Example", "Friend"):
        assert await mentions(runtime, text) == [], text
    (order,) = await orders.of_customer(runtime, store, ada.id)
    assert order.total == 2000
    await theirs.get("/p/shop/")
    assert theirs.status == 302
    entry = await last_action(runtime, store)
    assert (entry.action, entry.data) == ("customer.erase", {})
    assert await emails.queue(
        runtime, store, "refund", (await people.by_id(runtime, store.id, ada.id)).email,
        params={}, locale="en", customer_id=ada.id,
    ) == ""  # fmt: skip
    for path in ("", "/email", "/merge", "/erase", "/access"):
        await owner.get(f"{LIST}/{ada.id}{path}")
        assert owner.status == (404 if path else 200), path


async def test_another_stores_customer_is_not_there(owner, runtime):
    other = await factories.make_store(runtime, slug="other")
    stranger = await factories.make_customer(runtime, other)
    for path in ("merge", "erase", "data"):
        await owner.get(f"{LIST}/{stranger.id}/{path}")
        assert owner.status == 404, path
    await owner.get(LIST)
    token = owner.csrf
    for path in ("merge", "erase", "view"):
        await owner.send(f"{LIST}/{stranger.id}/{path}", csrf=token, other_id=stranger.id)
        assert owner.status == 404, path
