"""The dashboard's pages: nothing for axe to find, nothing to scroll sideways, all by keyboard.

A new page is a line in ``PAGES``.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.processes import Demo, start_demo
from tests.support.sellers import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE: ViewportSize = {"width": 320, "height": 700}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}

PAGES = (
    "",
    "nowhere",
    "products",
    "products/new",
    "orders",
    "plugins",
    "plugins/email_smtp",
    "settings/store",
    "orders?q=customer&state=paid",
    "subscriptions",
    "licenses",
    "downloads",
    "downloads/files",
    "settings/portal",
    "settings/appearance",
    "settings/payments",
    "settings/sender",
    "settings/legal",
    "emails",
    "emails/confirmation",
    "emails/sent",
    "emails/dead",
    "customers",
    "settings/team",
    "x/payments_sandbox/subscriptions",
    "x/withdrawal_eu/statements",
)
"""Below ``/dashboard/demo/``."""
PRODUCT = ("", "/files", "/licenses", "/after-payment")
"""Of one product."""
NO_STORE = ("new-store",)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = start_demo(tmp_path_factory.mktemp("dashboard"))
    yield running
    running.process.stop()


@pytest.fixture(scope="module")
def page(demo: Demo, browser: Browser) -> Page:
    opened = browser.new_page(reduced_motion="reduce")
    sign_in(demo, opened, demo.seller)
    return opened


def pages(demo: Demo, page: Page) -> Iterator[tuple[str, Page]]:
    for path in (*NO_STORE, *(f"demo/{one}" for one in PAGES)):
        answer = page.goto(demo.dashboard + path)
        assert answer is not None
        assert answer.status == (404 if "nowhere" in path else 200), path
        yield path, page
    page.goto(f"{demo.dashboard}demo/products")
    product = page.locator("td.lead-cell a").last.get_attribute("href")
    for tab in PRODUCT:
        page.goto(f"{demo.base}{product}{tab}")
        yield f"product{tab}", page


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    demo: Demo, page: Page, size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    axe, found = Axe(), []
    for name, shown in pages(demo, page):
        for look in ("light", "dark"):
            shown.emulate_media(color_scheme=look)  # type: ignore[arg-type]  # one of its two words
            only = {} if look == "light" else {"runOnly": ["color-contrast"]}
            result = axe.run(shown, options=only)
            assert result.response["passes"], f"axe saw nothing on {name}"
            if result.violations_count:
                found.append(f"{name}, {look}: {result.generate_report()}")
        over = shown.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            found.append(f"{name} is {over} pixels too wide")
    assert not found, "\n".join(found)


def test_keys_lead_to_sections_and_list_themselves(demo: Demo, page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto(demo.dashboard + "demo/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Settings")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Store")
    page.goto(demo.dashboard + "demo/settings/team")
    page.get_by_label("E-mail address").press_sequentially("gh?")  # while typing keys are letters
    expect(page.get_by_label("E-mail address")).to_have_value("gh?")


def test_a_question_is_asked_in_a_dialog_and_escape_is_no(demo: Demo, page: Page) -> None:
    page.goto(demo.dashboard + "demo/settings/team")
    page.get_by_role("link", name="Remove support@example.com").press("Enter")
    asked = page.get_by_role("dialog", name="Remove support@example.com from the team?")
    expect(asked).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    expect(page.get_by_role("cell", name="support@example.com", exact=True)).to_be_visible()


def test_wrong_fields_are_summed_up_above(demo: Demo, page: Page) -> None:
    page.goto(demo.dashboard + "demo/settings/team")
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_role("button", name="Send the invitation").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="E-mail address").click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    assert Axe().run(page).violations_count == 0
