"""A fresh installation, and further stores."""

import asyncio

from portico.sellers import service as sellers
from portico.sellers import setup
from portico.sellers.models import Role
from portico.sellers.setup import NewStore, SetupIsOver
from portico.stores import service as stores
from portico.testing import factories
from portico.testing.browser import Browser

WRITTEN = {"email": "ada@example.com", "name": "Ada", "store_name": "Café Nord", "currency": "EUR"}


async def test_the_link_makes_seller_and_store_once(app, runtime):
    token = await setup.new_link_token(runtime)
    browser = Browser(app)
    page = f"/dashboard/set-up?token={token}"
    await browser.get(page)
    await browser.send(page, **WRITTEN | {"slug": "Not good"})
    assert browser.status == 400 and "northwind-type" in browser.body
    assert await sellers.by_email(runtime, "ada@example.com") is None
    await browser.send(page, **WRITTEN)
    assert browser.location == "/dashboard/cafe-nord/"
    assert "Café Nord" in await browser.follow()
    seller = await sellers.by_email(runtime, "ada@example.com")
    (mine,) = await sellers.stores_of(runtime, seller.id)
    assert mine[1] is Role.OWNER
    await browser.get(page)
    assert browser.status == 404
    assert await setup.new_link_token(runtime) is None


async def test_the_base_url_leads_on_by_what_there_is(app, runtime):
    browser = Browser(app)
    await browser.get("/")
    assert browser.location == "/dashboard/sign-in"
    assert "the link that the server printed" in await browser.follow()
    first = await factories.make_store(runtime, slug="first")
    await sellers.invite(runtime, first, "ada@example.com", Role.OWNER, by="test")
    await browser.get("/dashboard/sign-in")
    assert "the link that the server printed" not in browser.body
    await browser.get("/")
    assert browser.location.endswith("/p/first/")
    await factories.make_store(runtime, slug="second")
    await browser.get("/")
    assert browser.status == 200 and "Use the link in the mail" in browser.body


async def test_of_two_who_set_up_at_once_one_does(app, runtime):
    tokens = [await setup.new_link_token(runtime) for _ in range(2)]
    calls = [
        setup.first_seller(
            runtime, token, email=f"{number}@example.com", name="", store=NewStore(
                "Store", f"store-{number}", "EUR", "en"
            ),
        )
        for number, token in enumerate(tokens)
    ]  # fmt: skip
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(one) for one in results if isinstance(one, Exception)] == [SetupIsOver]
    assert len(await stores.all_stores(runtime)) == 1


async def test_no_other_token_sets_up(app, runtime):
    await setup.new_link_token(runtime)
    browser = Browser(app)
    for token in ("", "guess"):
        await browser.get(f"/dashboard/set-up?token={token}")
        assert browser.status == 404


async def test_an_owner_opens_a_further_store_and_nobody_else(runtime, owner, team, signed_in):
    await owner.get("/dashboard/new-store")
    await owner.send("/dashboard/new-store", store_name="Shop", currency="EUR")
    assert owner.status == 400 and "Another store has this address" in owner.body
    await owner.send("/dashboard/new-store", store_name="Second", currency="USD")
    assert owner.location == "/dashboard/second/"
    assert "All stores" in await owner.follow()
    assert "Second" in await owner.get("/dashboard/")
    manager = await signed_in(team[Role.MANAGER])
    await manager.get("/dashboard/new-store")
    assert manager.status == 404
