"""Every page of every theme in a real browser: accessible, never wider than the screen, light
enough, and without anything that the content security policy would block."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from portico.themes.engine import ThemeEngine
from portico.themes.samples import Case, Samples

from tests.support.looks import (
    DESKTOP,
    NARROWEST,
    open_context,
    too_heavy,
    too_small,
    too_wide,
    what_axe_finds,
)

pytestmark = pytest.mark.browser

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
MANY_RECORDS = "licenses-200"
VARIANTS = re.compile("-is-|-because-")


@dataclass
class Portal:
    """Serves sample pages, as the portal would. ``origin`` is where."""

    engine: ThemeEngine
    theme: str = "default"
    locale: str = "en"
    origin: str = field(default="", init=False)

    @cached_property
    def cases(self) -> dict[str, Case]:
        """The sample pages, by name."""
        cases = list(Samples(self.theme, self.locale).cases())
        assert len({case.name for case in cases}) == len(cases)
        return {case.name: case for case in cases}

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Answer requests until the end; where."""
        portal = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = portal.find(self.path)
                self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
                content, media_type = found or (b"", "text/plain")
                self.send_header("Content-Type", f"{media_type}; charset=utf-8")
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Content-Security-Policy", POLICY)
                if self.path.startswith("/static/"):
                    self.send_header("Cache-Control", "max-age=31536000, immutable")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            server.daemon_threads, server.block_on_close = True, False
            Thread(target=server.serve_forever, daemon=True).start()
            self.origin = f"http://127.0.0.1:{server.server_port}"
            yield self.origin
            server.shutdown()

    def find(self, path: str) -> tuple[bytes, str] | None:
        """What there is at a path, and its media type."""
        if path == "/favicon.ico":  # browsers ask for it by themselves
            return b"", "image/x-icon"
        if path.startswith("/static/"):
            return self._static(path)
        case = self.cases.get(path.strip("/"))
        if case is None:
            return None
        return self.engine.render_page(case.store, case.page, case.frame, {}).encode(), "text/html"

    def _static(self, path: str) -> tuple[bytes, str] | None:
        folders = [self.engine.core_static, *(t.static for t in self.engine.themes.values())]
        for folder in folders:
            if path.startswith(folder.url):
                asset = folder.files[path.removeprefix(folder.url)]
                return asset.content, asset.media_type
        sheet = self.engine.sheet_by_digest(path.rpartition("/")[2].removesuffix(".css"))
        return (sheet.css.encode(), "text/css") if sheet else None


@pytest.fixture(scope="module")
def engine() -> ThemeEngine:
    return ThemeEngine.load().strict()


@pytest.fixture
def portal(engine: ThemeEngine) -> Iterator[Portal]:
    """The samples in the default theme and in English, served."""
    made = Portal(engine)
    with made.serving():
        yield made


def open_pages(browser: Browser, portal: Portal) -> Iterator[tuple[str, Page]]:
    """Each sample page, 320 pixels wide; fails on anything the browser complains about."""
    complaints: list[str] = []
    with portal.serving() as origin, open_context(browser) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        for name in portal.cases:
            page.set_viewport_size(NARROWEST)
            page.goto(f"{origin}/{name}")
            yield name, page
    assert not complaints


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["default", "ledger"])
def test_every_page_suits_axe_the_narrowest_phone_a_finger_and_a_slow_line(
    browser: Browser, engine: ThemeEngine, theme: str
) -> None:
    portal, wrong = Portal(engine, theme), list[str]()
    for name, page in open_pages(browser, portal):
        found = [*too_wide(page)]
        if name != MANY_RECORDS:
            found += [*too_small(page), *too_heavy(page, portal.origin)]
            if not VARIANTS.search(name):
                page.set_viewport_size(DESKTOP)
                found += what_axe_finds(page)
        wrong += [f"{name}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("theme", ["default", "ledger"])
def test_the_longer_words_of_german_fit_the_narrowest_phone_too(
    browser: Browser, engine: ThemeEngine, theme: str
) -> None:
    wrong = [
        f"{name}: {one}"
        for name, page in open_pages(browser, Portal(engine, theme, "de"))
        for one in too_wide(page)
    ]
    assert not wrong, "\n".join(wrong)


def test_copying_a_key_is_confirmed_in_the_button_and_read_out(
    browser: Browser, portal: Portal
) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{portal.origin}/licenses")
    button = page.locator("button[data-copy]").first
    button.click()
    expect(button).to_have_text("Copied")
    page.wait_for_function("document.getElementById('announce').textContent === 'Key copied'")
    expect(button).to_have_text("Copy key")
    context.close()


def test_without_scripts_keys_can_be_shown_and_nothing_is_dead(
    browser: Browser, portal: Portal
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{portal.origin}/licenses")
    assert page.get_by_role("button", name="Copy key").count() == 0
    key = page.locator("details code").first
    assert not key.is_visible()
    page.locator("summary").first.click()
    assert key.is_visible()
    page.goto(f"{portal.origin}/sign-in-sent")
    assert page.get_by_role("button", name="Send again").is_enabled()
    context.close()


def test_sending_again_waits_and_says_how_long(browser: Browser, portal: Portal) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{portal.origin}/sign-in-sent")
    button = page.get_by_role("button", name="Send again")
    assert button.is_disabled()
    assert re.fullmatch(r"Send again \(0:\d\d\)", button.inner_text())
    context.close()
