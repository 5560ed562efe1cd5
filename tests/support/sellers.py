"""What a seller does in a browser."""

import re

from playwright.sync_api import Page, expect

from tests.support.processes import Demo


def sign_in(demo: Demo, page: Page, email: str) -> None:
    """Have a link sent and use it."""
    before = sum("sign-in link" in str(mail["Subject"]) for mail in demo.mails(email))
    page.goto(demo.dashboard + "sign-in")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Send me a sign-in link").click()
    page.get_by_label("Or type the code from the mail").wait_for()
    mail = demo.mail(email, "sign-in link", after=before)
    link = re.search(r"https?://\S+token=[\w-]+", mail["Text"])
    assert link is not None
    page.goto(link[0])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Dashboard")).to_be_visible()
