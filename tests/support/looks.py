"""What a browser says about a page: whether axe finds anything, how wide and how heavy it is."""

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

NARROWEST: ViewportSize = {"width": 320, "height": 700}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
HEAVIEST = 60_000
"""Bytes of HTML, CSS, JavaScript and pictures of one page."""

# Pages that look again after some seconds must not do so while they are looked at.
STAND_STILL = """{
  const later = window.setTimeout;
  window.setTimeout = (work, wait = 0, ...rest) => wait < 1000 ? later(work, wait, ...rest) : 0;
}"""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """options => axe.run(options).then(found => ({
  seen: found.passes.length,
  wrong: found.violations.map(one => `${one.help} (${one.id}): `
    + one.nodes.map(node => node.html.slice(0, 200) + " " + node.failureSummary).join("; ")),
}))"""
# As the browser counts, decoded, also what it has in its cache.
WEIGHT = """() => [...performance.getEntriesByType("navigation"),
  ...performance.getEntriesByType("resource")]
  .map(one => [one.name, one.decodedBodySize])"""
TOO_SMALL = """() => [...document.querySelectorAll(
    "button, summary, input, select, .btn, nav a, footer a")]
  .filter(one => one.offsetParent && one.type !== "hidden" && !one.closest(".choice"))
  .map(one => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([one, box]) => `${one.textContent.trim()} is ${box.width}×${box.height}`)"""


def open_context(browser: Browser, **options: object) -> BrowserContext:
    """A window of 320 pixels, where nothing moves (colours would be measured while they change)."""
    wanted = {"viewport": NARROWEST, "reduced_motion": "reduce", "color_scheme": "light"} | options
    context = browser.new_context(**wanted)  # type: ignore[arg-type]  # Playwright's own options
    context.add_init_script(STAND_STILL)
    return context


def unfold(page: Page) -> None:
    """Open what is folded up."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def too_wide(page: Page) -> Iterator[str]:
    """Whether one has to scroll sideways."""
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if over > 0:
        yield f"{over} px too wide at {page.viewport_size}"


def too_small(page: Page) -> Iterator[str]:
    """Controls that are hard to hit: under 24 pixels (WCAG 2.2, 2.5.8)."""
    yield from page.evaluate(TOO_SMALL)


def too_heavy(page: Page, origin: str) -> Iterator[str]:
    """Whether the page loads too much, or anything from elsewhere."""
    page.wait_for_load_state("load")
    sizes = dict(page.evaluate(WEIGHT))
    parts = [size for name, size in sizes.items() if name.endswith((".css", ".js"))]
    assert len(parts) >= 3 and all(parts), sizes
    if sum(sizes.values()) > HEAVIEST:
        yield f"{sum(sizes.values())} bytes: {sizes}"
    yield from (f"{name} comes from elsewhere" for name in sizes if not name.startswith(origin))


def what_axe_finds(page: Page, *, part: bool = False) -> Iterator[str]:
    """What is wrong for people who do not see, or do not see well; in the light and in the dark.

    ``part`` leaves out what only a whole page needs, such as landmarks.
    """
    page.evaluate(Axe().axe_script)
    yield from _axe(page, {"runOnly": WCAG} if part else {})
    # Only colours differ in the dark, and a whole run is slow.
    page.emulate_media(color_scheme="dark")
    yield from (f"in the dark: {one}" for one in _axe(page, {"runOnly": ["color-contrast"]}))
    page.emulate_media(color_scheme="light")


def _axe(page: Page, options: dict[str, object]) -> list[str]:
    found = page.evaluate(RUN, options | {"resultTypes": ["violations"]})
    assert found["seen"], f"axe saw nothing on {page.url}"
    return list(found["wrong"])
