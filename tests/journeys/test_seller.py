"""From an empty installation to a customer who has what they bought, in a real browser, with mail
that a real SMTP server receives."""

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.cashier import CARD
from tests.journeys.hands import Keyboard, Pointer
from tests.support.installation import Installation
from tests.support.mail_server import Mail, MailServer
from tests.support.processes import Process

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SELLER, BUYER = "anna@example.com", "ben@example.com"
MEGABYTES = 200
GREETING = "Thank you for trusting a small foundry."


@dataclass
class Shop:
    """An installation with nothing in it, its mail, and the seller's browser."""

    installation: Installation
    server: Process
    post: MailServer
    page: Page
    hands: Pointer

    def link(self, name: str, *, exact: bool = False) -> None:
        main = self.page.get_by_role("main")
        self.hands.press(main.get_by_role("link", name=name, exact=exact).first)

    def button(self, name: str) -> None:
        self.hands.press(self.page.get_by_role("button", name=name).first)

    def section(self, name: str) -> None:
        """A page of the dashboard, by the menu."""
        menu = self.page.get_by_role("navigation", name="Dashboard")
        self.hands.press(menu.get_by_role("link", name=name, exact=True))

    def write(self, label: str, text: str) -> None:
        self.hands.write(self.page.get_by_label(label).first, text)

    def mail(self, to: str, subject: str) -> Mail:
        """Wait for a mail."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for mail in reversed(self.post.mails()):
                if mail.to == to and subject in mail.subject:
                    return mail
            time.sleep(0.1)
        raise AssertionError(f"no mail {subject!r} to {to} among {self.post.mails()}")


@pytest.fixture
def shop(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path, database_url: str
) -> Iterator[Shop]:
    hands: type[Pointer] = request.param
    with MailServer(tmp_path) as post:
        settings = {"PORTICO_SMTP_URL": post.url, "PORTICO_MAIL_FROM": "post@portico.example"}
        installation = Installation(tmp_path, database_url, settings)
        installation.command("db", "upgrade")
        server = installation.server().start()
        server.wait_until_ready(installation.base)
        context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(20_000)
        yield Shop(installation, server, post, page, hands(page))
        context.close()
        server.stop()


@pytest.mark.parametrize(
    ("shop", "dialect"),
    [(Pointer, "sqlite"), (Keyboard, "postgresql")],
    ids=["with a pointer", "with the keyboard alone"],
    indirect=["shop"],
)
def test_a_seller_opens_a_store_and_a_customer_finds_what_they_bought(
    shop: Shop, tmp_path: Path
) -> None:
    opens_the_store_by_the_link_on_the_console(shop)
    digest = adds_a_product_with_a_large_file(shop, tmp_path)
    switches_plugins(shop)
    rewrites_the_confirmation_and_sends_a_test(shop)
    portal = opens_and_copies_the_portal_link(shop)
    a_customer_buys_and_finds_it(shop, portal, digest)


def opens_the_store_by_the_link_on_the_console(shop: Shop) -> None:
    printed = shop.server.log.read_text()
    link = re.search(r"http://\S+set-up\?token=\S+", printed)
    assert link is not None, printed
    shop.page.goto(link[0])
    shop.write("Your e-mail address", SELLER)
    shop.write("Your name", "Anna")
    shop.write("Name of the store", "Small Foundry")
    shop.button("Open the store")
    expect(shop.page.get_by_role("heading", level=1)).to_contain_text("Small Foundry")
    expect(shop.page.get_by_text("Test mode").first).to_be_visible()
    shop.page.context.clear_cookies()
    shop.page.goto(link[0])
    expect(shop.page.get_by_label("Name of the store")).to_have_count(0)
    signs_in(shop)


def signs_in(shop: Shop) -> None:
    shop.page.goto(f"{shop.installation.base}/dashboard/")
    shop.write("Your e-mail address", SELLER)
    shop.button("Send me a sign-in link")
    link = re.search(r"https?://\S+token=[\w-]+", shop.mail(SELLER, "sign-in link").text)
    assert link is not None
    shop.page.goto(link[0])
    shop.button("Sign in")
    expect(shop.page.get_by_role("navigation", name="Dashboard")).to_be_visible()


def adds_a_product_with_a_large_file(shop: Shop, folder: Path) -> str:
    """Returns the file's SHA-256."""
    file = folder / "typeface.zip"
    digest = hashlib.sha256()
    with file.open("wb") as out:
        for number in range(MEGABYTES):
            block = bytes([number % 251]) * 1024 * 1024
            digest.update(block)
            out.write(block)
    shop.section("Products")
    shop.link("New product")
    shop.write("Name", "Typeface")
    shop.write("Amount", "49.00")
    shop.button("Create product")
    shop.link("Files")
    shop.hands.give(shop.page.get_by_label("Drop files here, or choose them"), file)
    row = shop.page.get_by_role("link", name="typeface.zip", exact=True)
    expect(row).to_be_visible(timeout=120_000)
    return digest.hexdigest()


def switches_plugins(shop: Shop) -> None:
    shop.section("Plugins")
    shop.link("VIP greeting")
    shop.button("Switch on")
    shop.link("Switch off …")
    shop.hands.press(shop.page.get_by_role("dialog").get_by_role("button", name="Switch off"))
    shop.button("Switch on")
    expect(shop.page.get_by_role("link", name="Switch off …")).to_be_visible()
    shop.section("Plugins")
    shop.link("License keys", exact=True)
    shop.button("Let it retire")
    expect(shop.page.get_by_text("Retiring").first).to_be_visible()


def rewrites_the_confirmation_and_sends_a_test(shop: Shop) -> None:
    shop.section("E-mails")
    shop.link("Confirmation")
    text = shop.page.get_by_label("Text", exact=True)
    shop.hands.write(text, f"{GREETING}\n\n")
    shop.page.keyboard.press("ControlOrMeta+End")
    shop.hands.press(shop.page.locator("summary").filter(has_text="Insert variable"))
    shop.hands.press(shop.page.get_by_role("button", name="Customer portal link").first)
    expect(text).to_have_value(re.compile(r"\{\{.*\}\}"))
    shop.button("Send test email")
    assert GREETING in shop.mail(SELLER, "Your purchase").text
    shop.hands.press(shop.page.get_by_role("button", name="Save", exact=True))
    expect(shop.page.get_by_text("Saved").first).to_be_visible()


def opens_and_copies_the_portal_link(shop: Shop) -> str:
    shop.section("Settings")
    shop.link("Customer portal")
    shop.button("Copy link")
    portal: str = shop.page.evaluate("navigator.clipboard.readText()")
    shop.hands.press(shop.page.get_by_role("link", name="Open", exact=True))
    expect(shop.page.get_by_role("heading", level=1)).to_contain_text("Small Foundry")
    assert shop.page.url.startswith(portal)
    return portal


def a_customer_buys_and_finds_it(shop: Shop, portal: str, digest: str) -> None:
    page, hands = shop.page, shop.hands
    page.context.clear_cookies()
    page.goto(f"{portal}buy/typeface")
    hands.write(page.get_by_label("E-mail address"), BUYER)
    shop.button("Continue to payment")
    for purpose, value in CARD.items():
        hands.write(page.locator(f"input[autocomplete='{purpose}']"), value)
    hands.press(page.locator("form[method=post] button[type=submit]").first)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    mail = shop.mail(BUYER, "Your purchase")
    assert GREETING in mail.text and portal in mail.text

    page.goto(portal)
    hands.write(page.get_by_label("E-mail address you bought with"), BUYER)
    shop.button("Send me a sign-in link")
    link = re.search(r"https?://\S+/sign-in/link\?\S+", shop.mail(BUYER, "sign-in link").text)
    assert link is not None
    page.goto(link[0])
    shop.button("Sign in")
    with page.expect_download(timeout=60_000) as download:
        shop.link("Download")
    got = hashlib.sha256(download.value.path().read_bytes()).hexdigest()
    assert got == digest
