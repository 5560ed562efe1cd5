"""Unknown addresses, limits, and what must not leak."""

import logging
import re
from datetime import timedelta

import sqlalchemy as sa
from portico.api import Query
from portico.emails.tables import emails
from portico.events.tables import outbox
from portico.logs import configure_logging
from portico.sessions.tables import sessions
from portico.testing.browser import Browser
from portico.testing.factories import make_customer, make_store
from structlog.testing import capture_logs

MAILS = Query(int, sa.select(sa.func.count()).select_from(emails))
WAITING = Query(int, sa.select(sa.func.count()).select_from(outbox))
SESSIONS = Query(str, sa.select(sessions.c.id))


class Statements:
    """Notes every statement that the database is asked."""

    def __init__(self, db, monkeypatch):
        self.seen = []
        for name in ("one", "all", "run"):
            monkeypatch.setattr(type(db), name, self._noting(getattr(type(db), name)))

    def _noting(self, method):
        async def noted(db, statement, /, **params):
            self.seen.append(str(statement.statement))
            return await method(db, statement, **params)

        return noted


async def test_an_unknown_address_gets_the_same_answer_after_the_same_work(
    app, runtime, customer, mails, monkeypatch
):
    statements = Statements(runtime.db, monkeypatch)

    async def ask(email):
        browser = Browser(app)
        await browser.get("/p/shop/sign-in")
        statements.seen.clear()
        await browser.send("/p/shop/sign-in", email=email)
        asked = list(statements.seen)
        page = await browser.follow()
        page = re.sub('value="[^"]{30,}"', "", page).replace(email, "x@example.com")
        return asked, browser.status, page

    await ask("eve@example.com")  # what is kept in memory is in memory
    known, unknown = await ask("ada@example.com"), await ask("ava@example.com")
    assert known == unknown
    assert await runtime.db.one(WAITING) == 3
    assert [mail.to for mail in await mails()] == ["ada@example.com"]
    # Nothing tells afterwards either that somebody asked with an address we do not know.
    assert await runtime.db.one(MAILS) == 1
    assert await runtime.db.one(WAITING) == 0


async def test_codes_for_an_unknown_address_are_answered_as_wrong_ones_are(
    browser, other_browser, mails, clock
):
    pages = []
    for one, email in ((browser, "ada@example.com"), (other_browser, "ava@example.com")):
        await one.get("/p/shop/sign-in")
        await one.send("/p/shop/sign-in", email=email)
        await one.follow()
    await mails()
    for one, email in ((browser, "ada@example.com"), (other_browser, "ava@example.com")):
        seen = []
        for _ in range(6):
            page = await one.send("/p/shop/sign-in/code", code="333333")
            seen.append(re.sub('value="[^"]{30,}"', "", page).replace(email, "x@example.com"))
        pages.append(seen)
    assert pages[0] == pages[1]
    clock.advance(timedelta(minutes=30))
    for one in (browser, other_browser):
        page = await one.send("/p/shop/sign-in/code", code="333333")
        assert "That code has expired" in page


async def test_the_sixth_mail_to_an_address_has_to_wait_and_the_page_says_how_long(
    app, customer, mails, clock
):
    for email in ("ada@example.com", "nobody@example.com"):
        browser = Browser(app)
        for _ in range(5):
            await browser.get("/p/shop/sign-in")
            await browser.send("/p/shop/sign-in", email=email)
            assert browser.status == 303
        await browser.get("/p/shop/sign-in")
        page = await browser.send("/p/shop/sign-in", email=email.upper())
        assert browser.status == 429
        assert "15 minutes" in page and browser.headers["Retry-After"] == "900"
        assert f'value="{email}"' in page
    clock.advance(timedelta(minutes=11))
    page = await browser.send("/p/shop/sign-in", email="nobody@example.com")
    assert "4 minutes" in page
    clock.advance(timedelta(minutes=4))
    await browser.send("/p/shop/sign-in", email="nobody@example.com")
    assert browser.status == 303
    assert len(await mails()) == 5


async def test_many_addresses_from_one_place_have_to_wait_too(app, store):
    browser = Browser(app)
    await browser.get("/p/shop/sign-in")
    for number in range(30):
        await browser.send("/p/shop/sign-in", email=f"n{number}@example.com")
        assert browser.status == 303
    page = await browser.send("/p/shop/sign-in", email="n30@example.com")
    assert browser.status == 429
    assert "60 minutes" in page


async def test_what_is_no_address_is_said_at_the_field(browser):
    for email in ("", "ada", "ada@", "@example.com", "ada@example", "a b@example.com",
                  "ada@example.com\nBcc: eve@example.com", "ada@exa mple.com"):  # fmt: skip
        await browser.get("/p/shop/sign-in")
        page = await browser.send("/p/shop/sign-in", email=email)
        assert browser.status == 400
        assert "Enter an e-mail address, such as name@example.com." in page


async def test_a_form_without_its_token_does_nothing_and_is_shown_again(
    runtime, browser, other_browser, mails
):
    await other_browser.get("/p/shop/sign-in")
    await browser.get("/p/shop/sign-in")
    for token in ("", "wrong", other_browser.csrf):
        page = await browser.send("/p/shop/sign-in", csrf=token, email="ada@example.com")
        assert browser.status == 400
        assert "Nothing was changed" in page
        assert 'value="ada@example.com"' in page
    assert await runtime.db.one(MAILS) == 0
    await browser.send("/p/shop/sign-in", email="ada@example.com")
    assert browser.status == 303
    (mail,) = await mails()
    await browser.get(mail.path)
    page = await browser.send("/p/shop/sign-in/link", csrf="wrong", token=mail.token)
    assert browser.status == 400 and "Sign in to Shop as" in page
    assert not await runtime.db.all(SESSIONS)


async def test_the_session_gets_a_new_id_and_the_old_one_is_worth_nothing(
    app, runtime, browser, mails
):
    tokens = []
    for _ in range(2):
        await browser.get("/p/shop/sign-in")
        if browser.status == 303:  # signed in: ask from the settings' page instead
            break
        await browser.send("/p/shop/sign-in", email="ada@example.com")
        (mail,) = await mails()
        await browser.get(mail.path)
        await browser.send("/p/shop/sign-in/link", token=mail.token)
        tokens.append(browser.cookies["portico-shop"])
    # A cookie that somebody planted before is not the session afterwards.
    victim = Browser(app)
    victim.client.set_cookie("127.0.0.1", "portico-shop", "planted")
    await victim.get("/p/shop/sign-in")
    await victim.send("/p/shop/sign-in", email="ada@example.com")
    (mail,) = await mails()
    await victim.get(mail.path)
    await victim.send("/p/shop/sign-in/link", token=mail.token)
    assert victim.cookies["portico-shop"] not in ("planted", *tokens)
    thief = Browser(app)
    thief.client.set_cookie("127.0.0.1", "portico-shop", "planted")
    await thief.get("/p/shop/settings")
    assert thief.status == 302
    assert not set(tokens) & set(await runtime.db.all(SESSIONS))


async def test_signing_in_again_ends_the_session_that_the_browser_had(runtime, browser, mails):
    first = None
    for _ in range(2):
        page = await browser.get("/p/shop/sign-in/link?token=none")
        if browser.status == 303:
            page = await browser.get("/p/shop/settings")
        await browser.send("/p/shop/sign-in", email="ada@example.com")
        (mail,) = await mails()
        page = await browser.get(mail.path)
        assert "Sign in to Shop as" in page
        await browser.send("/p/shop/sign-in/link", token=mail.token)
        token = browser.cookies["portico-shop"]
        assert token != first
        first = token
    assert len(await runtime.db.all(SESSIONS)) == 1


async def test_a_session_of_one_store_is_none_in_another(app, runtime, browser, mails):
    other = await make_store(runtime, "other")
    await make_customer(runtime, other, "ada@example.com")
    await browser.get("/p/shop/sign-in")
    await browser.send("/p/shop/sign-in", email="ada@example.com")
    (mail,) = await mails()
    await browser.get(mail.path)
    await browser.send("/p/shop/sign-in/link", token=mail.token)
    token = browser.cookies["portico-shop"]
    thief = Browser(app)
    for name in ("portico-shop", "portico-other", "portico-dashboard"):
        thief.client.set_cookie("127.0.0.1", name, token)
    await thief.get("/p/other/settings")
    assert thief.status == 302
    await thief.get("/dashboard/")
    assert thief.status == 302
    await thief.get("/p/shop/settings")
    assert thief.status == 200


async def test_no_token_code_or_cookie_is_in_the_log(browser, mails, caplog):
    caplog.set_level(logging.INFO)
    configure_logging()  # another test of this process may have wanted less
    with capture_logs() as entries:
        await browser.get("/p/shop/sign-in")
        await browser.send("/p/shop/sign-in", email="ada@example.com")
        await browser.follow()
        (mail,) = await mails()
        await browser.get(mail.path)
        await browser.send("/p/shop/sign-in/code", code="333333")
        await browser.get(mail.path)
        await browser.send("/p/shop/sign-in/link", token=mail.token)
        await browser.get("/p/shop/settings")
        await browser.get("/p/shop/file/a-grant-that-opens-a-file")
    paths = [entry.get("path") for entry in entries if entry["event"] == "request"]
    assert "/p/shop/sign-in/link" in paths and "/p/shop/file/…" in paths
    text = repr(entries) + caplog.text
    for secret in (mail.token, mail.code, *browser.cookies.values(), "a-grant-that-opens"):
        assert secret and secret not in text
