"""Customers sign in by the code of a mail, on another device than the one that reads mail."""

import asyncio
from datetime import timedelta

import pytest
from portico_auth_email_link.secret import ALPHABET, CODE_LENGTH, hash_code, new_code


async def ask(browser, email="ada@example.com"):
    await browser.get("/p/shop/sign-in")
    await browser.send("/p/shop/sign-in", email=email)
    return await browser.follow()


async def is_signed_in(browser):
    response = await browser.client.get("/p/shop/settings")
    return response.status_code == 200


def wrong(code):
    return ("3" if code[0] != "3" else "4") + code[1:]


async def test_the_code_signs_in_the_browser_that_asked(browser, mails):
    await ask(browser)
    (mail,) = await mails()
    await browser.send("/p/shop/sign-in/code", code=mail.code)
    assert (browser.status, browser.location) == (303, "/p/shop/")
    assert await is_signed_in(browser)


@pytest.mark.parametrize("write", [str.lower, lambda c: f" {c[:3]}-{c[3:]} ", " ".join])
async def test_a_code_may_be_typed_in_small_letters_and_groups(browser, mails, write):
    await ask(browser)
    (mail,) = await mails()
    await browser.send("/p/shop/sign-in/code", code=write(mail.code))
    assert await is_signed_in(browser)


async def test_a_code_is_worth_nothing_in_another_browser(browser, other_browser, mails):
    await ask(browser)
    (first,) = await mails()
    await other_browser.get("/p/shop/sign-in")
    await other_browser.send("/p/shop/sign-in/code", code=first.code)
    assert (other_browser.status, other_browser.location) == (303, "/p/shop/sign-in")
    assert not await is_signed_in(other_browser)
    # It needs the code of the mail that it has asked for itself.
    await ask(other_browser)
    (second,) = await mails()
    page = await other_browser.send("/p/shop/sign-in/code", code=first.code)
    assert "That code is not right. You have 4 tries left." in page
    await other_browser.send("/p/shop/sign-in/code", code=second.code)
    assert await is_signed_in(other_browser)
    assert not await is_signed_in(browser)


async def test_after_five_wrong_codes_a_new_one_is_needed(browser, mails):
    await ask(browser)
    (mail,) = await mails()
    for left in ("4 tries", "3 tries", "2 tries", "1 try"):
        page = await browser.send("/p/shop/sign-in/code", code=wrong(mail.code))
        assert browser.status == 400
        assert f"That code is not right. You have {left} left." in page
    page = await browser.send("/p/shop/sign-in/code", code=wrong(mail.code))
    assert "Have a new mail sent to try again." in page
    assert 'name="code"' not in page
    page = await browser.send("/p/shop/sign-in/code", code=mail.code)
    assert "Have a new mail sent to try again." in page
    assert not await is_signed_in(browser)
    await ask(browser)
    (second,) = await mails()
    await browser.send("/p/shop/sign-in/code", code=second.code)
    assert await is_signed_in(browser)


async def test_guesses_at_the_same_time_are_counted_one_by_one(browser, mails):
    await ask(browser)
    (mail,) = await mails()
    codes = [new_code() for _ in range(19)]
    assert mail.code not in codes
    token = browser.csrf
    answers = await asyncio.gather(
        *(
            browser.client.post("/p/shop/sign-in/code", form={"code": code, "csrf_token": token})
            for code in codes
        )
    )
    bodies = [await answer.get_data(as_text=True) for answer in answers]
    assert sum("tries left" in body or "try left" in body for body in bodies) == 4
    await browser.send("/p/shop/sign-in/code", code=mail.code)
    assert not await is_signed_in(browser)


async def test_a_code_expires_with_the_link(browser, mails, clock):
    await ask(browser)
    (mail,) = await mails()
    clock.advance(timedelta(minutes=30))
    page = await browser.send("/p/shop/sign-in/code", code=mail.code)
    assert "That code has expired. We can send a new one." in page
    assert not await is_signed_in(browser)


async def test_the_code_is_used_up_by_the_link_and_the_other_way_round(
    browser, other_browser, mails
):
    await ask(browser)
    (mail,) = await mails()
    await other_browser.get(mail.path)
    await other_browser.send("/p/shop/sign-in/link", token=mail.token)
    assert await is_signed_in(other_browser)
    await browser.send("/p/shop/sign-in/code", code=mail.code)
    assert browser.status == 400
    assert not await is_signed_in(browser)
    await ask(browser)
    (mail,) = await mails()
    await browser.send("/p/shop/sign-in/code", code=mail.code)
    assert await is_signed_in(browser)
    await other_browser.get("/p/shop/settings")
    await other_browser.send("/p/shop/sign-out")
    page = await other_browser.get(mail.path)
    assert "That link has been used already." in page


def test_codes_hold_nothing_that_looks_alike_and_belong_to_an_attempt_and_a_device():
    code = new_code()
    assert len(code) == CODE_LENGTH and set(code) <= set(ALPHABET)
    assert not set(ALPHABET) & set("0O1IL2Z5S8BUVAE")
    assert hash_code(code, "sia_1", "d") == hash_code(f" {code.lower()} ", "sia_1", "d")
    assert hash_code(code, "sia_1", "d") != hash_code(code, "sia_2", "d")
    assert hash_code(code, "sia_1", "d") != hash_code(code, "sia_1", "e")
