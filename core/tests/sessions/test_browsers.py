"""Names of browsers, for people."""

import pytest
from portico.sessions.browsers import browser_and_system

MOZILLA = "Mozilla/5.0"
AGENTS = {
    "(Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0": ("Firefox", "Windows"),
    "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36": ("Chrome", "Windows"),
    "(Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36 Edg/140.0.0.0": ("Edge", "Windows"),
    "(X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 "
    "OPR/120.0.0.0": ("Opera", "Linux"),
    "(iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1": ("Safari", "iPhone"),
    "(iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "CriOS/140.0 Mobile/15E148 Safari/604.1": ("Chrome", "iPhone"),
    "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Safari/605.1.15": ("Safari", "macOS"),
    "(Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 "
    "Chrome/125.0.0.0 Mobile Safari/537.36": ("Samsung Internet", "Android"),
    "(X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36": ("Chrome", "ChromeOS"),
    "something else": (None, None),
    "": (None, None),
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_called_what_people_call_it(agent):
    assert browser_and_system(f"Mozilla/5.0 {agent}") == AGENTS[agent]
