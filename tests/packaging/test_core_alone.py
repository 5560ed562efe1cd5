"""Core with no plugin starts, and says what is missing: in its log and on its pages."""

from pathlib import Path

import httpx
import pytest

from tests.support.forms import fill
from tests.support.installation import Installation
from tests.support.wheels import Environment

LACKS = (
    "so nobody can sign in. Try portico-auth-email-link.",
    "so nothing can be bought. Try portico-payments-sandbox.",
    "so no file can be stored. Try portico-files-local.",
    "so no mail can be sent. Try portico-email-smtp.",
)
NO_SIGN_IN = "Signing in is switched off here."
NO_PAYMENTS = "This store cannot take payments at the moment. Nothing was charged."
NO_THEME = "No theme is installed, so pages look plain. Try portico-theme-default."


def serve(made: Installation) -> tuple[str, dict[str, httpx.Response]]:
    """Open a store and serve it; the log, and some pages."""
    made.command("db", "upgrade")
    made.command("store", "create", "shop", "--name", "Paper Shop")
    made.command("seller", "invite", "seller@example.com", "--store", "shop")
    made.command("product", "create", "paper", "--name", "Paper", "--store", "shop")
    made.command("product", "price", "paper", "500", "--store", "shop")
    server = made.server().start()
    try:
        server.wait_until_ready(made.base)
        with httpx.Client(base_url=made.base, follow_redirects=True, timeout=30) as browser:
            paths = ("/healthz", "/metrics", "/p/shop/", "/p/shop/buy/paper", "/dashboard/",
                     "/nothing")  # fmt: skip
            pages = {path: browser.get(path) for path in paths}
            if "<form" in (offer := pages["/p/shop/buy/paper"]).text:
                url, values = fill(offer, {"email": "ada@example.com"})
                pages["/p/shop/buy/paper"] = browser.post(url, data=values)
    finally:
        server.stop()
    log = server.log.read_text()
    assert "Traceback" not in log
    errors = [line for line in log.splitlines() if '"level": "error"' in line]
    # A machine that is busy with something else keeps the loop waiting, too.
    assert [line for line in errors if '"event_loop_blocked"' not in line] == []
    for lack in LACKS:
        assert lack in log, log
    assert all(page.status_code < 500 for page in pages.values())
    assert NO_SIGN_IN in pages["/dashboard/"].text
    assert pages["/nothing"].status_code == 404
    return log, pages


def test_with_every_plugin_left_out_pages_say_what_cannot_be_done(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'portico.db'}"
    log, pages = serve(Installation(tmp_path, url, {"PORTICO_PLUGINS": ""}))
    assert NO_THEME not in log
    assert pages["/p/shop/"].url.path == "/p/shop/sign-in"
    assert NO_SIGN_IN in pages["/p/shop/"].text
    assert NO_PAYMENTS in pages["/p/shop/buy/paper"].text


@pytest.mark.slow
def test_cores_wheel_alone_starts_and_says_what_is_missing(
    core_alone: Environment, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'portico.db'}"
    log, pages = serve(Installation(tmp_path, url, {}, program=core_alone.program))
    assert NO_THEME in log
    assert "install the package portico-theme-default" in pages["/p/shop/"].text
