"""Settings > Customer portal: the link, what shows, how one cancels; and the portal follows it."""

from datetime import timedelta

import pytest
from portico.events import service as events
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.stores.models import PortalSettings
from portico.stores.service import update_portal
from portico.testing import factories
from portico.testing.browser import Browser

PAGE = "/dashboard/shop/settings/portal"
FORM = {
    "sections": "purchases", "mode": "immediately", "proration_behavior": "create_prorations",
    "retention": "Pause instead?", "retention_url": "https://shop.example/pause",
    "session_days": "7", "grace_days": "3", "locale": "de", "languages": "de",
}  # fmt: skip


async def changes(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [entry.data["changed"] for entry in log if entry.action == "store.update"]


async def test_the_link_its_picture_and_the_snippet_lead_to_the_portal(owner, store):
    page = await owner.get(PAGE)
    url = "http://127.0.0.1:8000/p/shop/"
    assert f'value="{url}"' in page and f'data-copy="{url}"' in page
    assert f'<a href="{url}">Your purchases</a>' in page
    picture = await owner.get(f"{PAGE}/qr.svg")
    assert picture.startswith("<?xml") and "<path" in picture and "<script" not in picture
    assert owner.headers["Content-Type"] == "image/svg+xml"
    assert "sandbox" in owner.headers["Content-Security-Policy"]


async def test_what_is_saved_is_shown_again_and_noted(owner, runtime, store):
    await owner.get(PAGE)
    await owner.send(PAGE, **FORM)
    assert "Saved." in await owner.follow()
    saved = await stores.by_id(runtime, store.id)
    settings = PortalSettings.of(saved)
    assert (settings.sections, settings.session_days, settings.grace_days) == (("purchases",), 7, 3)
    rules = settings.cancellation
    assert (rules.mode, rules.cancellation_reason) == ("immediately", False)
    assert (rules.proration_behavior, rules.retention) == ("create_prorations", "Pause instead?")
    assert (saved.locale, settings.languages) == ("de", ("de",))
    (changed,) = await changes(runtime, store)
    assert {"locale", "portal.cancellation", "portal.sections"} <= set(changed)
    assert "Pause instead?" in owner.body


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("retention_url", "javascript:alert(1)", "begins with https://"),
        ("session_days", "0", "Enter 1 or more."),
        ("grace_days", "soon", "whole number"),
        ("languages", "", "Choose one language"),
        ("locale", "en", "languages that you offer"),
        ("sections", "secrets", "Choose one of the list."),
        ("mode", "never", "Choose one of the list."),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_saved(
    owner, runtime, store, field, value, words
):
    await owner.get(PAGE)
    sent = {**FORM, field: value}
    if not value:
        del sent[field]
    await owner.send(PAGE, **sent)
    assert (owner.status, words in owner.body) == (400, True)
    assert (await stores.by_id(runtime, store.id)).settings == store.settings


async def test_the_second_of_two_sellers_is_told(owner, runtime, store):
    await owner.get(PAGE)
    version = owner.body.split('name="form_version" value="sections-')[1].split('"')[0]
    await update_portal(runtime, store.id, {"grace_days": 21}, by="test")
    await owner.send(PAGE, **FORM, form_version=f"sections-{version}")
    assert owner.status == 409 and "Saved meanwhile: 21" in owner.body
    assert PortalSettings.of(await stores.by_id(runtime, store.id)).grace_days == 21


async def test_support_sees_it_and_cannot_save(signed_in, team):
    browser = await signed_in(team[Role.SUPPORT])
    page = await browser.get(PAGE)
    assert browser.status == 200 and '<fieldset class="plain" disabled>' in page
    assert "data-save" not in page


async def test_a_section_left_out_is_gone_and_languages_too(app, runtime, store):
    customer = await factories.make_customer(runtime, store)
    product = await factories.make_product(runtime, store)
    await factories.make_paid_order(runtime, store, customer, product)
    browser = Browser(app)
    await browser.sign_in(customer)
    page = await browser.get("/p/shop/")
    assert 'href="/p/shop/purchases"' in page and 'value="de"' in page
    assert "Latest purchases" in page
    values = {"sections": ["downloads"], "languages": ["en"]}
    await update_portal(runtime, store.id, values, by="test")
    page = await browser.get("/p/shop/", **{"Accept-Language": "de"})
    assert 'href="/p/shop/purchases"' not in page and 'value="de"' not in page
    assert "Latest purchases" not in page and '<html lang="en"' in page
    await browser.get("/p/shop/purchases")
    assert (browser.status, browser.location) == (302, "/p/shop/")
