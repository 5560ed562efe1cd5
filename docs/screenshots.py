"""Makes the pictures of the README: starts a demo, signs in, and looks at its pages."""

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.conftest import CHROMIUM, FLAGS
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
    signed_in: bool = True


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
    Picture("sign-in", "p/demo/sign-in", signed_in=False),
    Picture("buy", "p/demo/buy/meridian-sans", signed_in=False),
    Picture("dashboard-sign-in", "dashboard/", signed_in=False),
    Picture("mailbox", "mailbox/", signed_in=False),
)


def sign_in(context: BrowserContext, demo: Demo) -> None:
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


def take(browser: Browser, demo: Demo, picture: Picture, state: str | None) -> None:
    """Open a page and keep what it looks like."""
    context = browser.new_context(
        viewport=PHONE if picture.phone else DESKTOP,  # type: ignore[arg-type]  # a TypedDict
        color_scheme="dark" if picture.dark else "light",
        device_scale_factor=1.5,
        storage_state=state if picture.signed_in else None,
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
            context = browser.new_context()
            sign_in(context, demo)
            state = str(Path(folder) / "state.json")
            context.storage_state(path=state)
            for picture in PICTURES:
                take(browser, demo, picture, state)
            mail = httpx.get(f"{demo.mailbox}api/v1/messages").json()["messages"][-2]
            take(browser, demo, Picture("mail", f"mailbox/message/{mail['ID']}"), state)
        finally:
            browser.close()
            demo.process.stop()
    total = sum(path.stat().st_size for path in IMAGES.glob("*.png"))
    print(f"{len(PICTURES) + 1} pictures, {total / 1024:.0f} kB, in {IMAGES}")


if __name__ == "__main__":
    main()
