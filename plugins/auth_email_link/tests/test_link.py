"""Customers sign in by the link of a mail."""

import asyncio
from datetime import timedelta
from urllib.parse import unquote

from portico.api import EmailHooks
from portico.customers import service as customers
from portico.emails import service as emails
from portico.stores import service as stores
from portico.testing.browser import Browser
from portico.testing.factories import make_customer, make_store
from portico_auth_email_link.queries import BY_TOKEN
from portico_auth_email_link.secret import hash_token


async def ask(browser, email="ada@example.com", base="/p/shop/", **fields):
    await browser.get(f"{base}sign-in")
    await browser.send(f"{base}sign-in", email=email, **fields)
    assert browser.status == 303 and browser.location == f"{base}sign-in/sent"
    return await browser.follow()


async def is_signed_in(browser, base="/p/shop/"):
    response = await browser.client.get(f"{base}settings")
    return response.status_code == 200


async def test_a_link_signs_in_when_its_button_is_pressed(browser, mails):
    page = await ask(browser)
    assert "a•••@example.com" in page and "30 minutes" in page
    (mail,) = await mails()
    assert mail.to == "ada@example.com" and "Shop" in mail.subject
    assert "Sign in to Shop as a•••@example.com?" in await browser.get(mail.path)
    await browser.send("/p/shop/sign-in/link", token=mail.token)
    assert (browser.status, browser.location) == (303, "/p/shop/")
    assert await is_signed_in(browser)


async def test_a_mail_scanner_that_follows_the_link_uses_nothing_up(browser, other_browser, mails):
    await ask(browser)
    (mail,) = await mails()
    for _ in range(3):
        await other_browser.get(mail.path)
        assert other_browser.status == 200
        await other_browser.client.head(mail.path)
    assert not await is_signed_in(other_browser)
    await browser.get(mail.path)
    await browser.send("/p/shop/sign-in/link", token=mail.token)
    assert await is_signed_in(browser)


async def test_a_link_works_once_and_then_offers_a_new_one(browser, other_browser, mails):
    await ask(browser)
    (mail,) = await mails()
    await browser.get(mail.path)
    await browser.send("/p/shop/sign-in/link", token=mail.token)
    assert browser.status == 303
    page = await other_browser.get(mail.path)
    assert "That link has been used already. We can send a new one." in page
    assert 'value="ada@example.com"' in page
    page = await other_browser.send("/p/shop/sign-in/link", token=mail.token)
    assert "That link has been used already. We can send a new one." in page
    assert not await is_signed_in(other_browser)


async def test_of_twenty_who_press_the_button_at_once_one_gets_in(app, browser, mails):
    await ask(browser)
    (mail,) = await mails()
    browsers = [Browser(app) for _ in range(20)]
    for one in browsers:
        await one.get(mail.path)
    await asyncio.gather(*(one.send("/p/shop/sign-in/link", token=mail.token) for one in browsers))
    assert sorted(one.status for one in browsers) == [303] + [400] * 19
    assert [await is_signed_in(one) for one in browsers].count(True) == 1


async def test_an_expired_link_goes_back_to_the_sign_in_form(browser, mails, clock):
    await ask(browser)
    (mail,) = await mails()
    clock.advance(timedelta(minutes=29, seconds=59))
    assert "Sign in to Shop as" in await browser.get(mail.path)
    clock.advance(timedelta(seconds=1))
    page = await browser.get(mail.path)
    assert "That link has expired. We can send a new one." in page
    assert 'value="ada@example.com"' in page
    page = await browser.send("/p/shop/sign-in/link", token=mail.token)
    assert "That link has expired. We can send a new one." in page
    assert not await is_signed_in(browser)


async def test_a_forged_link_shows_the_empty_form(browser):
    for token in ("forged", "", "a" * 43, "%C3%BC", "%FF%01", "%ED%A0%80"):
        page = await browser.get("/p/shop/sign-in/link?token=" + token)
        assert browser.status == 200
        assert 'name="email" type="email" value=""' in page
        assert "expired" not in page and "used already" not in page
        page = await browser.send("/p/shop/sign-in/link", token=unquote(token))
        assert 'name="email" type="email" value=""' in page
        assert not await is_signed_in(browser)


async def test_a_link_signs_in_the_browser_that_confirms_it_and_no_other(
    browser, other_browser, mails
):
    waiting = await ask(browser)
    (mail,) = await mails()
    await other_browser.get(mail.path)
    await other_browser.send("/p/shop/sign-in/link", token=mail.token)
    assert await is_signed_in(other_browser)
    assert not await is_signed_in(browser)
    assert "Or type the code from the mail" in waiting


async def test_a_link_of_one_store_opens_no_other(runtime, browser, mails):
    other = await make_store(runtime, "other")
    await make_customer(runtime, other, "ada@example.com")
    await ask(browser)
    (mail,) = await mails()
    page = await browser.get(f"/p/other/sign-in/link?token={mail.token}")
    assert 'name="email" type="email" value=""' in page
    await browser.send("/p/other/sign-in/link", token=mail.token)
    assert not await is_signed_in(browser, "/p/other/")
    page = await browser.get(f"/dashboard/sign-in/link?token={mail.token}")
    assert 'name="email" type="email" value=""' in page


async def test_after_signing_in_the_reader_is_where_they_wanted_to_go(browser, mails):
    await browser.get("/p/shop/purchases?before=5")
    assert browser.location == "/p/shop/sign-in?next=/p/shop/purchases%3Fbefore%3D5"
    await browser.follow()
    await browser.send(
        "/p/shop/sign-in", email="ada@example.com", next="/p/shop/purchases?before=5"
    )
    (mail,) = await mails()
    await browser.get(mail.path)
    await browser.send("/p/shop/sign-in/link", token=mail.token)
    assert browser.location == "/p/shop/purchases?before=5"


async def test_nobody_is_led_to_another_site_after_signing_in(browser, mails):
    for bad in (
        "https://evil.example/", "//evil.example/", "/\\evil.example", "/p/other/",
        "/p/shop/../other/", "javascript:alert(1)", "/p/shop/\n//evil.example",
    ):  # fmt: skip
        page = await browser.get("/p/shop/sign-in")
        await browser.send("/p/shop/sign-in", email="ada@example.com", next=bad)
        if browser.status == 429:
            break
        (mail,) = await mails()
        await browser.get(mail.path)
        await browser.send("/p/shop/sign-in/link", token=mail.token)
        assert browser.location == "/p/shop/", bad
        await browser.get("/p/shop/settings")
        await browser.send("/p/shop/sign-out")
        assert page


async def test_who_is_signed_in_goes_straight_to_the_overview(browser, mails):
    await ask(browser)
    (mail,) = await mails()
    await browser.get(mail.path)
    await browser.send("/p/shop/sign-in/link", token=mail.token)
    await browser.get("/p/shop/sign-in")
    assert (browser.status, browser.location) == (303, "/p/shop/")


async def test_no_token_or_code_is_stored(runtime, browser, mails):
    await ask(browser)
    (mail,) = await mails()
    stored = await runtime.db.one(BY_TOKEN, token_hash=hash_token(mail.token))
    assert stored is not None
    assert mail.token not in repr(stored) and mail.code not in repr(stored)


async def the_customer(runtime, shop):
    return await customers.by_email(runtime, shop.id, "ada@example.com")


async def test_a_mail_that_is_sent_twice_signs_in_once_with_either_link(
    runtime, browser, other_browser, mails
):
    await ask(browser)
    (first,) = await mails()
    shop = await stores.by_slug(runtime, "shop")
    (email,) = await emails.of_customer(runtime, shop.id, (await the_customer(runtime, shop)).id)
    again = await runtime.hooks.owner(shop, "auth_email_link", EmailHooks.email_secrets, email)
    second = again["sign_in.url"].partition("token=")[2]
    assert second != first.token
    await browser.get(f"/p/shop/sign-in/link?token={second}")
    await browser.send("/p/shop/sign-in/link", token=second)
    assert await is_signed_in(browser)
    await other_browser.get(first.path)
    page = await other_browser.send("/p/shop/sign-in/link", token=first.token)
    assert "used already" in page
    assert not await is_signed_in(other_browser)
