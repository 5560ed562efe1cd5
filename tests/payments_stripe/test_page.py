"""The seller's page in a real browser: what it shows, and that everybody can use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.cashier import Stripe
from tests.journeys.customer import Customer
from tests.support.looks import (
    DESKTOP,
    NARROWEST,
    open_context,
    too_small,
    too_wide,
    unfold,
    what_axe_finds,
)
from tests.support.processes import Demo, start_demo
from tests.support.sellers import sign_in
from tests.support.stripe import StripeServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def connected(browser: Browser, tmp_path: Path) -> Iterator[tuple[Stripe, Demo, Customer]]:
    with StripeServer(tmp_path) as server:
        demo = start_demo(tmp_path, PORTICO_STRIPE_API_BASE=server.base)
        stripe = Stripe(server)
        person = Customer(demo, browser, email="reader@example.org", cashier=stripe)
        stripe.connect(demo, person.page)
        yield stripe, demo, person
        person.close()
        demo.process.stop()


def test_a_seller_maps_a_price_syncs_and_sees_a_dispute(
    connected: tuple[Stripe, Demo, Customer],
) -> None:
    stripe, demo, person = connected
    person.buy("specimen-book")
    charge = stripe.server.control("objects", kind="charge")[-1]
    stripe.server.control("dispute", charge=charge["id"], reason="fraudulent")
    page, url = person.page, f"{demo.dashboard}demo/x/payments_stripe/account"

    page.goto(url)
    page.get_by_label("Price at Stripe").fill("price_of_nobody")
    page.get_by_role("button", name="Map").click()
    expect(page.get_by_text("Stripe has no such price.").first).to_be_visible()
    assert page.get_by_label("Price at Stripe").get_attribute("aria-invalid") == "true"

    made = price_by_the_year(stripe)
    page.get_by_label("Price at Stripe").fill(made)
    page.get_by_label("Price of this store").select_option(label="Foundry Club, €12.00")
    page.get_by_role("button", name="Map").click()
    expect(page.get_by_text("Choose a price of the same kind").first).to_be_visible()
    page.get_by_label("Price of this store").select_option(label="Web font hosting, €48.00")
    page.get_by_role("button", name="Map").click()
    expect(page.get_by_text(made).first).to_be_visible()

    page.get_by_role("button", name="Sync now").click()
    until(page, url, "Looked at")
    until(page, url, "answer until")
    still = open_context(person.browser).new_page()
    sign_in(demo, still, demo.seller)
    for size in (NARROWEST, DESKTOP):
        page = still
        page.set_viewport_size(size)
        page.goto(url)
        unfold(page)
        assert [*what_axe_finds(page), *too_wide(page), *too_small(page)] == []


def price_by_the_year(stripe: Stripe) -> str:
    product = stripe.api.v1.products.create({"name": "Hosting"})
    made = stripe.api.v1.prices.create(
        {"product": product.id, "currency": "eur", "unit_amount": 4000,
         "recurring": {"interval": "year"}}
    )  # fmt: skip
    return made.id


def until(page: Page, url: str, words: str) -> None:
    """Load the page until it says so: the worker does it meanwhile."""
    for _ in range(40):
        page.goto(url)
        if page.get_by_text(words).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{words!r} never showed: {page.inner_text('main')}")
