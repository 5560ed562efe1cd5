"""What holds for every request: headers, cookies, forms, errors, who the client is."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from portico import web
from portico.api import CheckoutHooks, Plugin, hookimpl
from portico.customers.addresses import InvalidEmail, mask_email, normalize_email
from portico.stores import service as stores
from portico.stores.service import InvalidStore
from portico.testing.browser import Browser
from portico.testing.factories import make_store
from portico.web.http import client_ip, client_network, local_path
from portico.web.security import content_security_policy
from quart import request


class Elsewhere(Plugin, CheckoutHooks):
    name, title = "elsewhere", "Elsewhere"
    origin = "https://pay.example"

    @hookimpl
    def form_action_origins(self):
        return [self.origin]


@pytest.fixture
def portico_plugins():
    return [Elsewhere()]


@pytest.fixture
async def browser(app, runtime):
    await make_store(runtime, "shop")
    return Browser(app)


async def test_nothing_inline_or_foreign_is_allowed_but_the_payment_plugins_origins(browser):
    await browser.get("/p/shop/nowhere")
    policy = dict(
        part.split(" ", 1) for part in browser.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["form-action"] == "'self' http://127.0.0.1:8000 https://pay.example"
    assert policy["frame-ancestors"] == "'self'" and policy["base-uri"] == "'none'"
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in browser.headers["Permissions-Policy"]


@pytest.mark.parametrize(
    "path",
    ["/p/%00/", "/p/shop%00/sign-in", "/p/shop/sign-in?next=%00", "/p/shop/sign-in?a=1&a=%00",
     "/dashboard/sign-in?x=%00", "/static/theme/%00/abc.css", "/%00"],
)  # fmt: skip
async def test_an_address_with_a_nul_is_not_found_anywhere(browser, path):
    response = await browser.client.get(path)
    assert response.status_code == 404
    assert "This page is not here" in await response.get_data(as_text=True)
    response = await browser.client.post("/hooks/elsewhere/sh%00op")
    assert response.status_code == 404 and response.is_json


@pytest.mark.parametrize("slug", ["device", "locale", "notice", "dashboard", "sign-in"])
async def test_no_store_is_named_like_a_cookie_or_a_page_of_ours(runtime, slug):
    with pytest.raises(InvalidStore, match="taken by Portico"):
        await make_store(runtime, slug)


async def test_two_sellers_who_change_different_fields_of_a_store_keep_both(runtime):
    store = await make_store(runtime, "shop")
    first_wrote = asyncio.Event()

    async def first():
        async with runtime.db.transaction():
            await stores.update_settings(runtime, store.id, name="Renamed", by="test")
            first_wrote.set()
            await asyncio.sleep(0.3)  # the second is at work meanwhile

    async def second():
        await first_wrote.wait()
        await stores.update_settings(runtime, store.id, support_email="a@b.example", by="test")

    await asyncio.gather(first(), second())
    after = await stores.by_id(runtime, store.id)
    assert (after.name, after.support_email) == ("Renamed", "a@b.example")


def test_every_cookie_of_ours_is_kept_from_being_a_stores_name():
    source = "".join(path.read_text() for path in Path(web.__file__).parent.rglob("*.py"))
    names = set(re.findall(r'(?:read|write)_cookie\([\w.()]+, "(\w+)"', source))
    assert {"device", "locale", "notice"} <= names <= stores.RESERVED


async def test_an_origin_that_could_smuggle_a_directive_in_is_refused(runtime, monkeypatch):
    for bad in ("https://x.example; script-src *", "https://x.example/path", "*", "data:"):
        monkeypatch.setattr(
            type(runtime.registry), "contributed", lambda self, hook, bad=bad: {"evil": [bad]}
        )
        with pytest.raises(ValueError, match="none"):
            content_security_policy(runtime)


async def test_pages_with_tokens_send_no_referrer_and_are_not_kept(browser):
    await browser.get("/p/shop/settings/email/confirm?token=x")
    assert browser.headers["Referrer-Policy"] == "no-referrer"
    assert browser.headers["Cache-Control"] == "no-store"
    await browser.get("/p/shop/nowhere")
    assert browser.headers["Referrer-Policy"] == "same-origin"


async def test_without_tls_cookies_have_neither_prefix_nor_secure(browser):
    await browser.get("/p/shop/nowhere")
    (cookie,) = browser.headers.getlist("Set-Cookie")
    assert cookie.startswith("portico-device=")
    assert "Secure" not in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Strict-Transport-Security" not in browser.headers


@pytest.mark.parametrize("portico_settings", [{"base_url": "https://shop.example.com"}])
async def test_with_tls_cookies_are_bound_to_the_host(browser):
    await browser.get("/p/shop/nowhere")
    (cookie,) = browser.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-portico-device=")
    assert "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert browser.headers["Strict-Transport-Security"].startswith("max-age=")


async def test_a_form_of_one_store_is_none_in_another(runtime, browser):
    await make_store(runtime, "other")
    await browser.get("/p/shop/nowhere")
    token = browser.csrf
    await browser.get("/p/other/nowhere")
    assert browser.csrf != token
    await browser.send("/p/other/settings/language", csrf=token, locale="de")
    assert browser.status == 400


async def test_a_form_without_a_page_of_its_own_gets_a_page_that_says_so(browser):
    page = await browser.send("/p/shop/sign-out", csrf="wrong")
    assert browser.status == 400
    assert "Nothing was changed" in page


async def test_errors_say_what_happened_and_never_show_a_code(browser):
    for path, status in (("/p/shop/nowhere", 404), ("/p/nowhere/", 404), ("/nowhere", 404)):
        page = await browser.get(path)
        assert browser.status == status
        words = re.sub(r"<[^>]*>", " ", page)  # tokens in attributes hold any digits
        assert "This page is not here" in words and "404" not in words
    page = await browser.get("/p/shop/sign-out")
    assert browser.status == 405 and "only takes a form" in page
    await browser.get("/p/shop/nowhere")
    page = await browser.send("/p/shop/sign-out", comment="x" * 3_000_000)
    assert browser.status == 413 and "That is too large" in page


async def test_machines_get_their_errors_as_json_and_need_no_token(browser):
    await browser.send("/api/v1/nowhere", csrf="")
    assert browser.status == 404
    assert json.loads(browser.body)["error"]["code"] == "not_found"


async def test_a_bug_is_answered_with_a_page_and_kept_out_of_it(app, browser, monkeypatch):
    async def broken():
        raise RuntimeError("the reason, for the log only")

    monkeypatch.setitem(app.view_functions, "portal.settings.show", broken)
    page = await browser.get("/p/shop/settings")
    assert browser.status == 500
    assert "Something went wrong on our side" in page and "reason" not in page


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "", "192.0.2.1"),
        (1, "<script>", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
    ],
)
async def test_the_client_is_who_the_trusted_proxies_saw(app, runtime, proxies, forwarded, seen):
    object.__setattr__(runtime.settings, "trusted_proxies", proxies)
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    async with app.test_request_context("/", headers=headers):
        request.remote_addr = "192.0.2.1"
        assert client_ip() == seen


async def test_an_ipv6_client_is_its_network(app, runtime):
    async with app.test_request_context("/"):
        for address, network in (
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "192.0.2.1"),
        ):
            request.remote_addr = address
            assert client_network() == network


def test_only_paths_inside_are_local():
    assert local_path("/p/shop/purchases?x=1", "/p/shop/") == "/p/shop/purchases?x=1"
    for bad in (
        None, "", "/p/other/", "//evil.example", "https://evil.example/p/shop/",
        "/p/shop/../other", "/p/shop/\\evil", "/p/shop/\nx", "/p/shop/" + "x" * 3000,
    ):  # fmt: skip
        assert local_path(bad, "/p/shop/") is None


def test_an_address_has_one_spelling():
    assert normalize_email("  Ada.L@Example.COM ") == "ada.l@example.com"
    assert normalize_email("ada@bücher.example") == "ada@xn--bcher-kva.example"
    assert normalize_email("ada+tag@example.com") == "ada+tag@example.com"
    for bad in (
        "ada@x", "a..b@example.com", "<ada@example.com>", "a@b@example.com", "ada@-x.example",
        "x" * 65 + "@example.com", "ada@example..com", "ä\n@x.de",
    ):  # fmt: skip
        with pytest.raises(InvalidEmail):
            normalize_email(bad)
    assert mask_email("ada@example.com") == "a•••@example.com"


async def test_a_store_needs_a_slug_of_its_own(runtime):
    await make_store(runtime, "shop")
    for bad in ("shop", "dashboard", "Shop", "a b", "-a", "a--b", "", "ü", "x" * 64):
        with pytest.raises(InvalidStore):
            await stores.create(runtime, slug=bad, name="A shop", by="test")
    for wrong in ({"name": " "}, {"currency": "EURO"}, {"timezone": "Mars/Olympus"}):
        with pytest.raises(InvalidStore):
            await stores.create(runtime, **({"slug": "new", "name": "New", "by": "test"} | wrong))
    assert [one.slug for one in await stores.all_stores(runtime)] == ["shop"]
