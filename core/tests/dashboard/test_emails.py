"""E-mails: the kinds, the editor, tests, what became of each mail."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.api import Refused, RetryLater
from portico.catalog.tables import products
from portico.db import Command
from portico.emails import editor, log
from portico.emails import service as emails
from portico.emails.models import EmailState
from portico.events import service as events
from portico.orders import service as orders
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.testing import factories
from portico.testing.browser import new_mail
from portico.worker import Worker

MAILS = "/dashboard/shop/emails"
CONFIRMATION = f"{MAILS}/confirmation"


@pytest_asyncio.fixture
async def order(runtime, store):
    customer = await factories.make_customer(runtime, store, email="ada@example.com")
    product = await factories.make_product(runtime, store, name="Fancy font")
    return await factories.make_paid_order(runtime, store, customer, product)


async def save(owner, body, subject="Order {{ order.number }}", path=CONFIRMATION, **fields):
    await owner.get(path)
    version = re.search(r'name="form_version" value="([^"]*)"', owner.body)[1]
    fields = {"format": "markdown", "form_version": version} | fields
    await owner.send(path, subject=subject, body=body, **fields)


async def test_the_list_has_each_kind_and_switches_what_can_be_switched(
    owner, runtime, store, order
):
    page = await owner.get(MAILS)
    assert "Renewal receipt" in page and "Invitation to the team" not in page
    await owner.send(f"{MAILS}/refund/switch", on="")
    assert "not sent any more" in await owner.follow()
    changed = await stores.by_id(runtime, store.id)
    assert (
        await emails.queue(runtime, changed, "refund", "a@x.example", params={}, locale="en") == ""
    )
    await owner.send(f"{MAILS}/sign_in/switch", on="")
    assert owner.status == 404
    await owner.get(MAILS)
    await owner.send(f"{MAILS}/refund/switch", on="1")
    again = await stores.by_id(runtime, store.id)
    assert await emails.queue(runtime, again, "refund", "a@x.example", params={}, locale="en")
    log_ = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    assert "email.switch" in {entry.action for entry in log_}


async def test_the_menu_shows_every_variable_with_its_value_of_a_real_order(owner, runtime, order):
    page = await owner.get(CONFIRMATION)
    assert "Customer portal link" in page and "[Customer portal link]({{ portal.url }})" in page
    assert 'class="value" dir="auto">ada@example.com' in page
    real = await orders.get(runtime, order.store_id, order.id)
    assert f'class="value" dir="auto">{real.number}' in page
    assert "(sample)" not in page.partition("Subscription")[0]
    sample = await owner.get(f"{CONFIRMATION}?order=none")
    assert "Ada Lovelace (sample)" in re.sub(r"\s*<[^>]+>", " ", sample).replace("  ", " ")


async def test_a_text_is_saved_sent_restored_and_reset(owner, runtime, store, order, mails):
    await save(owner, "First, {{ customer.email }}. [Portal]({{ portal.url }})")
    await owner.follow()
    assert "Mails are sent with this text" in owner.body
    await save(owner, "Second. [Portal]({{ portal.url }})")

    async def arrives():
        await emails.queue(
            runtime, store, "confirmation", "ada@example.com", params={}, locale="en",
            customer_id=order.customer_id, order_id=order.id,
        )  # fmt: skip
        return next(m.text for m in await new_mail(runtime, mails) if m.to == "ada@example.com")

    assert (await arrives()).startswith("Second.")
    await owner.get(CONFIRMATION)
    earlier = re.search(r"/restore/(tpl_\w+)", owner.body)[1]
    await owner.send(f"{CONFIRMATION}/restore/{earlier}")
    assert (await arrives()).startswith("First, ada@example.com.")
    assert "stays in the history" in await owner.get(f"{CONFIRMATION}/reset")
    await owner.send(f"{CONFIRMATION}/reset", locale="en")
    assert "Your payment arrived" in await arrives()
    assert len(re.findall(r"/restore/tpl_", await owner.get(CONFIRMATION))) == 3


async def test_a_products_text_and_a_language_are_apart_from_the_stores(
    owner, runtime, store, order
):
    items = (await orders.items(runtime, store.id, order.id))[0]
    await save(owner, "For the font", path=f"{CONFIRMATION}?product={items.product_id}")
    await save(owner, "Für alle", path=f"{CONFIRMATION}?locale=de")
    found = {
        (one.product_id, one.locale): one.body for one in await editor.in_force(runtime, store)
    }
    assert found == {(items.product_id, "en"): "For the font", (None, "de"): "Für alle"}
    assert "Fancy font" in await owner.get(MAILS)
    await owner.get(f"{CONFIRMATION}?product=prd_nothing")
    assert owner.status == 404


async def sell_keys(runtime, order):
    """As if the product's keys came from a plugin."""
    line = (await orders.items(runtime, order.store_id, order.id))[0]
    issuer = sa.update(products).where(products.c.id == line.product_id)
    await runtime.db.run(Command(issuer.values(license_issuer="keys")))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "Hi\n\n{{ custommer.name }}",
            "Line 3: There is no variable custommer.name. Did you mean customer.name?",
        ),
        ("{{ order.__class__.__mro__ }}", "Line 1: There is no variable order.__class__.__mro__."),
        (
            "{% for l in licenses %}\n{{ l.kye }}{% endfor %}",
            "Line 2: There is no variable l.kye. Did you mean license.key?",
        ),
        (
            "\n{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}",
            "The text does too much",
        ),
        ("a\n{% if %}b", "Line 2: This cannot be read"),
        ("a\n{% include 'x' %}", "Line 2: This cannot be read"),
        ("{% for p in products %}", "This cannot be read"),
        ("{{ 'x' | upcase | nothing }}", "nothing"),
        ("", "A mail needs a text."),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_its_line_and_kept_in_the_field(
    owner, runtime, store, body, words
):
    await save(owner, body)
    assert owner.status == 400
    assert words in owner.body
    assert body.strip() in owner.body
    assert await editor.in_force(runtime, store) == []


async def test_a_loop_bomb_names_its_line(owner):
    bomb = "a\nb\n{% for i in (1..9999) %}{% for j in (1..9999) %}x{% endfor %}{% endfor %}"
    await save(owner, bomb)
    assert "Line 3: The text does too much" in owner.body


async def test_two_sellers_who_edit_one_text_the_second_is_told(owner, signed_in, team):
    await owner.get(CONFIRMATION)
    version = re.search(r'name="form_version" value="([^"]*)"', owner.body)[1]
    other = await signed_in(team[Role.MANAGER])
    await save(other, "Theirs {{ portal.url }}")
    await owner.send(
        CONFIRMATION, subject="S", body="Mine", format="markdown", form_version=version
    )
    assert owner.status == 409
    assert "Somebody else changed this" in owner.body and "Theirs" in owner.body


async def test_the_preview_warns_of_what_is_forgotten(owner, runtime, store, order):
    async def preview(body, path=CONFIRMATION, **fields):
        await owner.get(path)
        await owner.send(f"{path}/preview", subject="S", body=body, format="markdown", **fields)
        return owner.body

    assert "There is no link to the customer portal" in await preview("Hello")
    assert "no link to the customer portal" not in await preview("[x]({{ portal.url }})")
    assert "A license key is sold" not in await preview("Hello")
    await sell_keys(runtime, order)
    assert "A license key is sold" in await preview("Hello")
    keyed = "{% for l in licenses %}{{ l.key }}{% endfor %}"
    assert "A license key is sold" not in await preview(keyed)
    assert "There is no variable order.nubmer" in await preview("{{ order.nubmer }}")
    late = await preview("{{ order.number }}", path=f"{MAILS}/cancellation")
    assert "order.number is always empty in this kind of mail" in late


async def test_the_frame_shows_the_mail_and_lets_nothing_run(owner, order):
    await owner.get(f"{CONFIRMATION}/frame")
    assert "Fancy font" in owner.body
    policy = owner.headers["Content-Security-Policy"]
    assert "sandbox" in policy and "script-src" not in policy and "default-src 'none'" in policy
    await owner.get(CONFIRMATION)
    html = (
        '<style>p { color: red }</style><p onclick="x()">Hi <b>{{ customer.email }}</b></p>'
        '<script>x()</script><a href="javascript:x()">no</a><iframe src="/"></iframe>'
    )
    await owner.send(f"{CONFIRMATION}/frame", subject="S", body=html, format="html")
    assert "<b>ada@example.com</b>" in owner.body and "color: red" in owner.body
    for evil in ("onclick", "<script", "javascript:", "<iframe"):
        assert evil not in owner.body
    await owner.get(CONFIRMATION)
    await owner.send(f"{CONFIRMATION}/frame", subject="S", body="{% if %}", format="markdown")
    assert "cannot be shown" in owner.body


async def test_a_test_mail_arrives_and_says_what_was_made_up(owner, runtime, store, mails, order):
    path = f"{MAILS}/payment_failed"
    await owner.get(path)
    fields = {"subject": "Hi {{ mail.reason }}", "format": "markdown"}
    await owner.send(
        f"{path}/test", body="For {{ customer.email }}", to="manager@example.com", **fields
    )
    assert "A test mail is on its way to manager@example.com" in owner.body
    assert "250 kept" in owner.body
    assert "sample values: mail.reason." in owner.body
    (mail,) = mails.sent
    assert mail.subject == "[Test] Hi Your card was declined." and mail.to == "manager@example.com"
    await owner.send(f"{path}/test", body="x", to="stranger@example.com", **fields)
    assert owner.status == 400 and "Choose somebody of your team." in owner.body
    await owner.send(f"{path}/test", body="{{ x.y }}", to="owner@example.com", **fields)
    assert owner.status == 400 and "There is no variable x.y." in owner.body
    statuses = []
    for _ in range(6):
        await owner.send(f"{path}/test", body="x", to="owner@example.com", **fields)
        statuses.append(owner.status)
    assert statuses[-1] == 429
    sent = await owner.get(f"{MAILS}/sent")
    assert "manager@example.com" in sent and "Test" in sent


async def test_the_servers_no_to_a_test_mail_is_said(owner, mails):
    mails.refuses = Refused("550 no such user")
    await owner.get(CONFIRMATION)
    await owner.send(
        f"{CONFIRMATION}/test", subject="S", body="x", format="markdown", to="owner@example.com"
    )
    assert owner.status == 502 and "550 no such user" in owner.body


async def test_the_list_finds_mails_and_one_mail_says_what_happened(
    owner, runtime, store, order, mails, clock
):
    ids = {}
    for kind, error in (
        ("confirmation", None), ("refund", Refused("550 5.1.1 no such user")),
        ("cancellation", RetryLater(timedelta(minutes=3), "451 greylisted", "greylisted")),
    ):  # fmt: skip
        mails.refuses = error
        ids[kind] = await emails.queue(
            runtime, store, kind, f"{kind}@example.com", params={}, locale="en"
        )
        await Worker(runtime).drain()
    page = await owner.get(f"{MAILS}/sent")
    assert all(f"{kind}@example.com" in page for kind in ids)
    only = await owner.get(f"{MAILS}/sent?state=bounced")
    assert "refund@example.com" in only and "confirmation@example.com" not in only
    assert "refund@example.com" not in await owner.get(f"{MAILS}/sent?q=CONFIRM")
    assert "refund@example.com" not in await owner.get(f"{MAILS}/sent?kind=cancellation")
    assert "No mail is like this." in await owner.get(f"{MAILS}/sent?q=r_fund")
    assert "No mail is like this." in await owner.get(f"{MAILS}/sent?q=nobody@example.com")
    bounced = await owner.get(f"{MAILS}/sent/{ids['refund']}")
    assert "550 5.1.1 no such user" in bounced and "Refused" in bounced
    late = await owner.get(f"{MAILS}/sent/{ids['cancellation']}")
    assert "Next try:" in late and "greylisting" in late and "451 greylisted" in late
    sent = await owner.get(f"{MAILS}/sent/{ids['confirmation']}")
    assert "250 kept" in sent
    mails.refuses = None
    await owner.send(f"{MAILS}/sent/{ids['confirmation']}/again")
    assert (
        len([m for m in await new_mail(runtime, mails) if m.to == "confirmation@example.com"]) == 2
    )


async def test_dead_letters_are_listed_and_tried_again(owner, runtime, store, mails, clock):
    mails.refuses = ValueError("broken")
    ids = [
        await emails.queue(
            runtime, store, "email_changed", f"{n}@x.example", params={}, locale="en"
        )
        for n in "abc"
    ]
    for _ in range(12):
        await Worker(runtime).drain()
        clock.advance(timedelta(hours=1))
    page = await owner.get(f"{MAILS}/dead")
    assert all(f"{n}@x.example" in page for n in "abc") and "broken" in page
    mails.refuses = None
    await owner.send(f"{MAILS}/sent/{ids[0]}/again")
    assert [mail.to for mail in await new_mail(runtime, mails)] == ["a@x.example"]
    await owner.get(f"{MAILS}/dead")
    await owner.send(f"{MAILS}/dead/replay")
    assert "2 mails are tried again" in await owner.follow()
    assert {mail.to for mail in await new_mail(runtime, mails)} == {"b@x.example", "c@x.example"}
    assert (await log.get(runtime, store.id, ids[2])).state is EmailState.SENT
    assert await log.dead_letters(runtime, store.id, 10) == []


async def test_a_stores_mails_are_no_other_stores(owner, runtime):
    other = await factories.make_store(runtime, slug="other")
    theirs = await emails.queue(runtime, other, "refund", "x@x.example", params={}, locale="en")
    await owner.get(f"{MAILS}/sent/{theirs}")
    assert owner.status == 404
