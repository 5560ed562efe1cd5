"""Every role × every route of a store, also those that are added later."""

import re
from html import unescape

import pytest
from portico.sellers import service as sellers
from portico.sellers.models import PERMISSIONS, Permission, Role
from portico.testing import factories
from portico.testing.browser import Browser

IN_A_STORE = "/dashboard/<store>/"


def routes(app):
    """(method, path, what the view needs) of every page of a store."""
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(IN_A_STORE):
            continue
        needs = getattr(app.view_functions[rule.endpoint], "portico_needs", None)
        path = re.sub(r"<[^>]+>", "no_such_thing", rule.rule.replace("<store>", "shop"))
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            yield method, path, needs


async def ask(browser, method, path):
    if method == "GET":
        await browser.get(path)
    elif method == "POST" and "/uploads/" not in path:
        await browser.send(path, csrf=browser.csrf)
    else:
        headers = {"X-CSRF-Token": browser.csrf}
        response = await browser.client.open(path, method=method, headers=headers)
        browser.status = response.status_code
        browser.body = unescape(await response.get_data(as_text=True))


def test_every_page_of_a_store_says_who_may_open_it(app):
    found = list(routes(app))
    assert len(found) > 5
    assert [(method, path) for method, path, needs in found if needs is None] == []


async def test_who_is_not_signed_in_signs_in_first(app, store):
    browser = Browser(app)
    await browser.get("/dashboard/sign-in")
    for method, path, _ in routes(app):
        if method == "GET":
            await browser.get(path)
            assert browser.status == 302, path
            assert browser.location == f"/dashboard/sign-in?next={path}", path
        else:
            response = await browser.client.open(path, method=method)
            assert response.status_code in (302, 400), path


async def test_a_seller_of_another_store_finds_nothing(app, runtime, store, signed_in):
    other = await factories.make_store(runtime, slug="other")
    stranger = await sellers.invite(runtime, other, "stranger@example.com", Role.OWNER, by="test")
    browser = await signed_in(stranger)
    for method, path, _ in routes(app):
        await browser.get("/dashboard/other/")
        await ask(browser, method, path)
        assert browser.status == 404, (method, path)
        assert store.name not in browser.body, (method, path)


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_what_it_has_the_permission_for(app, store, team, signed_in, role):
    browser = await signed_in(team[role])
    for method, path, needs in routes(app):
        await browser.get("/dashboard/shop/")
        may = role.reaches(needs) if isinstance(needs, Role) else role.may(needs)
        if may and method != "GET":
            continue  # it would really be done; the tests of the section do that
        await ask(browser, method, path)
        assert (browser.status == 403) != may, (method, path, browser.status)
        assert browser.status < 500, (method, path)
        if not may:
            assert "Your role in Shop is" in browser.body, (method, path)


def test_support_changes_nothing_and_only_owners_reach_team_and_payments():
    assert {one for one in Permission if one.startswith(("edit", "delete", "export"))}.isdisjoint(
        PERMISSIONS[Role.SUPPORT]
    )
    assert PERMISSIONS[Role.OWNER] - PERMISSIONS[Role.MANAGER] == {
        Permission.EDIT_TEAM, Permission.EDIT_PAYMENTS, Permission.DELETE_STORE,
    }  # fmt: skip


async def test_a_part_of_a_page_leads_to_the_door_when_the_session_is_over(app, store):
    browser = Browser(app)
    shown = "http://localhost/dashboard/shop/settings/team?q=1"
    headers = {"HX-Request": "true", "HX-Current-URL": shown}
    await browser.get("/dashboard/shop/", **headers)
    assert browser.status == 204
    door = "/dashboard/sign-in?next=/dashboard/shop/settings/team%3Fq%3D1"
    assert browser.headers["HX-Redirect"] == door


async def test_pages_of_no_store_are_for_sellers_but_for_the_doors(app, store):
    doors = {"sign-in", "sign-in/link", "sign-in/code", "sign-in/sent", "sign-out", "language",
             "set-up"}  # fmt: skip
    browser = Browser(app)
    await browser.get("/dashboard/sign-in")
    for rule in app.url_map.iter_rules():
        path = rule.rule.removeprefix("/dashboard/")
        if path == rule.rule or rule.rule.startswith(IN_A_STORE) or path in doors:
            continue
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            await ask(browser, method, rule.rule.replace("<store_id>", store.id))
            assert browser.location.startswith("/dashboard/sign-in"), (method, path)
