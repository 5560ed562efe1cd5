"""A seller looks at a portal as a customer: everything to see, nothing to do."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from portico.catalog.models import Interval
from portico.db import Command
from portico.events import service as events
from portico.ids import new_id
from portico.licenses.tables import licenses
from portico.sellers import service as sellers
from portico.sellers import team as teams
from portico.sellers.models import Role
from portico.sessions import service as sessions
from portico.testing import factories
from portico.testing.browser import Browser
from sqlalchemy import insert

KEY = "MERI-7Q2F-XKPD-90AB"


@pytest.fixture
def portico_plugins():
    return ()


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime, slug="shop")


@pytest_asyncio.fixture
async def ada(runtime, store):
    """Bought something with a license key."""
    ada = await factories.make_customer(runtime, store, "ada@example.com")
    product = await factories.make_product(runtime, store)
    price = await factories.make_price(runtime, store, product, Interval.MONTH)
    order = await factories.make_paid_order(runtime, store, ada, product, price=price)
    row = dict.fromkeys(column.name for column in licenses.c) | {
        "store_id": store.id, "id": new_id("lic"), "number": 1, "grant_key": "test",
        "customer_id": ada.id, "product_id": product.id, "order_id": order.id,
        "mode": store.mode, "issuer": "test", "key": KEY, "state": "active", "data": {},
        "created_at": runtime.clock.now(),
    }  # fmt: skip
    await runtime.db.run(Command(insert(licenses).values(row)))
    return ada


@pytest_asyncio.fixture
async def support(app, runtime, store, ada):
    """Somebody of the team who looks at the portal as Ada."""
    person = await sellers.invite(runtime, store, "sup@example.com", Role.SUPPORT, by="test")
    browser = Browser(app)
    await browser.sign_in(person)
    browser.person = person
    await look(browser, ada)
    return browser


async def look(browser, customer):
    await browser.get(f"/dashboard/shop/customers/{customer.id}")
    await browser.send(f"/dashboard/shop/customers/{customer.id}/view")
    assert (browser.status, browser.location) == (303, "/p/shop/")


async def noted(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [(one.action, one.actor_id) for one in log if one.action.startswith("customer.view")]


async def test_the_page_is_the_customers_with_a_banner_and_no_key(support, runtime, store):
    for path in ("", "purchases", "licenses", "settings", "nowhere"):
        page = await support.get(f"/p/shop/{path}")
        assert "You see what ada@example.com sees. Nothing can be changed." in page, path
        assert KEY not in page and "7Q2F" not in page, path
        assert support.headers["Cache-Control"] == "no-store"
    assert "••••" in await support.get("/p/shop/licenses")
    assert await noted(runtime, store) == [("customer.view", support.person.id)]


async def test_no_form_works_and_nothing_is_handed_out(app, support, runtime, store, ada):
    before = await rows(runtime)
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/p/<store>/") or rule.rule.endswith("/view-as/stop"):
            continue
        view = app.view_functions[rule.endpoint]
        writes = sorted(rule.methods - {"GET", "HEAD", "OPTIONS"})
        wanted = writes + (["GET"] if getattr(view, "portico_acts", False) else [])
        path = re.sub(r"<[^>]+>", "x", rule.rule.replace("<store>", "shop"))
        for method in wanted:
            await support.get("/p/shop/")
            form = {"csrf_token": support.csrf, "email": "new@example.com"}
            sent = form if method != "GET" else None
            answer = await support.client.open(path, method=method, form=sent)
            text = await answer.get_data(as_text=True)
            assert answer.status_code == 403, (method, path)
            assert "You are only looking" in text, (method, path)
            tried += 1
    assert tried > 15
    assert await rows(runtime) == before


async def rows(runtime):
    """Every row of every table that a customer can change."""
    from portico.db import Query  # noqa: PLC0415 - only here
    from portico.tables import metadata  # noqa: PLC0415

    from sqlalchemy import func, select  # noqa: PLC0415  # isort: skip

    found = {}
    for table in metadata.sorted_tables:
        if table.name not in ("hook_health", "hook_times", "rate_counters"):
            query = Query(int, select(func.count()).select_from(table))
            found[table.name] = await runtime.db.one(query)
    return found


async def test_what_is_marked_as_an_act_is_every_get_that_does_something(app):
    acts = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "portico_acts", False)
    }
    assert acts == {
        "/p/<store>/downloads/<version_id>", "/p/<store>/file/<grant>", "/p/<store>/buy/return",
        "/p/<store>/payment-method/return", "/p/<store>/settings/data",
        "/p/<store>/billing/invoices/<invoice_id>/pdf",
        "/p/<store>/billing/invoices/<invoice_id>/return",
    }  # fmt: skip


async def test_looking_leaves_no_trace_in_the_customers_account(
    app, support, runtime, store, clock, ada
):
    theirs = Browser(app)
    await theirs.sign_in(ada)
    mine = await sessions.devices(runtime, store.id, ada.id)
    clock.advance(timedelta(minutes=10))
    await support.get("/p/shop/")
    assert await sessions.devices(runtime, store.id, ada.id) == mine
    visit = await sessions.portal_visit(runtime, "shop", theirs.cookies["portico-shop"])
    assert visit.customer.last_seen_at is None and visit.customer.signed_in_at is None


async def test_stop_leads_back_and_is_noted(support, runtime, store, ada):
    await support.get("/p/shop/")
    await support.send("/p/shop/view-as/stop")
    assert support.location == f"/dashboard/shop/customers/{ada.id}"
    assert [one for one, _ in await noted(runtime, store)] == ["customer.view_end", "customer.view"]
    await support.get("/p/shop/")
    assert support.status == 302


async def test_it_is_over_after_half_an_hour_or_without_the_role(
    app, support, runtime, store, clock, ada
):
    clock.advance(timedelta(minutes=31))
    await support.get("/p/shop/")
    assert support.status == 302
    await look(support, ada)
    assert await teams.remove(runtime, store.id, support.person.id, by="test")
    await support.get("/p/shop/")
    assert support.status == 302


async def test_the_views_cookie_opens_nothing_elsewhere(app, support, runtime, store):
    token = support.cookies["portico-shop.view"]
    thief = Browser(app)
    for cookie in ("portico-shop.view", "portico-shop", "portico-dashboard"):
        thief.client.set_cookie("localhost", cookie, token)
        await thief.get("/p/shop/licenses")
        assert thief.status == 302, cookie
        await thief.get("/dashboard/shop/customers")
        assert thief.status == 302, cookie
