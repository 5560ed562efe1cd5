"""What customers do themselves about what a store knows of them: download it, have it deleted."""

import hashlib
import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from portico.api import (
    Context,
    FileStorageHooks,
    Plugin,
    StoredFile,
    Upload,
    hookimpl,
)
from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.db import Command
from portico.entitlements import service as entitlements
from portico.events import service as events
from portico.people import service as people
from portico.stores import service as stores
from portico.subscriptions.models import SubscriptionStatus
from portico.subscriptions.tables import subscriptions
from portico.testing import factories
from portico.testing.browser import Browser


class Storage(Plugin, FileStorageHooks):
    """Looks at the bytes and forgets them."""

    name, title = "forgetful", "Forgetful"

    @hookimpl
    async def store_file(self, ctx: Context, upload: Upload) -> StoredFile:
        content = b"".join([chunk async for chunk in upload.chunks])
        return StoredFile(upload.version_id, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def portico_plugins(transport):
    return [transport, Storage()]


async def nine_bytes():
    yield b"the bytes"


ERASE = "/p/shop/settings/data/erase"


async def ask(browser, mails):
    await browser.get("/p/shop/settings")
    assert f'href="{ERASE}"' in browser.body
    page = await browser.get(ERASE)
    assert "tax law requires it" in page
    page = await browser.send(ERASE)
    assert browser.status == 200 and "We mailed a link to ada@example.com" in page
    (mail,) = await mails()
    assert mail.to == "ada@example.com"
    return mail


async def actions(runtime, store):
    after = runtime.clock.now() + timedelta(seconds=1)
    log = await events.audit_log(runtime, store.id, before=after)
    return [(one.actor_type, one.action, one.subject_id) for one in log]


async def test_the_mailed_link_deletes_and_ends_every_session(
    app, runtime, store, customer, signed_in, mails
):
    browser, phone = await signed_in(), await signed_in()
    product = await factories.make_product(runtime, store)
    order = await factories.make_paid_order(runtime, store, customer, product)
    mail = await ask(browser, mails)
    assert mail.path.startswith(ERASE + "/confirm?token=")
    scanner = Browser(app)
    page = await scanner.get(mail.path)
    assert "Delete for good" in page and "a•••@example.com" in page
    assert (await customers.by_id(runtime, store.id, customer.id)).email == "ada@example.com"
    await browser.get(mail.path)
    await browser.send(ERASE + "/confirm", token=mail.token)
    assert browser.location == "/p/shop/sign-in"
    assert "Your data is deleted, and you are signed out everywhere." in await browser.follow()
    gone = await customers.by_id(runtime, store.id, customer.id)
    assert gone.erased_at is not None and gone.name == "" and "ada" not in gone.email
    (spent,) = await people.spent(runtime, store.id, customer.id)
    assert (spent.amount, spent.orders) == (order.total, 1)
    for one in (browser, phone):
        await one.get("/p/shop/settings")
        assert one.status == 302
    assert ("customer", "customer.erase", customer.id) in await actions(runtime, store)
    assert await mails() == []
    # The link has done what it was for.
    page = await browser.get(mail.path)
    assert browser.status == 400 and "This link does not work any more" in page


async def test_while_a_subscription_runs_nothing_is_deleted(
    runtime, store, customer, signed_in, mails
):
    browser = await signed_in()
    mail = await ask(browser, mails)
    product = await factories.make_product(runtime, store)
    price = await factories.make_price(runtime, store, product)
    running = factories.make_subscription(store, customer, price, product, "nobody")
    await runtime.db.run(Command(subscriptions.insert().values(asdict(running))))
    words = "A subscription is running. Cancel it first, and wait until it ends."
    page = await browser.get(ERASE)
    assert words in page and "Mail me a link" not in page
    await browser.get("/p/shop/settings")
    page = await browser.send(ERASE)
    assert browser.status == 409 and words in page
    assert await mails() == []
    # It began after the link was mailed: that one does nothing either.
    await browser.get("/p/shop/settings")
    page = await browser.send(ERASE + "/confirm", token=mail.token)
    assert browser.status == 409 and words in page
    assert (await customers.by_id(runtime, store.id, customer.id)).erased_at is None
    await runtime.db.run(Command(subscriptions.update().values(status=SubscriptionStatus.CANCELED)))
    await browser.get("/p/shop/settings")
    await browser.send(ERASE + "/confirm", token=mail.token)
    assert (await customers.by_id(runtime, store.id, customer.id)).erased_at is not None


async def test_a_link_is_for_one_store_one_address_and_an_hour(
    runtime, store, customer, signed_in, mails, clock
):
    browser = await signed_in()
    mail = await ask(browser, mails)
    other = await factories.make_store(runtime, slug="other")
    assert other.slug in mail.path.replace("shop", "other")
    for path in (mail.path.replace("/p/shop/", "/p/other/"), mail.path + "x", ERASE + "/confirm"):
        await browser.get(path)
        assert browser.status == 400, path
    clock.advance(timedelta(minutes=61))
    await browser.get(mail.path)
    assert browser.status == 400
    clock.advance(-timedelta(minutes=61))
    await customers.correct_email(runtime, store, customer.id, "new@example.com", by="test")
    await browser.get(mail.path)
    assert browser.status == 400


async def test_the_file_has_everything_but_the_notes_of_the_team(
    runtime, store, customer, signed_in
):
    product = await factories.make_product(runtime, store, name="Handbook")
    version = await catalog.add_file(
        runtime, store, product.id, filename="a.txt", chunks=nine_bytes(), by="test"
    )
    await factories.make_paid_order(runtime, store, customer, product)
    await entitlements.give(
        runtime, store, customer.id, product.id, reason="a difficult one", by="seller:sel_1"
    )
    browser = await signed_in()
    page = await browser.get("/p/shop/settings")
    assert 'href="/p/shop/settings/data"' in page
    response = await browser.client.get("/p/shop/settings/data")
    assert response.headers["Content-Disposition"] == 'attachment; filename="shop-my-data.json"'
    assert response.headers["Cache-Control"] == "no-store"
    data = json.loads(await response.get_data())
    assert data["customer"][0]["email"] == "ada@example.com"
    assert [one["state"] for one in data["orders"]] == ["paid"]
    (file,) = data["files"]
    assert (file["product"], file["size"]) == ("Handbook", 9)
    assert file["url"].endswith(f"/p/shop/downloads/{version.id}")
    assert len(data["access_by_hand"]) == 1
    assert "difficult" not in json.dumps(data) and "sel_1" not in json.dumps(data)
    assert ("customer", "customer.export", customer.id) in await actions(runtime, store)


@pytest.mark.parametrize("what", ["data_download", "data_erasure"])
async def test_a_store_may_offer_neither(runtime, store, signed_in, mails, what):
    browser = await signed_in()
    mail = await ask(browser, mails)
    await stores.update_portal(runtime, store.id, {what: False}, by="test")
    paths = ["/p/shop/settings/data"] if what == "data_download" else [ERASE]
    page = await browser.get("/p/shop/settings")
    for path in paths:
        assert f'href="{path}"' not in page
        await browser.get(path)
        assert browser.status == 404
    if what == "data_erasure":
        await browser.get("/p/shop/settings")
        await browser.send(ERASE)
        assert browser.status == 404
        await browser.get(mail.path)
        assert browser.status == 400
