"""Turns what a plugin answered to a request into a response."""

from enum import Enum
from urllib.parse import urlsplit

from quart import Response, abort, jsonify

from portico.hooks.answers import WrongAnswer
from portico.hooks.checkout import CheckoutHooks
from portico.hooks.loader import LoadedPlugin
from portico.hooks.pages import Answer, Body, Data, NotFound, Page, SeeOther
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import own_origin
from portico.web.dashboard import frame as dashboard
from portico.web.http import (
    csrf_token,
    current_locale,
    current_visit,
    redirect,
    take_notices,
)
from portico.web.portal import frame as frames

FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data: https:; frame-ancestors 'self'"
)
"""For HTML of others (mail previews): no script runs, no form leads anywhere, it is nobody's."""
_OURS = frozenset(
    {"content-security-policy", "content-length", "content-type", "location", "set-cookie"}
)


class Place(Enum):
    """Where the page is that a plugin answers for."""

    PUBLIC = "public"
    PORTAL = "portal"
    DASHBOARD = "dashboard"


async def answer(
    rt: Runtime, loaded: LoadedPlugin, value: Answer, place: Place, store: Store | None
) -> Response:
    """The response; WrongAnswer for what a plugin may not answer."""
    match value:
        case NotFound():
            abort(404)
        case SeeOther(url):
            return redirect(_checked_target(rt, loaded, url, store))
        case Data():
            response = jsonify(value.value)
            response.status_code = value.status
            return _with_headers(response, value)
        case Body():
            response = Response(value.content, value.status, content_type=_media_type(value))
            if value.frame:
                response.headers["Content-Security-Policy"] = FRAME_POLICY
            return _with_headers(response, value)
        case Page():
            return await _page(rt, loaded, value, place, store)
    raise WrongAnswer(f"{loaded} answered a request with {value!r:.120}")


def _media_type(body: Body) -> str:
    text = body.media_type.startswith("text/") and "charset=" not in body.media_type
    return f"{body.media_type}; charset=utf-8" if text else body.media_type


def _with_headers(response: Response, value: Data | Body) -> Response:
    for name, text in value.headers.items():
        if name.lower() not in _OURS:
            response.headers[name] = text
    return response


def _checked_target(rt: Runtime, loaded: LoadedPlugin, url: str, store: Store | None) -> str:
    """A path of this installation, or a URL of the store's own domain or of an origin that the
    plugin has declared."""
    parts = urlsplit(url)
    local = url.startswith("/") and not url.startswith(("//", "/\\"))
    if local and not parts.scheme and not parts.netloc:
        return url
    origin = f"{parts.scheme}://{parts.netloc}"
    declared = rt.registry.contributed(CheckoutHooks.form_action_origins).get(loaded.name, [])
    own = own_origin(rt.settings, store) if store else None
    if origin in (rt.settings.base_url, own, *declared):
        return url
    raise WrongAnswer(f"{loaded} redirects to {origin!r}, which it does not declare")


async def _page(
    rt: Runtime, loaded: LoadedPlugin, page: Page, place: Place, store: Store | None
) -> Response:
    if not page.template.startswith(f"{loaded.name}/"):
        raise WrongAnswer(f"{loaded} renders {page.template!r}, a template that is not its own")
    context = {**page.context, "title": page.title}
    if place is Place.DASHBOARD:
        return await dashboard.page(page.template, {**context, "store": store}, page.status)
    locale = current_locale()
    if place is Place.PORTAL:
        visit = current_visit()
        frame = await frames.build_frame(
            rt, visit, locale=locale, csrf_token=csrf_token(), notices=take_notices()
        )
        html = rt.themes.render_portal(visit.store, page.template, frame, context)
    else:
        values = {**context, "store": store, "csrf_token": csrf_token()}
        theme = store.theme if store else None
        zone = store.timezone if store else "UTC"
        html = rt.themes.render(theme, page.template, locale, values, timezone=zone)
    return Response(html, page.status, mimetype="text/html")
