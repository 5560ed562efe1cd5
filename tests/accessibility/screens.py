"""Every screen of the running product: accessible, as narrow as the narrowest phone, and light.

What themes do with unusual data is tested in ``tests/themes``; here it is the product's own data,
and the pages that belong to no theme.
"""

import re
from collections.abc import Iterator
from typing import Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response, ViewportSize, expect

from tests.journeys.customer import CARD, Customer
from tests.support.processes import Demo, start_demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE: ViewportSize = {"width": 320, "height": 700}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
HEAVIEST = 60_000
"""Bytes of HTML, CSS and JavaScript of one page."""
ASKS_THE_BANK = "4000002500003155"
PORTAL = ("", "purchases", "subscriptions", "downloads", "licenses", "billing", "settings")
BEFORE_SIGN_IN = ("", "sign-in", "nowhere", "buy/meridian-sans")


class Walk:
    """Opens every screen once as the people who use it, and remembers where they are."""

    def __init__(self, demo: Demo, browser: Browser) -> None:
        self.demo = demo
        self.customer = Customer(demo, browser)
        self.strangers: dict[str, str] = {
            f"portal {path or 'sign-in'}": demo.portal + path for path in BEFORE_SIGN_IN
        } | {
            "dashboard sign-in": demo.dashboard + "sign-in",
            "an error of no store": demo.base + "/nowhere",
            "mailbox": demo.mailbox,
        }
        self.mail_itself = ""
        self.signed_in: dict[str, str] = {
            f"portal {path or 'overview'}": demo.portal + path for path in PORTAL
        } | {
            "portal error": demo.portal + "nowhere",
            "dashboard stores": demo.dashboard,
            "dashboard error": demo.dashboard + "nowhere",
            "sandbox of the seller": demo.dashboard + "demo/x/payments_sandbox/subscriptions",
        }

    def sign_in(self) -> None:
        """As the customer and as the seller, in one browser; notes the pages on the way."""
        mail = self.customer.ask_for_a_mail()
        self.signed_in["sign-in mail sent"] = self.page.url
        link = re.search(r"https?://\S+/sign-in/link\?\S+", mail["Text"])
        assert link is not None
        self.strangers["sign-in link"] = link[0]
        self.customer.sign_in_by_code()
        self.sign_in_as_the_seller()
        message = self.demo.mailbox + f"message/{mail['ID']}"
        for view in ("html", "text", "headers"):
            self.strangers[f"mail as {view}"] = f"{message}?view={view}"
        self.mail_itself = f"{message}/html"

    def sign_in_as_the_seller(self) -> None:
        self.page.goto(self.demo.dashboard + "sign-in")
        self.page.get_by_label("Your e-mail address").fill(self.demo.seller)
        self.page.get_by_role("button", name="Send me a sign-in link").click()
        self.page.get_by_label("Or type the code from the mail").wait_for()
        mail = self.demo.mail(self.demo.seller, "sign-in link")
        link = re.search(r"https?://\S+token=\S+", mail["Text"])
        assert link is not None
        self.page.goto(link[0])
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Northwind Type")

    def look_around(self) -> None:
        """Pages that only links lead to."""
        for place, path in (("purchases", "purchases/ord_"), ("subscriptions", "subscriptions/")):
            self.customer.visit(place)
            href = self.page.locator(f".rows a[href*='{path}']").first.get_attribute("href")
            assert href is not None
            self.signed_in[f"one of {place}"] = self.demo.base + href
        self.signed_in["invoice"] = self.signed_in["one of purchases"] + "/invoice"
        for subscription in self.page.locator(".rows a[href*='subscriptions/']").all():
            href = subscription.get_attribute("href")
            self.signed_in["cancel"] = f"{self.demo.base}{href}/cancel"

    def go_to_pay(self) -> None:
        """The card page, and the bank's question on a second one."""
        for card in (None, ASKS_THE_BANK):
            self.customer.visit("buy/meridian-sans")
            self.page.get_by_role("button", name="Continue to payment").click()
            self.page.get_by_label("Card number").wait_for()
            if card is None:
                self.signed_in["card page"] = self.page.url
                continue
            self.customer.pay(card)
            expect(self.page.get_by_role("button", name="Approve")).to_be_visible()
            self.signed_in["3-D Secure"] = self.page.url

    @property
    def page(self) -> Page:
        return self.customer.page

    def context(self, browser: Browser, *, signed_in: bool, **options: object) -> BrowserContext:
        state = self.customer.context.storage_state() if signed_in else None
        return browser.new_context(storage_state=state, **options)  # type: ignore[arg-type]  # Playwright's own options

    def pages(
        self, browser: Browser, theme: str = "default", **options: object
    ) -> Iterator[tuple[str, Page]]:
        """Each screen, opened; none may answer with a failure of ours.

        The pages that belong to no theme are only opened once, with the default theme.
        """
        for signed_in, screens in ((False, self.strangers), (True, self.signed_in)):
            context = self.context(browser, signed_in=signed_in, **options)
            page = context.new_page()
            for name, url in screens.items():
                if theme != "default" and not url.startswith(self.demo.portal):
                    continue
                answer = page.goto(url)
                assert answer is not None and answer.status < 500, f"{name}: {answer}"
                assert (answer.status == 404) == ("error" in name or "nowhere" in name), name
                yield name, page
            context.close()


@pytest.fixture(scope="module")
def walk(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    demo = start_demo(tmp_path_factory.mktemp("screens"))
    walking = Walk(demo, browser)
    walking.sign_in()
    walking.look_around()
    walking.go_to_pay()
    yield walking
    walking.customer.close()
    demo.process.stop()


@pytest.fixture(params=["default", "ledger"])
def theme(request: pytest.FixtureRequest, walk: Walk) -> str:
    said = walk.demo.command("theme", "use", request.param, "--store", "demo")
    assert said == f"Northwind Type uses the theme {request.param}.\n"
    return str(request.param)


def test_axe_finds_nothing_on_any_screen(walk: Walk, browser: Browser, theme: str) -> None:
    axe, found, seen = Axe(), [], set()
    for size in (PHONE, DESKTOP):
        for name, page in walk.pages(browser, theme, viewport=size, color_scheme="light"):
            seen.add(name)
            for folded in page.locator("details").all():
                folded.evaluate("element => { element.open = true }")
            result = axe.run(page)
            # Only colours differ in the dark, and a whole run is slow.
            page.emulate_media(color_scheme="dark")
            dark = axe.run(page, options={"runOnly": ["color-contrast"]})
            page.emulate_media(color_scheme="light")
            assert result.response["passes"], f"axe saw nothing on {name}"
            for look, one in (("light", result), ("dark", dark)):
                if one.violations_count:
                    found.append(f"{name}, {size['width']}, {look}: {one.generate_report()}")
    assert not found, "\n".join(found)
    assert len(seen) > 15


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_mail_is_readable(
    walk: Walk, browser: Browser, size: ViewportSize, look: Literal["light", "dark"]
) -> None:
    # Where it is shown no script runs, not even axe's: look at a copy.
    page = browser.new_page(viewport=size, color_scheme=look)
    page.set_content(httpx.get(walk.mail_itself).text)
    result = Axe().run(page)
    assert result.response["passes"]
    assert not result.violations_count, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_no_screen_scrolls_sideways(walk: Walk, browser: Browser, theme: str) -> None:
    wide = {}
    for size in (PHONE, DESKTOP):
        for name, page in walk.pages(browser, theme, viewport=size):
            for folded in page.locator("details").all():
                folded.evaluate("element => { element.open = true }")
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                wide[f"{name}, {size['width']}"] = over
    assert wide == {}


def test_the_overview_is_light(walk: Walk, browser: Browser, theme: str) -> None:
    context = walk.context(browser, signed_in=True)
    page, answers = context.new_page(), list[Response]()
    page.on("response", answers.append)
    page.goto(walk.demo.portal, wait_until="load")
    kinds = {answer.request.resource_type for answer in answers}
    assert {"document", "stylesheet", "script"} <= kinds, kinds
    sizes = {answer.url: len(answer.body()) for answer in answers}
    assert sum(sizes.values()) < HEAVIEST, sizes
    assert all(url.startswith(walk.demo.base) for url in sizes), "something comes from elsewhere"
    context.close()


def test_a_test_card_is_filled_in_without_javascript(walk: Walk, browser: Browser) -> None:
    context = walk.context(browser, signed_in=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(walk.signed_in["card page"])
    page.get_by_text("Test cards").click()
    page.get_by_role("link", name="Use 4000 0000 0000 0002").click()
    expect(page.get_by_label("Card number")).to_have_value("4000 0000 0000 0002")
    page.get_by_role("button", name="Pay €89.00").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was charged.")
    expect(page.get_by_label("Card number")).to_have_value("")
    page.goto(walk.signed_in["card page"] + "?card=5555555555554444")
    for purpose in CARD:
        expect(page.locator(f"input[autocomplete='{purpose}']")).to_have_value("")
    context.close()


def test_every_screen_is_worked_by_keyboard(walk: Walk, browser: Browser) -> None:
    lost = []
    for name, page in walk.pages(browser, viewport=PHONE):
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            focus = page.evaluate(FOCUS)
            if focus is None or focus["id"] in reached:
                break
            reached.add(focus["id"])
            if not focus["visible"]:
                lost.append(f"{name}: {focus['what']} has the focus and does not show it")
        if not reached:
            lost.append(f"{name}: nothing can be reached")
    assert not lost, "\n".join(lost)


FOCUS = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  window.seen ??= new Map();
  if (!window.seen.has(one)) window.seen.set(one, window.seen.size);
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const shown = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return {
    id: window.seen.get(one), what: one.outerHTML.slice(0, 120),
    visible: one.tagName === 'IFRAME' || (shown && box.width > 0 && box.height > 0),
  };
}"""
