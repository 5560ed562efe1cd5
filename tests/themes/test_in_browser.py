"""Every page of every theme in a real browser: accessible, never wider than the screen, light
enough, and without anything that the content security policy would block."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect
from portico.themes.engine import ThemeEngine
from portico.themes.samples import Case, Samples

pytestmark = pytest.mark.browser

ORIGIN = "http://portal.example"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
HEAVIEST = 60_000
MANY_RECORDS = "licenses-200"
VARIANTS = re.compile("-is-|-because-")


@dataclass
class Portal:
    """Answers a browser's requests with sample pages, as the portal would."""

    engine: ThemeEngine
    theme: str
    locale: str = "en"
    sent: int = 0

    def cases(self) -> dict[str, Case]:
        cases = list(Samples(self.theme, self.locale).cases())
        assert len({case.name for case in cases}) == len(cases)
        return {case.name: case for case in cases}

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            content, media_type = self._static(path)
        else:
            case = self.cases()[path.strip("/")]
            content = self.engine.render_page(case.store, case.page, case.frame, {}).encode()
            media_type = "text/html"
        self.sent += len(content)
        headers = {"Content-Security-Policy": POLICY}
        route.fulfill(body=content, content_type=media_type, headers=headers)

    def _static(self, path: str) -> tuple[bytes, str]:
        folders = [self.engine.core_static, *(t.static for t in self.engine.themes.values())]
        for folder in folders:
            if path.startswith(folder.url):
                asset = folder.files[path.removeprefix(folder.url)]
                return asset.content, asset.media_type
        sheet = self.engine.sheet_by_digest(path.rpartition("/")[2].removesuffix(".css"))
        assert sheet is not None, path
        return sheet.css.encode(), "text/css"


@pytest.fixture(scope="module")
def engine() -> ThemeEngine:
    return ThemeEngine.load().strict()


def open_pages(browser: Browser, portal: Portal, **options: object) -> Iterator[tuple[str, Page]]:
    """Each sample page; fails on anything the browser complains about."""
    context = browser.new_context(**options)  # type: ignore[arg-type]  # Playwright's own options
    context.route("**/*", portal.answer)
    complaints: list[str] = []
    for name in portal.cases():
        page = context.new_page()  # some pages reload themselves; they must not meet the next
        page.on("console", lambda message: complaints.append(f"{message.page}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{ORIGIN}/{name}")
        yield name, page
        page.close()
    context.close()
    assert not complaints


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["default", "ledger"])
def test_axe_finds_nothing_on_any_page_light_or_dark(
    browser: Browser, engine: ThemeEngine, theme: str
) -> None:
    found = []
    # Without motion, or colours are measured while they change from light to dark.
    calm = {"color_scheme": "light", "reduced_motion": "reduce"}
    for name, page in open_pages(browser, Portal(engine, theme), **calm):
        if VARIANTS.search(name) or name == MANY_RECORDS:
            continue
        found += axe_problems(name, page)
        page.emulate_media(color_scheme="dark")
        # Only colours differ in the dark, and axe is slow.
        found += axe_problems(f"{name}, dark", page, {"runOnly": ["color-contrast"]})
        page.emulate_media(color_scheme="light")
    assert not found, "\n".join(found)


def axe_problems(name: str, page: Page, options: dict[str, object] | None = None) -> list[str]:
    results = Axe().run(page, options=options)
    assert results.response["passes"], "axe has looked at something"
    return [f"{name}: {results.generate_report()}"] if results.violations_count else []


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize("theme", ["default", "ledger"])
def test_no_page_scrolls_sideways_on_the_narrowest_phone(
    browser: Browser, engine: ThemeEngine, theme: str, locale: str
) -> None:
    wide = []
    portal = Portal(engine, theme, locale)
    for name, page in open_pages(browser, portal, viewport={"width": 320, "height": 640}):
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        wide += [f"{name}: {over} px"] if over > 0 else []
    assert not wide


@pytest.mark.parametrize("theme", ["default", "ledger"])
def test_a_page_with_style_and_script_is_under_60_kilobytes(
    browser: Browser, engine: ThemeEngine, theme: str
) -> None:
    portal = Portal(engine, theme)
    weights = {}
    for name in portal.cases().keys() - {MANY_RECORDS}:
        context = browser.new_context()  # a new one has nothing in its cache
        context.route("**/*", portal.answer)
        portal.sent = 0
        context.new_page().goto(f"{ORIGIN}/{name}")
        weights[name] = portal.sent
        context.close()
    assert min(weights.values()) > 15_000, "style sheets and script are counted"
    assert {name: size for name, size in weights.items() if size > HEAVIEST} == {}


def test_every_control_is_large_enough_to_hit(browser: Browser, engine: ThemeEngine) -> None:
    small = []
    for name, page in open_pages(
        browser, Portal(engine, "default"), viewport={"width": 390, "height": 800}
    ):
        if name != MANY_RECORDS:
            small += page.evaluate(
                """name => [...document.querySelectorAll("button, summary, input, select, .btn,"
                    + " nav a, footer a")]
                  .filter(e => e.offsetParent && e.type !== "hidden" && !e.closest(".choice"))
                  .map(e => [e, e.getBoundingClientRect()])
                  .filter(([, box]) => box.width < 24 || box.height < 24)
                  .map(([e, box]) => `${name}: ${e.textContent.trim()} ${box.width}×${box.height}`)
                """,
                name,
            )
    assert not small


def test_copying_a_key_is_confirmed_in_the_button_and_read_out(
    browser: Browser, engine: ThemeEngine
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.route("**/*", Portal(engine, "default").answer)
    page = context.new_page()
    page.goto(f"{ORIGIN}/licenses")
    button = page.locator("button[data-copy]").first
    button.click()
    expect(button).to_have_text("Copied")
    page.wait_for_function("document.getElementById('announce').textContent === 'Key copied'")
    expect(button).to_have_text("Copy key")
    context.close()


def test_without_scripts_keys_can_be_shown_and_nothing_is_dead(
    browser: Browser, engine: ThemeEngine
) -> None:
    context = browser.new_context(java_script_enabled=False)
    context.route("**/*", Portal(engine, "default").answer)
    page = context.new_page()
    page.goto(f"{ORIGIN}/licenses")
    assert page.get_by_role("button", name="Copy key").count() == 0
    key = page.locator("details code").first
    assert not key.is_visible()
    page.locator("summary").first.click()
    assert key.is_visible()
    page.goto(f"{ORIGIN}/sign-in-sent")
    assert page.get_by_role("button", name="Send again").is_enabled()
    context.close()


def test_sending_again_waits_and_says_how_long(browser: Browser, engine: ThemeEngine) -> None:
    context = browser.new_context()
    context.route("**/*", Portal(engine, "default").answer)
    page = context.new_page()
    page.goto(f"{ORIGIN}/sign-in-sent")
    button = page.get_by_role("button", name="Send again")
    assert button.is_disabled()
    assert re.fullmatch(r"Send again \(0:\d\d\)", button.inner_text())
    context.close()
