"""A customer in a real browser, who reads the words on the screen and uses what they name."""

import re
from dataclasses import dataclass, field

import httpx
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.journeys.cashier import GOOD, Cashier, Held
from tests.journeys.words import word
from tests.support.processes import Demo


@dataclass
class Customer:
    """One person with one browser. ``locale`` is the language they read."""

    demo: Demo
    browser: Browser
    locale: str = "en"
    javascript: bool = True
    email: str = "customer@example.com"
    cashier: Cashier = field(default_factory=Cashier)

    def __post_init__(self) -> None:
        self.context: BrowserContext = self.browser.new_context(
            java_script_enabled=self.javascript, locale=self.locale, accept_downloads=True
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.mails_before = 0

    def close(self) -> None:
        self.context.close()

    def say(self, text: str) -> str:
        """The product's words for ``text`` in this customer's language."""
        return word(text, self.locale)

    def start_of(self, text: str) -> str:
        """The same up to the first value that is filled in."""
        return self.say(text).partition("%(")[0].strip()

    def button(self, text: str) -> Locator:
        return self.page.get_by_role("button", name=self.say(text), exact=False).first

    def link(self, text: str) -> Locator:
        return self.page.get_by_role("link", name=self.say(text), exact=False).first

    def visit(self, path: str = "") -> None:
        self.page.goto(self.demo.portal + path)

    # Signing in

    def ask_for_a_mail(self) -> dict[str, str]:
        """Fill in the sign-in form; returns the mail that comes."""
        before = len(self.sign_in_mails())
        self.visit()
        self.page.get_by_label(self.say("E-mail address you bought with")).fill(self.email)
        self.button("Send me a sign-in link").click()
        expect(self.page.get_by_label(self.say("Or type the code from the mail"))).to_be_visible()
        return self.demo.mail(self.email, self.sign_in_subject(), after=before)

    def sign_in_subject(self) -> str:
        return {"en": "sign-in link", "de": "Anmeldelink"}[self.locale]

    def sign_in_mails(self) -> list[dict[str, object]]:
        return [
            m for m in self.demo.mails(self.email) if self.sign_in_subject() in str(m["Subject"])
        ]

    def sign_in_by_link(self) -> None:
        mail = self.ask_for_a_mail()
        link = re.search(r"https?://\S+/sign-in/link\?\S+", mail["Text"])
        assert link is not None, mail["Text"]
        self.page.goto(link[0])
        self.button("Sign in").click()
        self.sees_the_overview()

    def sign_in_by_code(self) -> None:
        mail = self.ask_for_a_mail()
        self.page.get_by_label(self.say("Or type the code from the mail")).fill(code_in(mail))
        self.button("Sign in").click()
        self.sees_the_overview()

    def sees_the_overview(self) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say("Your purchases"))

    # Buying

    def buy(self, slug: str) -> None:
        """Buy a product on the provider's hosted page."""
        self.visit(f"buy/{slug}")
        self.page.get_by_label(self.say("E-mail address"), exact=False).fill(self.email)
        self.button("Continue to payment").click()
        self.pay()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say("Thank you"))

    def pay(self, card: str = GOOD) -> None:
        """Fill in the card on the provider's page and send it."""
        self.cashier.pay(self.page, card)

    def held(self, name: str) -> Held:
        """The subscription of that name, as its provider has it."""
        return self.cashier.held(self.demo, name)

    # Files

    def cookies(self) -> dict[str, str]:
        return {c["name"]: c["value"] for c in self.context.cookies()}

    def client(self) -> httpx.Client:
        """An HTTP client with this browser's session, as a download tool would have."""
        return httpx.Client(cookies=self.cookies(), follow_redirects=True, timeout=30, verify=False)

    def download_url(self, file_name: str) -> str:
        """Where the Download button of a file leads."""
        self.visit("downloads")
        row = self.page.get_by_role("listitem").filter(has_text=file_name).first
        href = row.get_by_role("link", name=self.say("Download")).first.get_attribute("href")
        assert href is not None
        return self.demo.base + href if href.startswith("/") else href


def code_in(mail: dict[str, str]) -> str:
    """The code in a sign-in mail: six characters at the end of a line."""
    found = re.search(r": ([A-Z0-9]{6})$", mail["Text"], re.MULTILINE)
    assert found is not None, f"no code in:\n{mail['Text']}"
    return found[1]
