"""Every screen of the running product: accessible, as narrow as the narrowest phone, and light.

What themes do with unusual data is tested in ``tests/themes``; here it is the product's own data,
and the pages that belong to no theme.
"""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.cashier import CARD
from tests.journeys.customer import Customer
from tests.support.looks import (
    DESKTOP,
    NARROWEST,
    open_context,
    too_heavy,
    too_wide,
    unfold,
    what_axe_finds,
)
from tests.support.processes import Demo, start_demo

pytestmark = [pytest.mark.browser, pytest.mark.slow]

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
        return open_context(browser, storage_state=state, **options)

    def pages(self, browser: Browser, theme: str = "default") -> Iterator[tuple[str, Page]]:
        """Each screen, 320 pixels wide; none may answer with a failure of ours.

        The pages that belong to no theme are only opened once, with the default theme.
        """
        for signed_in, screens in ((False, self.strangers), (True, self.signed_in)):
            context = self.context(browser, signed_in=signed_in)
            page = context.new_page()
            for name, url in screens.items():
                page.set_viewport_size(NARROWEST)
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


def test_every_screen_suits_axe_the_narrowest_phone_and_a_slow_line(
    walk: Walk, browser: Browser, theme: str
) -> None:
    wrong, seen = list[str](), 0
    for name, page in walk.pages(browser, theme):
        of_a_theme = page.url.startswith(walk.demo.portal)
        found = [*too_heavy(page, walk.demo.base)] if of_a_theme else []
        unfold(page)
        found += [*too_wide(page), *what_axe_finds(page)]
        page.set_viewport_size(DESKTOP)
        found += too_wide(page)
        if not of_a_theme:  # those of themes are looked at in tests/themes, with more data
            found += what_axe_finds(page)
        wrong += [f"{name}: {one}" for one in found]
        seen += 1
    assert not wrong, "\n".join(wrong)
    assert seen > 15


def test_a_mail_is_readable_by_day_and_night(walk: Walk, browser: Browser) -> None:
    with open_context(browser) as context:
        page = context.new_page()
        # Where it is shown no script runs, not even axe's: look at a copy.
        page.set_content(httpx.get(walk.mail_itself).text)
        for size in (NARROWEST, DESKTOP):
            page.set_viewport_size(size)
            assert not [*too_wide(page), *what_axe_finds(page, part=True)]


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
    for name, page in walk.pages(browser):
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
