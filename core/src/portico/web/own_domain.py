"""A store's own domain: its portal is at the root there, and nothing else is.

The application's routes know the portal at ``/p/<store>/``. What comes for a store's domain is
taken there before it is routed, so that a request's path is the same on every host; what goes out
(links, redirects) is made shorter again by ``portico.web.paths``.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from quart import Blueprint, Response, abort, current_app, g, redirect, request

from portico.domains import look
from portico.domains import service as domains
from portico.domains.hosts import HostMap
from portico.runtime import Runtime
from portico.sessions.models import Visit
from portico.stores.urls import own_origin, portal_url
from portico.web.paths import OWN_STORE, own_slug

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
_EVERYWHERE = ("/static/", look.PATH)
"""What is the same on every host."""


class OwnDomains:
    """ASGI middleware: takes requests for a store's own domain to its portal."""

    def __init__(self, app: ASGIApp, hosts: HostMap) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"host":
                    slug = self._hosts.slug(value)
                    if slug is not None:
                        scope = _taken(scope, slug)
                    break
        await self._app(scope, receive, send)


def _taken(scope: MutableMapping[str, Any], slug: str) -> MutableMapping[str, Any]:
    path = scope["path"]
    if not path.startswith(_EVERYWHERE):
        # A server that answers "GET http://host/path" gives the whole address.
        path = f"/p/{slug}/{path.lstrip('/') if path.startswith('/') else path}"
    return {**scope, "path": path, OWN_STORE: slug}


async def lead_to_own_domain() -> Response | None:
    """Pages of a portal with a domain of its own are there, also where old links lead here.

    Forms are taken here as well, and so is the look of a seller who views it as a customer.
    """
    rt: Runtime = current_app.extensions["portico"]
    visit: Visit = g.visit
    if own_origin(rt.settings, visit.store) is None or visit.viewing or own_slug() is not None:
        return None
    if request.method not in ("GET", "HEAD"):
        return None
    path = request.full_path.rstrip("?").removeprefix(f"/p/{visit.store.slug}/")
    return cast(Response, redirect(portal_url(rt.settings, visit.store, path), 302))


def blueprints(rt: Runtime) -> list[Blueprint]:
    """What a check of a domain asks, and what a proxy asks before it gets a certificate."""
    blueprint = Blueprint("own_domain", __name__, url_prefix=look.PATH.rstrip("/"))

    @blueprint.get("/<token>")
    async def token(token: str) -> Response:
        return _plain(look.answer(rt, request.host, token))

    @blueprint.get("/domain")
    async def is_known() -> Response:
        if not await domains.is_known(rt, request.args.get("domain", "")):
            abort(404)
        return _plain("This domain leads here.\n")

    return [blueprint]


def _plain(text: str) -> Response:
    response = Response(text, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
