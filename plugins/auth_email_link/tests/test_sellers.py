"""Sellers sign in to the dashboard by the same mails."""

from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.testing.factories import make_store


async def sign_in(browser, mails, email="sel@example.com"):
    await browser.get("/dashboard/")
    assert browser.location == "/dashboard/sign-in"
    await browser.follow()
    await browser.send("/dashboard/sign-in", email=email)
    assert browser.location == "/dashboard/sign-in/sent"
    await browser.follow()
    (mail,) = await mails()
    return mail


async def test_a_seller_sees_the_own_stores_with_role_and_portal_link(
    runtime, store, browser, mails
):
    other = await make_store(runtime, "other")
    await make_store(runtime, "strangers")
    await sellers.invite(runtime, store, "Sel@Example.com", Role.OWNER, by="test")
    await sellers.invite(runtime, other, "sel@example.com", Role.SUPPORT, by="test")
    invitations = await mails()
    assert [one.to for one in invitations] == ["sel@example.com"] * 2
    assert any("Shop" in one.subject for one in invitations)
    mail = await sign_in(browser, mails)
    assert mail.path.startswith("/dashboard/sign-in/link?token=")
    await browser.get(mail.path)
    await browser.send("/dashboard/sign-in/link", token=mail.token)
    assert browser.location == "/dashboard/"
    page = await browser.follow()
    assert "http://127.0.0.1:8000/p/shop/" in page and "Owner" in page
    assert "http://127.0.0.1:8000/p/other/" in page and "Support" in page
    assert "strangers" not in page.lower()
    await browser.send("/dashboard/sign-out")
    await browser.get("/dashboard/")
    assert browser.status == 302


async def test_the_code_works_for_sellers_too(runtime, store, browser, mails):
    await sellers.invite(runtime, store, "sel@example.com", by="test")
    await mails()
    mail = await sign_in(browser, mails)
    await browser.send("/dashboard/sign-in/code", code=mail.code)
    assert browser.location == "/dashboard/"


async def test_a_customer_is_no_seller(runtime, customer, browser, mails):
    await browser.get("/dashboard/sign-in")
    await browser.send("/dashboard/sign-in", email="ada@example.com")
    assert browser.location == "/dashboard/sign-in/sent"
    assert not await mails()


async def test_inviting_somebody_again_changes_the_role(runtime, store):
    for role in (Role.SUPPORT, Role.MANAGER):
        seller = await sellers.invite(runtime, store, "sel@example.com", role, by="test")
    assert await sellers.stores_of(runtime, seller.id) == [(store, Role.MANAGER)]
    assert await sellers.store_of(runtime, seller.id, "shop") == (store, Role.MANAGER)
    assert await sellers.store_of(runtime, seller.id, "elsewhere") is None


async def test_the_dashboard_speaks_the_language_that_was_chosen(browser, store):
    await browser.get("/dashboard/sign-in")
    await browser.send("/dashboard/language", locale="de")
    page = await browser.get("/dashboard/sign-in")
    if 'lang="de"' in page:
        assert '<html lang="de"' in page
