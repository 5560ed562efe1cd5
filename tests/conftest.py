"""Fixtures of the product's own tests: a running demo, a real browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.processes import Demo, start_demo
from tests.support.world import world  # noqa: F401 - a fixture

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
                None)  # fmt: skip
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium from the system.

    Not for longer than a module: while it is open its event loop runs, and asynchronous tests of
    other modules in the same process could not.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium found: install Debian's package chromium to run browser tests")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A demo of its own, on SQLite."""
    running = start_demo(tmp_path)
    yield running
    running.process.stop()
