"""The whole job: a person is a customer, in a real browser, against ``portico demo``."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from portico.demo.content import PRODUCTS
from portico.testing import postgres

from tests.journeys.cashier import Stripe, look_up, wait_for
from tests.journeys.customer import Customer
from tests.journeys.subscriber import CLUB, looks_after_the_subscriptions, owes
from tests.support.processes import Demo, free_port, start_demo
from tests.support.stripe import StripeServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MERIDIAN = next(product for product in PRODUCTS if product.slug == "meridian-sans")
VARIANTS = {
    "english": ("en", True, "sqlite"),
    "english on postgresql": ("en", True, "postgresql"),
    "english without javascript": ("en", False, "sqlite"),
    "german": ("de", True, "sqlite"),
    "german without javascript": ("de", False, "sqlite"),
}


@pytest.fixture(params=VARIANTS.values(), ids=list(VARIANTS))
def customer(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path
) -> Iterator[Customer]:
    locale, javascript, kind = request.param
    url = postgres.create_database(postgres.server_url()) if kind == "postgresql" else None
    demo = start_demo(tmp_path, url)
    person = Customer(demo, browser, locale, javascript)
    yield person
    person.close()
    demo.process.stop()
    if url is not None:
        postgres.drop_database(url)


def test_a_customer_signs_in_buys_downloads_pays_and_cancels(customer: Customer) -> None:
    signs_in_by_link_and_on_another_device_by_code(customer)
    buys_a_product_and_gets_mail_key_and_file(customer)
    is_offered_the_new_version_and_nothing_once_it_is_removed(customer)
    looks_after_the_subscriptions(customer)


def test_the_same_on_stripe(browser: Browser, tmp_path: Path) -> None:
    """A seller pastes a key; then all of it again, each change read back from Stripe's side."""
    with StripeServer(tmp_path) as server, ExitStack() as after:
        demo = start_demo(tmp_path, PORTICO_STRIPE_API_BASE=server.base)
        after.callback(demo.process.stop)
        stripe = Stripe(server)
        person = Customer(demo, browser, email="reader@example.org", cashier=stripe)
        stripe.connect(demo, person.page)
        person.buy("foundry-club")
        person.buy("web-font-hosting")
        stripe.has("checkout.session", customer_email=person.email, status="complete",
                   mode="subscription")  # fmt: skip
        stripe.next_renewal_fails(demo, CLUB)

        signs_in_by_link_and_on_another_device_by_code(person)
        buys_a_product_and_gets_mail_key_and_file(person)
        stripe.has("payment_intent", status="succeeded", amount=8900)
        wait_for(person.page, lambda: owes(person))
        looks_after_the_subscriptions(person)
        stripe.has("invoice", status="paid", billing_reason="subscription_cycle", attempt_count=2)
        stripe.has("invoice", status="paid", billing_reason="subscription_update")
        person.close()


def signs_in_by_link_and_on_another_device_by_code(customer: Customer) -> None:
    customer.sign_in_by_link()
    device = Customer(customer.demo, customer.browser, customer.locale, customer.javascript)
    device.sign_in_by_code()
    device.close()


def buys_a_product_and_gets_mail_key_and_file(customer: Customer) -> None:
    demo = customer.demo
    customer.visit("licenses")
    before = customer.page.locator("code.secret").count()
    mails = len([m for m in demo.mails(customer.email) if MERIDIAN.name in str(m)])
    customer.buy(MERIDIAN.slug)

    mail = demo.mail(customer.email, "", after=mails)
    customer.visit("licenses")
    keys = [key.inner_text() or key.text_content() for key in
            customer.page.locator("code.secret").all()]  # fmt: skip
    assert len(keys) == before + 1
    mail = newest_with(demo, customer.email, keys)
    assert demo.portal in mail["Text"]

    customer.visit("purchases")
    expect(customer.page.get_by_text(MERIDIAN.name).first).to_be_visible()
    check_download(customer, "Meridian Sans (OTF)", MERIDIAN.files[0].versions[-1][2])


def newest_with(demo: Demo, to: str, keys: list[str | None]) -> dict[str, str]:
    """The newest mail; it holds one of the keys."""
    for summary in demo.mails(to):
        mail: dict[str, str] = httpx.get(f"{demo.mailbox}api/v1/message/{summary['ID']}").json()
        if any(key and key.strip() in mail["Text"] for key in keys):
            return mail
    raise AssertionError("no mail holds a key that the portal shows")


def check_download(customer: Customer, file_name: str, expected: bytes) -> None:
    """The bytes are the uploaded ones, whole and in two parts."""
    url = customer.download_url(file_name)
    with customer.client() as client:
        whole = client.get(url)
        assert hashlib.sha256(whole.content).hexdigest() == hashlib.sha256(expected).hexdigest()
        assert "attachment" in whole.headers["content-disposition"]
        half = len(expected) // 2
        start = client.get(url, headers={"Range": f"bytes=0-{half - 1}"})
        assert start.status_code == 206
        rest = client.get(
            url, headers={"Range": f"bytes={half}-", "If-Range": start.headers["etag"]}
        )
        assert rest.status_code == 206
        assert start.content + rest.content == expected
    if customer.javascript:
        customer.visit("downloads")
        row = customer.page.get_by_role("listitem").filter(has_text=file_name).first
        with customer.page.expect_download() as download:
            row.get_by_role("link", name=customer.say("Download")).first.click()
        assert Path(download.value.path()).read_bytes() == expected


def is_offered_the_new_version_and_nothing_once_it_is_removed(customer: Customer) -> None:
    demo = customer.demo
    (file_id,) = look_up(demo, "SELECT id FROM files WHERE name = 'Meridian Sans (OTF)'")
    new = demo.data_dir / "meridian-sans-5.zip"
    new.write_bytes(b"version five" * 1000)
    demo.command("file", "replace", file_id, str(new), "--store", "demo", "--label", "5.0")
    check_download(customer, "Meridian Sans (OTF)", new.read_bytes())
    customer.visit("downloads")
    expect(customer.page.get_by_text("5.0").first).to_be_visible()

    demo.command("file", "remove", file_id, "--store", "demo")
    customer.visit("downloads")
    expect(customer.page.get_by_text("Meridian Sans (OTF)")).to_have_count(0)


def test_a_browser_lets_a_form_lead_to_the_providers_origin_and_back(
    browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    origin = f"http://localhost:{port}"
    demo = start_demo(tmp_path, port=port, PORTICO_SANDBOX_ORIGIN=origin)
    customer = Customer(demo, browser, email="new@example.org")
    customer.visit("buy/specimen-book")
    customer.page.get_by_label("E-mail address").fill(customer.email)
    customer.button("Continue to payment").click()
    customer.page.wait_for_url(f"{origin}/**")
    customer.pay()
    customer.page.wait_for_url(f"{demo.portal}buy/return**")
    expect(customer.page.get_by_role("heading", level=1)).to_have_text("Thank you")
    customer.close()
    demo.process.stop()
