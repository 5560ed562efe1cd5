"""Choices of customers, cards that expire, the store's pace, what the server's answers become."""

import dataclasses
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.api import Lane, RetryLater
from portico.db import Command, Query
from portico.emails import editor, unsubscribing
from portico.emails import service as emails
from portico.emails.cards import look
from portico.emails.kinds import KINDS
from portico.emails.models import Email, EmailKind, EmailState, TextFormat
from portico.emails.render import render
from portico.emails.tables import emails as table
from portico.stores import service as stores
from portico.subscriptions.tables import payment_methods, subscriptions
from portico.testing import factories
from portico.testing.browser import Browser, KeepMail
from portico.worker import Worker

ALL = Query(Email, sa.select(table).order_by(table.c.message_id))


@pytest.fixture
def mails():
    return KeepMail()


@pytest.fixture
def portico_plugins(mails):
    return (mails,)


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime, slug="shop")


@pytest_asyncio.fixture
async def customer(runtime, store):
    return await factories.make_customer(runtime, store, email="ada@example.com")


async def queue(rt, store, customer, kind, **options):
    return await emails.queue(
        rt, store, kind, customer.email, params={}, locale="en", customer_id=customer.id, **options
    )


def test_every_kind_is_described_and_only_sellers_texts_are_out_of_reach():
    assert set(KINDS) == {kind.value for kind in EmailKind}
    assert {name for name, kind in KINDS.items() if kind.always} == {
        "sign_in", "email_change", "email_changed", "seller_sign_in", "seller_invitation",
        "sender_check", "data_erasure",
    }  # fmt: skip


async def test_one_click_in_a_mail_unsubscribes_and_the_settings_undo_it(
    app, runtime, store, customer, mails
):
    await queue(runtime, store, customer, "file_version")
    await Worker(runtime).drain()
    (mail,) = mails.sent
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail.headers["List-Unsubscribe"].strip("<>").partition("/p/")[2]
    browser = Browser(app)
    page = await browser.get(f"/p/{path}")
    assert (
        "No more mails about new versions?" in page
    )  # a scanner that follows links changes nothing
    assert await unsubscribing.wants(runtime, store, customer.id, "file_version")
    answer = await app.test_client().post(f"/p/{path}", form={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not await unsubscribing.wants(runtime, store, customer.id, "file_version")
    for kind in ("file_version", "confirmation"):
        await queue(runtime, store, customer, kind)
    await Worker(runtime).drain()
    assert ["List-Unsubscribe" in one.headers for one in mails.sent[1:]] == [False]
    await browser.sign_in(customer)
    assert 'name="new_versions" value="1">' in await browser.get("/p/shop/settings")
    await browser.send("/p/shop/settings/mails", new_versions="1")
    assert "We will tell you" in await browser.follow()
    assert await unsubscribing.wants(runtime, store, customer.id, "file_version")


async def test_an_address_that_no_mail_had_unsubscribes_nobody(app, runtime, store, customer):
    other = await factories.make_store(runtime, slug="other")
    token = runtime.keys.sign("unsubscribe", f"{other.id}\n{customer.id}\nfile_version".encode())
    for query in (
        f"customer={customer.id}&kind=file_version&token={token}",
        f"customer={customer.id}&kind=confirmation&token={token}",
        "",
    ):
        answer = await app.test_client().post(f"/p/shop/mails/unsubscribe?{query}")
        assert answer.status_code == 404
    assert await unsubscribing.wants(runtime, store, customer.id, "file_version")


async def card_of(rt, store, customer, year, month, **changes):
    """A subscription of the customer's, and the card that pays for it."""
    product = await factories.make_product(rt, store, slug=f"plan-{customer.number}")
    price = await factories.make_price(rt, store, product)
    card = {
        "store_id": store.id, "id": f"pm_{customer.id}", "customer_id": customer.id,
        "mode": store.mode, "provider": "sandbox", "provider_ref": customer.id, "type": "card",
        "brand": "visa", "last4": "4242", "exp_month": month, "exp_year": year,
        "is_default": True, "detached_at": None, "created_at": rt.clock.now(),
    }  # fmt: skip
    await rt.db.run(Command(sa.insert(payment_methods).values(card)))
    plan = factories.make_subscription(store, customer, price, product, "sandbox", **changes)
    await rt.db.run(Command(sa.insert(subscriptions).values(dataclasses.asdict(plan))))


async def test_who_pays_with_a_card_that_expires_gets_one_mail(
    runtime, store, customer, mails, clock
):
    await card_of(runtime, store, customer, 2026, 11)
    late = await factories.make_customer(runtime, store, email="late@example.com")
    await card_of(runtime, store, late, 2027, 11)
    leaves = await factories.make_customer(runtime, store, email="leaves@example.com")
    await card_of(runtime, store, leaves, 2026, 11, cancel_at=clock.now())
    for day in (1, 16, 17, 30):
        clock.current = datetime(2026, 11, day, 12, tzinfo=UTC)
        await look(runtime, None)
        sent = await runtime.db.all(ALL)
        assert len(sent) == (0 if day == 1 else 1), day
    await Worker(runtime).drain()
    (mail,) = mails.sent
    assert mail.to == "ada@example.com" and "expires at the end of 11/2026" in mail.text


async def test_a_store_with_a_pace_spreads_its_mails_and_loses_none(
    runtime, store, customer, mails, clock
):
    await editor.set_pace(runtime, store, 6, by="test")
    store = await stores.by_id(runtime, store.id)
    for _ in range(10):
        await queue(runtime, store, customer, "email_changed")
    urgent = await queue(runtime, store, customer, "sign_in", lane=Lane.INTERACTIVE)
    sent = []
    for _ in range(12):
        await Worker(runtime).drain()
        sent.append(len(mails.sent))
        clock.advance(timedelta(seconds=10))
    assert sent[0] == 1  # the one that somebody waits for, though it came last
    assert mails.sent[0].message_id == (await emails.by_id(runtime, urgent)).message_id
    steps = Counter(b - a for a, b in itertools.pairwise(sent))
    assert set(steps) <= {0, 1} and sent[-1] == 11
    assert all(one.state is EmailState.SENT for one in await runtime.db.all(ALL))


async def test_what_the_server_says_is_kept_attempt_by_attempt(
    runtime, store, customer, mails, clock
):
    email_id = await queue(runtime, store, customer, "email_changed")
    mails.refuses = RetryLater(timedelta(minutes=3), "mx said: 451 wait", "greylisted")
    await Worker(runtime).drain()
    waiting = await emails.by_id(runtime, email_id)
    assert (waiting.state, waiting.cause) == (EmailState.DEFERRED, "greylisted")
    assert waiting.next_at == clock.now() + timedelta(minutes=3)
    mails.refuses = None
    clock.advance(timedelta(minutes=4))
    await Worker(runtime).drain()
    sent = await emails.by_id(runtime, email_id)
    assert (sent.state, sent.response, sent.next_at) == (EmailState.SENT, "250 kept", None)
    assert [(one["state"], one["words"]) for one in sent.history] == [
        ("deferred", "mx said: 451 wait"), ("sent", "250 kept"),
    ]  # fmt: skip


def test_html_of_a_seller_becomes_plain_text_that_reads_well():
    body = (
        '<h1>Hello</h1><p>Dear {{ name }},<br>see <a href="https://x.example/a">your files</a>.</p>'
        '<ul><li>One</li><li>Two</li></ul><img src="https://x.example/i.png" alt="Logo">'
        '<p style="position:fixed;color:red">End</p>'
    )
    content = render("S", body, {"name": "<b>Ada</b>"}, form=TextFormat.HTML)
    assert content.text == (
        "Hello\n\nDear <b>Ada</b>,\nsee your files (https://x.example/a).\n\n- One\n- Two\n\n"
        "Logo\n\nEnd\n"
    )
    assert "&lt;b&gt;Ada" in content.html and "position" not in content.html
