"""Cookies: one name per store and audience, since all stores share a browser's cookie jar."""

from quart import Response, g, request

from portico.settings import Settings

DASHBOARD = "dashboard"
"""The audience of sellers; no store can have this slug."""
MONTH = 30 * 24 * 3600


def scope_of(path: str) -> str:
    """Whose cookies count for a path: a store's (its slug), the dashboard's, or ('') nobody's."""
    first, _, rest = path.lstrip("/").partition("/")
    if first == "p":
        return rest.partition("/")[0]
    return DASHBOARD if first == DASHBOARD else ""


def is_https(settings: Settings) -> bool:
    """Whether browsers reach this installation over TLS."""
    return settings.base_url.startswith("https://")


def cookie_name(settings: Settings, name: str) -> str:
    """``__Host-portico-<name>``. Browsers refuse the prefix without TLS, hence not there."""
    return f"__Host-portico-{name}" if is_https(settings) else f"portico-{name}"


def session_cookie(settings: Settings, scope: str) -> str:
    """The session's cookie of a store (its slug) or of the dashboard."""
    return cookie_name(settings, scope)


def read_cookie(settings: Settings, name: str) -> str | None:
    """A cookie of ours as the browser sent it, or as this request has set it already."""
    name = cookie_name(settings, name)
    pending: dict[str, tuple[str, int]] | None = g.get("cookies")
    if pending and name in pending:
        return pending[name][0] or None
    sent = request.cookies
    # ``sent.get`` would make an exception of each cookie that is not there, and drop it.
    return (sent[name] or None) if name in sent else None


def write_cookie(settings: Settings, name: str, value: str, max_age: int) -> None:
    """Have the answer to this request set a cookie for ``max_age`` seconds; 0 deletes it."""
    if "cookies" not in g:
        g.cookies = {}
    g.cookies[cookie_name(settings, name)] = (value, max_age)


def add_cookies(settings: Settings, response: Response) -> None:
    """Put the cookies of this request into its response."""
    pending: dict[str, tuple[str, int]] = g.get("cookies", {})
    for name, (value, max_age) in pending.items():
        response.set_cookie(
            name, value, max_age=max_age, secure=is_https(settings), httponly=True,
            samesite="Lax", path="/",
        )  # fmt: skip
