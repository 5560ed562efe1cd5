"""The dashboard's pages: nothing for axe to find, nothing to scroll sideways, all by keyboard.

A new page is looked at by itself; one with a new kind of record in its address needs a line in
``dashboard_pages``.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.accessibility.dashboard_pages import (
    NO_PAGES,
    OTHER,
    SEEN_ELSEWHERE,
    check_domains,
    filled,
    link_to_a_sender,
    records,
    rules,
)
from tests.support.installation import Installation
from tests.support.looks import DESKTOP, NARROWEST, open_context, too_wide, what_axe_finds
from tests.support.processes import Demo, start_demo
from tests.support.sellers import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OTHER_STATES = (
    "demo/nowhere",
    "demo/orders?q=customer&state=paid",
    "demo/orders?q=nobody",
    "demo/plugins/payments_sandbox",
    "demo/plugins/email_smtp",
    "demo/products?state=archived",
)
"""Pages that look different with other data."""
UNUSUAL = {"demo/nowhere": 404}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    # Nobody answers there: checks of domains end with words, and ask nobody outside.
    running = start_demo(tmp_path_factory.mktemp("dashboard"), PORTICO_DNS_SERVERS="127.0.0.1:9")
    for plugin in ("helpdesk", "payments_stripe"):
        running.command("plugin", "enable", plugin, "--store", "demo")
    yield running
    running.process.stop()


@pytest.fixture(scope="module")
def page(demo: Demo, browser: Browser) -> Page:
    opened = open_context(browser).new_page()
    sign_in(demo, opened, demo.seller)
    check_domains(demo, opened)
    return opened


@pytest.fixture(scope="module")
def ids(demo: Demo, page: Page) -> Mapping[str, str]:
    return records(demo, page)


@pytest.fixture(scope="module")
def addresses(demo: Demo, page: Page, ids: Mapping[str, str]) -> list[str]:
    """Every page, below ``/dashboard/``."""
    known = rules(demo)
    gone = [one for one in (*NO_PAGES, *SEEN_ELSEWHERE) if one not in known]
    assert not gone, f"there is no such page any more: {gone}"
    shown = [one for one in known if one not in NO_PAGES and one not in SEEN_ELSEWHERE]
    assert len(shown) > 50
    other = f"demo/customers/{ids['customer_id']}/merge?other={OTHER}"
    return [*(filled(one, ids) for one in shown), other, *OTHER_STATES]


@pytest.mark.parametrize("size", [NARROWEST, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    demo: Demo, page: Page, ids: Mapping[str, str], addresses: list[str], size: ViewportSize
) -> None:
    page.set_viewport_size(size)
    found = []
    for path in addresses:
        sender = "settings/sender/confirm" in path
        answer = page.goto(link_to_a_sender(demo, page) if sender else demo.dashboard + path)
        assert answer is not None
        if answer.status != UNUSUAL.get(path, 200):
            found.append(f"{path} answers {answer.status}")
        found += [f"{path}: {one}" for one in (*what_axe_finds(page), *too_wide(page))]
    assert not found, "\n".join(found)


def test_axe_finds_nothing_at_the_door(demo: Demo, browser: Browser, tmp_path: Path) -> None:
    page = open_context(browser).new_page()
    found: list[str] = []

    def look(name: str) -> None:
        found.extend(f"{name}: {one}" for one in (*what_axe_finds(page), *too_wide(page)))

    page.goto(demo.dashboard + "sign-in")
    look("sign-in")
    page.get_by_label("Your e-mail address").fill("manager@example.com")
    page.get_by_role("button", name="Send me a sign-in link").click()
    page.get_by_label("Or type the code from the mail").wait_for()
    look("sent")
    link = re.search(r"https?://\S+token=[\w-]+", demo.mail("manager@example.com", "link")["Text"])
    assert link is not None
    page.goto(link[0])
    look("link")
    empty = Installation(tmp_path, f"sqlite:///{tmp_path}/empty.db", {})
    empty.command("db", "upgrade")
    server = empty.server().start()
    try:
        server.wait_until_ready(empty.base)
        printed = re.search(r"http://\S+/set-up\?token=\S+", server.log.read_text())
        assert printed is not None
        page.goto(printed[0])
        look("set-up")
    finally:
        server.stop()
    page.goto(demo.dashboard + "set-up?token=none")
    look("set-up that is over")
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
