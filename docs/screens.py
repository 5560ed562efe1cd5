"""Takes a picture of every screen of the demo: phone and desktop, light and dark.

Screens are found the way people find them, by following links from the start pages of a stranger,
a customer and a seller; one picture per kind of page, so that a new page needs no line here.
The pictures are for looking at, not for the repository.
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.screenshots import sign_everyone_in
from tests.conftest import CHROMIUM, FLAGS
from tests.support.processes import Demo, start_demo

SCREENS = Path(__file__).parents[1] / "build" / "screens"
SIZES = {"phone": {"width": 390, "height": 780}, "desktop": {"width": 1280, "height": 800}}
LOOKS = ("light", "dark")
TALLEST = 3000
"""Pixels of a page that are kept: a longer page only repeats itself."""
PATIENCE = 120_000
"""Milliseconds a picture may take; drawing is slow where there is no graphics card."""
_AN_ID = re.compile(r"[a-z]{3,4}_[0-9a-z]{20,}|[0-9a-f-]{32,}|[A-Za-z0-9_-]{40,}")
_NO_PAGE = re.compile(r"\.(csv|json|pdf|png|svg|zip|txt)$")
STARTS = {
    "": ("p/demo/", "p/demo/nowhere", "p/demo/buy/meridian-sans", "dashboard/sign-in", "mailbox/"),
    "customer": ("p/demo/",),
    "seller": ("dashboard/demo/", "dashboard/", "dashboard/demo/nowhere"),
}
_AREAS = {"": (), "customer": ("/p/demo/",), "seller": ("/dashboard/",)}


@dataclass(frozen=True)
class Screen:
    """One kind of page, at the first address where it was found."""

    by: str
    name: str
    url: str


def kind(url: str) -> str:
    """What stays the same in the addresses of two pages of one kind."""
    parts = urlsplit(url).path.strip("/").split("/")
    return "-".join("id" if _AN_ID.fullmatch(part) else part for part in parts if part)


def find(page: Page, demo: Demo, by: str) -> Iterator[Screen]:
    """Every kind of page that can be reached by links."""
    waiting = [f"{demo.base}/{path}" for path in STARTS[by]]
    seen = {kind(url) for url in waiting}
    while waiting:
        url = waiting.pop(0)
        try:
            page.goto(url)
        except Error as error:
            if "Download is starting" in error.message:  # a file, not a page
                continue
            raise
        yield Screen(by, kind(url), url)
        for link in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
            target = urljoin(url, str(link)).split("#")[0]
            path = urlsplit(target).path
            inside = target.startswith(demo.base) and path.startswith(_AREAS[by] or "//")
            if inside and kind(target) not in seen and not _NO_PAGE.search(path):
                seen.add(kind(target))
                waiting.append(target)


def take(context: BrowserContext, screen: Screen, target: Path, width: int) -> None:
    """Keep what a screen looks like, as a whole."""
    page = context.new_page()
    page.goto(screen.url)
    page.wait_for_load_state("load")
    # A window as tall as the page: what sticks to its lower edge then covers nothing.
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": tall})
    page.screenshot(path=target, full_page=True, timeout=PATIENCE)
    page.close()
    with Image.open(target) as image:
        image.crop((0, 0, image.width, min(image.height, TALLEST))).convert(
            "P", palette=Image.Palette.ADAPTIVE, colors=128
        ).save(target)


def take_all(browser: Browser, screens: list[Screen], states: Mapping[str, str]) -> int:
    """Every screen in every size and look; returns how many pictures were taken."""
    taken = 0
    for size, viewport in SIZES.items():
        for look in LOOKS:
            for by in STARTS:
                context = browser.new_context(
                    viewport=viewport,  # type: ignore[arg-type]  # a TypedDict
                    color_scheme=look,  # type: ignore[arg-type]  # one of its two words
                    storage_state=states.get(by),
                )
                for screen in (one for one in screens if one.by == by):
                    name = f"{screen.by or 'anyone'}-{screen.name or 'root'}.{size}.{look}.png"
                    take(context, screen, SCREENS / name, viewport["width"])
                    taken += 1
                context.close()
                print(f"{size}, {look}, {by or 'anyone'}: {taken} pictures", flush=True)
    return taken


def main() -> None:
    """Write the pictures to ``build/screens``."""
    if CHROMIUM is None:
        sys.exit("Chromium was not found. Install it (Debian: apt-get install chromium).")
    SCREENS.mkdir(parents=True, exist_ok=True)
    for old in SCREENS.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        demo = start_demo(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            states = sign_everyone_in(browser, demo, Path(folder))
            screens = list[Screen]()
            for by in STARTS:
                context = browser.new_context(storage_state=states.get(by))
                screens += find(context.new_page(), demo, by)
                context.close()
            taken = take_all(browser, screens, states)
        finally:
            browser.close()
            demo.process.stop()
    print(f"{len(screens)} screens, {taken} pictures, in {SCREENS}")


if __name__ == "__main__":
    main()
