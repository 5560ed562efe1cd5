"""The hosted pages in a real browser."""

import httpx
import pytest
from playwright.sync_api import Browser, Page

from tests.support.stripe import StripeServer

pytestmark = pytest.mark.browser


def _call(server: StripeServer, path: str, **form: str) -> dict[str, str]:
    answer = httpx.post(f"{server.base}/v1/{path}", data=form,
                        headers={"authorization": f"Bearer {server.key}"})  # fmt: skip
    assert answer.status_code == 200, answer.text
    made: dict[str, str] = answer.json()
    return made


def _fill_card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("CVC").fill("123")


def test_a_customer_subscribes_with_a_refused_card_a_code_and_3d_secure(
    server: StripeServer, browser: Browser
) -> None:
    price = _call(server, "prices", currency="eur", unit_amount="1000",
                  **{"product_data[name]": "Brushes", "recurring[interval]": "month"})  # fmt: skip
    coupon = _call(server, "coupons", percent_off="50")
    _call(server, "promotion_codes", code="HALF", **{
        "promotion[type]": "coupon", "promotion[coupon]": coupon["id"]})  # fmt: skip
    session = _call(
        server,
        "checkout/sessions",
        mode="subscription",
        allow_promotion_codes="true",
        success_url=f"{server.base}/thanks?id={{CHECKOUT_SESSION_ID}}",
        **{"line_items[0][price]": price["id"], "line_items[0][quantity]": "1"},
    )
    page = browser.new_page()
    page.goto(session["url"])
    page.get_by_label("Promotion code").fill("HALF")
    page.get_by_role("button", name="Apply").click()
    assert page.locator("#total").inner_text() == "€5.00"
    page.get_by_label("Email").fill("ada@example.com")
    _fill_card(page, "4000 0000 0000 0002")
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_role("alert").inner_text() == "Your card was declined."
    page.get_by_label("Email").fill("ada@example.com")
    _fill_card(page, "4000 0025 0000 3155")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"**/thanks?id={session['id']}")
    page.close()
    sub = server.control("objects", kind="subscription")[0]
    assert (sub["status"], server.control("state")["objects"]["customer"]) == ("active", 1)
