"""A customer's settings."""

import re

from portico.customers import service as customers
from portico.sessions import service as sessions
from portico.testing.browser import Browser
from portico.testing.factories import make_customer

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


async def change(browser, mails, email="new@example.com"):
    await browser.get("/p/shop/settings")
    await browser.send("/p/shop/settings/email", email=email)
    assert browser.location == "/p/shop/settings"
    page = await browser.follow()
    assert f"We mailed a link to {email}" in page
    (mail,) = await mails()
    assert mail.to == email
    return mail


async def test_a_new_address_is_proven_before_anything_changes(
    app, runtime, store, customer, signed_in, mails
):
    browser, phone = await signed_in(), await signed_in(agent=IPHONE)
    mail = await change(browser, mails)
    assert mail.path.startswith("/p/shop/settings/email/confirm?token=")
    scanner = Browser(app)
    page = await scanner.get(mail.path)
    assert "new@example.com" in page
    assert (await customers.by_id(runtime, store.id, customer.id)).email == "ada@example.com"
    await browser.get(mail.path)
    await browser.send("/p/shop/settings/email/confirm", token=mail.token)
    assert browser.location == "/p/shop/settings"
    page = await browser.follow()
    assert "Your address is now new@example.com." in page
    assert (await customers.by_id(runtime, store.id, customer.id)).email == "new@example.com"
    # The old address is told, the other browsers have to sign in again.
    (told,) = await mails()
    assert told.to == "ada@example.com" and "n•••@example.com" in told.text
    await phone.get("/p/shop/settings")
    assert phone.status == 302
    await browser.get("/p/shop/settings")
    assert browser.status == 200
    page = await browser.get(mail.path)
    assert browser.status == 400 and "This link does not work any more" in page


async def test_a_sign_in_that_was_asked_for_under_the_old_address_is_over(
    runtime, store, customer, signed_in, mails
):
    browser = await signed_in()
    waiting = await sessions.begin(
        runtime, store, customer.email, method="test", device="d", next_path="", locale="en",
        ip="192.0.2.1",
    )  # fmt: skip
    mail = await change(browser, mails)
    await browser.get(mail.path)
    await browser.send("/p/shop/settings/email/confirm", token=mail.token)
    assert not await sessions.open_session(
        runtime, store, waiting.id, previous_token=None, user_agent="", ip=""
    )


async def test_only_the_last_request_for_a_new_address_counts(signed_in, mails):
    browser = await signed_in()
    first = await change(browser, mails, "first@example.com")
    await change(browser, mails, "second@example.com")
    page = await browser.get(first.path)
    assert "This link does not work any more" in page


async def test_the_mail_for_a_request_that_was_replaced_is_not_sent(signed_in, mails):
    browser = await signed_in()
    for email in ("first@example.com", "second@example.com"):
        await browser.get("/p/shop/settings")
        await browser.send("/p/shop/settings/email", email=email)
    assert [mail.to for mail in await mails()] == ["second@example.com"]


async def test_an_address_that_somebody_else_has_is_told_to_who_reads_its_mail_only(
    runtime, store, customer, signed_in, mails
):
    await make_customer(runtime, store, "eve@example.com")
    browser = await signed_in()
    mail = await change(browser, mails, "eve@example.com")
    await browser.get(mail.path)
    page = await browser.send("/p/shop/settings/email/confirm", token=mail.token)
    assert browser.status == 409 and "This address is in use already" in page
    assert (await customers.by_id(runtime, store.id, customer.id)).email == "ada@example.com"


async def test_what_cannot_be_the_new_address_is_said_at_the_field(signed_in):
    browser = await signed_in()
    for email, words in (
        ("nonsense", "Enter an e-mail address"), ("ADA@example.com", "This is your address already")
    ):  # fmt: skip
        await browser.get("/p/shop/settings")
        page = await browser.send("/p/shop/settings/email", email=email)
        assert browser.status == 400 and words in page


async def test_asking_for_one_change_after_the_other_has_to_wait(signed_in):
    browser = await signed_in()
    for number in range(5):
        await browser.get("/p/shop/settings")
        await browser.send("/p/shop/settings/email", email=f"n{number}@example.com")
    await browser.get("/p/shop/settings")
    page = await browser.send("/p/shop/settings/email", email="n6@example.com")
    assert browser.status == 429
    assert "Please wait 15 minutes before asking for another mail." in page


async def test_devices_have_names_and_can_be_signed_out_one_by_one(runtime, store, signed_in):
    browser, phone = await signed_in(), await signed_in(agent=IPHONE)
    page = await browser.get("/p/shop/settings")
    assert "Firefox on Linux" in page and "Safari on iPhone" in page
    (path,) = re.findall(r'action="(/p/shop/settings/devices/\w+/sign-out)"', page)
    await browser.send(path)
    page = await browser.follow()
    assert "That device is signed out." in page and "Safari on iPhone" not in page
    await phone.get("/p/shop/settings")
    assert phone.status == 302


async def test_nobody_signs_out_the_device_of_somebody_else(runtime, store, signed_in):
    await make_customer(runtime, store, "eve@example.com")
    mine, theirs = await signed_in(), await signed_in("eve@example.com")
    eve = await customers.by_email(runtime, store.id, "eve@example.com")
    (device,) = await sessions.devices(runtime, store.id, eve.id)
    await mine.get("/p/shop/settings")
    await mine.send(f"/p/shop/settings/devices/{device.id}/sign-out")
    page = await mine.follow()
    assert "That device is signed out." not in page
    await theirs.get("/p/shop/settings")
    assert theirs.status == 200


async def test_signing_out_everywhere_leaves_no_browser_signed_in(signed_in):
    browser, phone = await signed_in(), await signed_in(agent=IPHONE)
    await browser.get("/p/shop/settings")
    await browser.send("/p/shop/settings/sign-out-everywhere")
    assert browser.location == "/p/shop/sign-in"
    set_cookies = browser.headers.getlist("Set-Cookie")
    assert any(one.startswith("portico-shop=;") and "Max-Age=0" in one for one in set_cookies)
    for one in (browser, phone):
        await one.get("/p/shop/settings")
        assert one.status == 302


async def test_the_language_is_kept_for_the_customer_and_for_a_browser(
    app, runtime, store, customer, signed_in, monkeypatch
):
    monkeypatch.setattr(runtime.themes.translations, "locales", ("en", "de"))
    browser = await signed_in()
    await browser.get("/p/shop/settings")
    await browser.send("/p/shop/settings/language", locale="de", next="/p/shop/settings")
    assert browser.location == "/p/shop/settings"
    assert '<html lang="de"' in await browser.follow()
    assert (await customers.by_id(runtime, store.id, customer.id)).locale == "de"
    stranger = Browser(app)
    page = await stranger.get("/p/shop/no-such-page")
    assert '<html lang="en"' in page
    await stranger.send("/p/shop/settings/language", locale="de")
    assert '<html lang="de"' in await stranger.get("/p/shop/no-such-page")
    asking = Browser(app)
    page = await asking.get("/p/shop/no-such-page", **{"Accept-Language": "fr, de;q=0.8"})
    assert '<html lang="de"' in page
    await asking.send("/p/shop/settings/language", locale="xx")
    assert '<html lang="en"' in await asking.get("/p/shop/no-such-page")
