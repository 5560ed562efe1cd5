"""Settings > Store and > Legal."""

import pytest
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.stores.models import Mode
from portico.testing.browser import Browser

STORE, LEGAL = "/dashboard/shop/settings/store", "/dashboard/shop/settings/legal"
FORM = {
    "name": "Shoe Shop", "support_email": "Help@Shop.example", "currency": "CHF",
    "timezone": "Europe/Zurich", "locale": "de",
}  # fmt: skip


async def test_a_store_changes_its_name_money_time_and_language(owner, runtime, store):
    assert "/p/shop/" in await owner.get(STORE)
    await owner.send(STORE, **FORM)
    assert "Saved." in await owner.follow()
    new = await stores.by_id(runtime, store.id)
    assert (new.name, new.support_email, new.currency) == ("Shoe Shop", "help@shop.example", "CHF")
    assert (new.timezone, new.locale, new.mode) == ("Europe/Zurich", "de", Mode.TEST)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("currency", "E1"), ("timezone", "Mars/Base"), ("locale", "tlh")],
)
async def test_what_no_list_has_is_refused(owner, runtime, store, field, value):
    await owner.get(STORE)
    await owner.send(STORE, **FORM | {field: value})
    assert owner.status == 400 and f'id="{field}-error"' in owner.body
    assert await stores.by_id(runtime, store.id) == store


async def test_an_owner_goes_live_after_a_question_and_nobody_else(
    owner, runtime, store, team, signed_in
):
    page = await owner.get(f"{STORE}/mode")
    assert "real money" in page and "nothing can be bought" in page
    await owner.send(f"{STORE}/mode", mode="live")
    assert "The store is live." in await owner.follow()
    await owner.send(f"{STORE}/mode", mode="live")  # asked twice: done once
    assert (await stores.by_id(runtime, store.id)).mode is Mode.LIVE
    manager = await signed_in(team[Role.MANAGER])
    assert "An owner of the store can change this." in await manager.get(STORE)
    await manager.send(f"{STORE}/mode", mode="test")
    assert manager.status == 403


async def test_the_foot_of_the_portal_has_what_the_law_asks_for(owner, app, runtime, store):
    await owner.get(LEGAL)
    await owner.send(
        LEGAL, privacy_url="https://shop.example/privacy", imprint="Shop GmbH\nBerlin\n\n<b>1</b>"
    )
    assert "Saved." in await owner.follow()
    browser = Browser(app)
    await browser.get("/p/shop/imprint")
    response = await browser.client.get("/p/shop/imprint")
    page = await response.get_data(as_text=True)
    assert response.status_code == 200 and "Shop GmbH" in page and "&lt;b&gt;1" in page
    await owner.send(LEGAL, privacy_url="javascript:1")
    assert owner.status == 400
    await owner.send(LEGAL)
    await browser.get("/p/shop/imprint")
    assert browser.status == 404
