"""What a browser does with a form, for clients that speak HTTP only."""

import re
from collections.abc import Mapping
from urllib.parse import urljoin

import httpx
from portico.demo.seed import FormParser

from tests.support.processes import Demo


def fill(page: httpx.Response, typed: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where a page's form goes, and what it sends; ``typed`` is by the fields' ``autocomplete``."""
    form = FormParser()
    form.feed(page.text)
    assert form.action is not None, f"{page.url} has no form:\n{page.text[:2000]}"
    values = dict(form.values)
    for purpose, value in typed.items():
        if purpose in form.by_purpose:
            values[form.by_purpose[purpose]] = value
    return urljoin(str(page.url), form.action), values


def sign_in(demo: Demo) -> dict[str, str]:
    """Sign in as the demo's customer, by the link in the mail; the browser's cookies."""
    with httpx.Client(follow_redirects=True, timeout=30, verify=False) as browser:
        url, values = fill(browser.get(f"{demo.portal}sign-in"), {"email": demo.customer})
        browser.post(url, data=values)
        mail = demo.mail(demo.customer, "sign-in link")
        link = re.search(r"https?://\S+/sign-in/link\?\S+", mail["Text"])
        assert link is not None, mail["Text"]
        url, values = fill(browser.get(link[0]), {})
        overview = browser.post(url, data=values)
        assert str(overview.url) == demo.portal, overview.url
        return dict(browser.cookies)
