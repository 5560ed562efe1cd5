"""Makes the pictures of the README: starts a demo, signs in, and looks at its pages."""

import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.conftest import CHROMIUM, FLAGS
from tests.support import sellers
from tests.support.processes import Demo, start_demo

IMAGES = Path(__file__).parent / "images"
DESKTOP = {"width": 1120, "height": 760}
PHONE = {"width": 390, "height": 780}


@dataclass(frozen=True)
class Picture:
    """One page as one picture."""

    name: str
    path: str
    dark: bool = False
    phone: bool = False
    full: bool = False
    by: str = "customer"
    """Whose sign-in: the customer's, the seller's, or nobody's ("")."""


PICTURES = (
    Picture("overview", "p/demo/", full=True),
    Picture("overview-dark", "p/demo/", dark=True, full=True),
    Picture("overview-phone", "p/demo/", phone=True),
    Picture("purchases", "p/demo/purchases"),
    Picture("downloads", "p/demo/downloads"),
    Picture("licenses", "p/demo/licenses"),
    Picture("subscriptions", "p/demo/subscriptions"),
    Picture("billing", "p/demo/billing"),
    Picture("settings", "p/demo/settings"),
    Picture("sign-in", "p/demo/sign-in", by=""),
    Picture("buy", "p/demo/buy/meridian-sans", by=""),
    Picture("dashboard", "dashboard/demo/", full=True, by="seller"),
    Picture("dashboard-phone", "dashboard/demo/", phone=True, dark=True, by="seller"),
    Picture("dashboard-products", "dashboard/demo/products", by="seller"),
    Picture("dashboard-customers", "dashboard/demo/customers", by="seller"),
    Picture("dashboard-orders", "dashboard/demo/orders", by="seller"),
    Picture("dashboard-email", "dashboard/demo/emails/confirmation", by="seller"),
    Picture("dashboard-plugins", "dashboard/demo/plugins", by="seller"),
    Picture("dashboard-portal", "dashboard/demo/settings/portal", by="seller"),
    Picture("mailbox", "mailbox/", by=""),
)


def seller_signs_in(context: BrowserContext, demo: Demo) -> None:
    """As the seller of the demo does."""
    page = context.new_page()
    sellers.sign_in(demo, page, demo.seller)
    page.close()


def customer_signs_in(context: BrowserContext, demo: Demo) -> None:
    """As a customer does: ask for the mail, open its link, confirm."""
    page = context.new_page()
    page.goto(demo.portal)
    page.get_by_label("E-mail address you bought with").fill(demo.customer)
    page.get_by_role("button", name="Send me a sign-in link").click()
    mail = demo.mail(demo.customer, "sign-in link")
    link = re.search(r"https?://\S+/sign-in/link\?\S+", mail["Text"])
    assert link is not None
    page.goto(link[0])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Your purchases").wait_for()
    page.close()


def sign_everyone_in(browser: Browser, demo: Demo, folder: Path) -> dict[str, str]:
    """Where the cookies of the customer and of the seller are kept, by who they are."""
    states = dict[str, str]()
    for name, sign_in in (("customer", customer_signs_in), ("seller", seller_signs_in)):
        context = browser.new_context()
        sign_in(context, demo)
        states[name] = str(folder / f"{name}.json")
        context.storage_state(path=states[name])
        context.close()
    return states


def take(browser: Browser, demo: Demo, picture: Picture, states: Mapping[str, str]) -> None:
    """Open a page and keep what it looks like."""
    context = browser.new_context(
        viewport=PHONE if picture.phone else DESKTOP,  # type: ignore[arg-type]  # a TypedDict
        color_scheme="dark" if picture.dark else "light",
        device_scale_factor=1.5,
        storage_state=states.get(picture.by),
    )
    page = context.new_page()
    page.goto(f"{demo.base}/{picture.path}")
    target = IMAGES / f"{picture.name}.png"
    page.screenshot(path=target, full_page=picture.full)
    context.close()
    with Image.open(target) as image:
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(target, optimize=True)


def main() -> None:
    """Write every picture to ``docs/images``."""
    if CHROMIUM is None:
        sys.exit("Chromium was not found. Install it (Debian: apt-get install chromium).")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = start_demo(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            states = sign_everyone_in(browser, demo, Path(folder))
            for picture in PICTURES:
                take(browser, demo, picture, states)
            mail = next(
                one for one in demo.mails(demo.customer) if "Your purchase" in str(one["Subject"])
            )
            take(browser, demo, Picture("mail", f"mailbox/message/{mail['ID']}"), states)
        finally:
            browser.close()
            demo.process.stop()
    total = sum(path.stat().st_size for path in IMAGES.glob("*.png"))
    print(f"{len(PICTURES) + 1} pictures, {total / 1024:.0f} kB, in {IMAGES}")


if __name__ == "__main__":
    main()
