"""Forms prove that they come from a page of ours, made for this browser and this session.

The token is an HMAC over the session's cookie or, while nobody is signed in, over a random cookie
of the browser. It changes with every sign-in and differs between stores.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from quart import current_app, g, request
from werkzeug.exceptions import BadRequest, HTTPException

from portico.runtime import Runtime
from portico.sessions.tokens import hash_token, new_token
from portico.web.cookies import MONTH, read_cookie, scope_of, write_cookie
from portico.web.streams import is_stream

_F = TypeVar("_F", bound=Callable[..., Any])
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
MACHINE_PATHS = ("/api/", "/hooks/", "/v1/", "/v2/")
"""Below these no browser comes with cookies, and answers are JSON."""


class FormExpired(BadRequest):
    """The form had no (valid) token, and there is no page to show it again on."""


def machine(view: _F) -> _F:
    """Mark a view that no browser calls: its forms need no token, its errors are JSON."""
    view.portico_machine = True  # type: ignore[attr-defined]  # read back by is_machine
    return view


def is_machine() -> bool:
    """Whether this request is for a route that no browser calls."""
    if request.path.startswith(MACHINE_PATHS):
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "portico_machine", False))


def device_token(rt: Runtime) -> str:
    """The random cookie that names this browser, signed in or not; made when first needed."""
    token = read_cookie(rt.settings, "device")
    if token is None or len(token) > 100:
        token = new_token()
        write_cookie(rt.settings, "device", token, MONTH)
    return token


def device_hash(rt: Runtime) -> str:
    """The form in which the browser's cookie is stored."""
    return hash_token(device_token(rt))


def csrf_token(rt: Runtime) -> str:
    """The token for forms on the page of this request."""
    return rt.keys.sign("csrf", _bound_to(rt))


def is_valid(rt: Runtime, token: str) -> bool:
    """Whether a token was made for forms on pages like this one."""
    return rt.keys.verify("csrf", _bound_to(rt), token)


def reads_own_token() -> bool:
    """Whether the view of this request looks for the token itself (``streams.token_inside``)."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "portico_token_inside", False))


def _bound_to(rt: Runtime) -> bytes:
    scope = scope_of(request.path)
    session = read_cookie(rt.settings, scope) if scope else None
    binding = f"session:{session}" if session else f"device:{device_token(rt)}"
    return f"{scope}\n{binding}".encode(errors="surrogatepass")


async def check_csrf(rt: Runtime) -> None:
    """Before a form is handled: without a valid token the page is shown again instead.

    The request becomes a GET of the same address; what was sent is not looked at.
    """
    if request.method in _SAFE:
        return
    if request.routing_exception is not None or is_machine():
        return
    token = request.headers.get("X-CSRF-Token", "")
    if is_stream(request.path):
        if not token and reads_own_token():
            return
        if not is_valid(rt, token):
            raise FormExpired
        return
    if is_valid(rt, token or (await request.form).get("csrf_token", "")):
        return
    g.form_expired = True
    _turn_into_get()


def _turn_into_get() -> None:
    """Route the request anew, as a GET. Raises FormExpired where only a form lives."""
    app, blueprints = current_app, request.blueprints
    adapter = app.create_url_adapter(request)
    if adapter is None:
        raise FormExpired
    try:
        rule, values = adapter.match(method="GET", return_rule=True)
    except HTTPException:
        raise FormExpired from None
    request.method = "GET"
    request.url_rule, request.view_args = rule, dict(values)  # type: ignore[assignment]  # a QuartRule
    if request.blueprints != blueprints:  # its own preparations would be left out
        raise FormExpired
    for name in (None, *reversed(blueprints)):
        for prepare in app.url_value_preprocessors[name]:
            prepare(request.endpoint, request.view_args)
