"""``/`` of the base URL, which somebody types who knows nothing but the server; its icon."""

from quart import Blueprint, Response

from portico.runtime import Runtime
from portico.sellers import setup
from portico.stores import service as stores
from portico.stores.urls import portal_url
from portico.web.http import gettext, redirect, render_core


def blueprints(rt: Runtime) -> list[Blueprint]:
    """What belongs to no store and to nobody."""
    blueprint = Blueprint("root", __name__)

    @blueprint.get("/")
    async def start() -> Response:
        """To the portal where there is one store; else the two ways in."""
        some = await stores.first_two(rt)
        if len(some) == 1:
            return redirect(portal_url(rt.settings, some[0]))
        if await setup.is_awaited(rt):
            return redirect("/dashboard/sign-in")
        context = {
            "title": gettext("Customer portals"),
            "text": gettext(
                "Looking for something you bought? Use the link in the mail that confirmed it."
            ),
            "action": (gettext("Sign in to your stores"), "/dashboard/"),
        }
        return await render_core("dashboard/error.html", context)

    @blueprint.get("/favicon.ico")
    async def icon() -> Response:
        """Browsers ask for it where a page names no icon: none, for a day."""
        return Response(b"", 204, {"Cache-Control": "public, max-age=86400"})

    return [blueprint]
