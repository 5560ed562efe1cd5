"""What a browser is called, for the list of signed-in devices.

Reads the few words of a User-Agent header that tell browsers apart
(https://developer.mozilla.org/docs/Web/HTTP/Browser_detection_using_the_user_agent). It only
labels: nothing depends on it.
"""

import re

# The order matters: most browsers also name those they descend from.
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/|\bOpera\b")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Vivaldi", re.compile(r"\bVivaldi/")),
    ("Firefox", re.compile(r"\b(Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(Headless)?Chrom(e|ium)/|\bCriOS/")),
    ("Safari", re.compile(r"\bVersion/[\d.]+.* Safari/|\bMobile/\w+ Safari/")),
)
_SYSTEMS = (
    ("iPhone", re.compile(r"\biPhone\b")),
    ("iPad", re.compile(r"\biPad\b")),
    ("Android", re.compile(r"\bAndroid\b")),
    ("Windows", re.compile(r"\bWindows\b")),
    ("macOS", re.compile(r"\bMac OS X\b|\bMacintosh\b")),
    ("ChromeOS", re.compile(r"\bCrOS\b")),
    ("Linux", re.compile(r"\bLinux\b|\bX11\b")),
)


def browser_and_system(user_agent: str) -> tuple[str | None, str | None]:
    """Such as ``("Firefox", "Windows")``; None for what cannot be told."""
    return _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)


def _first(names: tuple[tuple[str, re.Pattern[str]], ...], user_agent: str) -> str | None:
    return next((name for name, pattern in names if pattern.search(user_agent)), None)
