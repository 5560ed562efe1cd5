"""Around every request: headers, cookies, the check of forms, the log."""

import logging
import re
from time import perf_counter

import structlog
from quart import Quart, Response, abort, g, request
from quart.globals import request_ctx

from portico.hooks.checkout import CheckoutHooks
from portico.runtime import Runtime
from portico.stores.urls import own_origin
from portico.web.cookies import add_cookies, is_https
from portico.web.csrf import check_csrf
from portico.web.errors import install_error_pages, logged_path
from portico.web.http import client_ip
from portico.web.viewing import conceal

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes that a form or a webhook may have; product files take another way in."""
_HSTS = "max-age=31536000"
_PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
_ORIGIN = re.compile(r"https?://[a-z0-9.*-]+(:\d+)?", re.IGNORECASE)
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")
_log = structlog.get_logger("portico.web")


def content_security_policy(rt: Runtime) -> str:
    """Nothing inline, nothing from elsewhere; forms may lead to the payment plugins' origins.

    ``ValueError`` for an origin that is none.
    """
    origins = {
        origin
        for declared in rt.registry.contributed(CheckoutHooks.form_action_origins).values()
        for origin in declared
    }
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"a plugin declares {origin!r} as an origin for forms, and it is none")
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "frame-src 'self'",
            # The base URL, for a provider's page of ours that is shown under another origin.
            " ".join(("form-action 'self'", rt.settings.base_url, *sorted(origins))),
            "frame-ancestors 'self'",
            "base-uri 'none'",
        )
    )


def install_security(app: Quart, rt: Runtime) -> None:
    """Make every answer of the application follow the rules; call it before routes are added."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    policy = content_security_policy(rt)
    https = is_https(rt.settings)

    async def before() -> None:
        g.started = perf_counter()
        _refuse_nul()
        await check_csrf(rt)

    async def after(response: Response) -> Response:
        if response.status_code < 300 and g.get("form_expired"):
            response.status_code = 400
        response = await conceal(response)
        add_cookies(rt.settings, response)
        _add_headers(rt, response, policy, https)
        if _log.is_enabled_for(logging.INFO):
            _log_request(response)
        return response

    app.before_request(before)
    app.after_request(after)
    install_error_pages(app)


def _refuse_nul() -> None:
    """No id has a NUL in it, and PostgreSQL takes none: 404 before anything is looked up."""
    asked = request_ctx.request
    if "\0" in asked.path or b"%00" in asked.query_string or b"\0" in asked.query_string:
        abort(404)


def _add_headers(rt: Runtime, response: Response, policy: str, https: bool) -> None:
    asked = request_ctx.request
    secret = "/file/" in asked.path or (bool(asked.query_string) and "token" in asked.args)
    wanted = [
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Permissions-Policy", _PERMISSIONS),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer" if secret else "same-origin"),
    ]
    if https:
        wanted.append(("Strict-Transport-Security", _HSTS))
    if response.mimetype == "text/html" or 300 <= response.status_code < 400:
        visit = g.get("visit")
        known = (visit and visit.customer) or g.get("seller_visit") or secret
        wanted.append(("Cache-Control", "no-store" if known else "private, no-cache"))
    store = g.get("route_store") or (g.visit.store if "visit" in g else None)
    origin = own_origin(rt.settings, store) if store is not None else None
    if origin is not None:
        # A form here may lead on to the portal at its own domain.
        wanted[0] = (wanted[0][0], policy.replace("form-action", f"form-action {origin}"))
    present = {name.lower() for name, _ in response.headers}
    for name, value in wanted:
        if name.lower() not in present:  # what a view has set stays
            response.headers.add(name, value)


def _log_request(response: Response) -> None:
    if request.path.startswith(_QUIET):
        return
    # Never the query: links carry their tokens there.
    _log.info(
        "request",
        method=request.method,
        path=logged_path(request.path),
        status=response.status_code,
        ms=round((perf_counter() - g.get("started", perf_counter())) * 1000, 1),
        ip=client_ip(),
    )
