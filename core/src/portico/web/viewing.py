"""A seller looks at the portal as a customer: nothing can be changed, and no secret is shown."""

from collections.abc import Callable
from typing import Any, TypeVar

from markupsafe import escape
from quart import Response, current_app, g, request
from werkzeug.exceptions import Forbidden

from portico.licenses import service as licenses
from portico.runtime import Runtime
from portico.sellers.models import Permission
from portico.sessions import service as sessions
from portico.sessions.models import Visit
from portico.sessions.views import end_view
from portico.web.cookies import DASHBOARD, read_cookie, write_cookie
from portico.web.csrf import csrf_token

_F = TypeVar("_F", bound=Callable[..., Any])
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_TEXTS = ("text/", "application/json")


class OnlyLooking(Forbidden):
    """Who only looks at a portal cannot do this."""


def acts(view: _F) -> _F:
    """Mark a view whose GET does something, or hands something out."""
    view.portico_acts = True  # type: ignore[attr-defined]  # read back by _refuse_acts
    return view


def stops(view: _F) -> _F:
    """Mark the one form that works: the one that ends the view."""
    view.portico_stops = True  # type: ignore[attr-defined]  # read back by _refuse_acts
    return view


def view_cookie(slug: str) -> str:
    """The cookie of a view: beside the customer's own, for the seller may be one as well."""
    return f"{slug}.view"


async def is_view(rt: Runtime, slug: str) -> bool:
    """Whether a seller looks at this portal as a customer; then it is the request's visit.

    Raises OnlyLooking for what is more than looking.
    """
    visit = await _viewed(rt, slug)
    if visit is None:
        return False
    g.visit = visit
    _refuse_acts()
    return True


async def _viewed(rt: Runtime, slug: str) -> Visit | None:
    """The visit of a seller who looks at this portal as a customer; None for everybody else.

    It counts for as long as the same browser is signed in to the dashboard as the same seller, in
    a role that may look. What is over is ended and noted.
    """
    token = read_cookie(rt.settings, view_cookie(slug))
    if token is None:
        return None
    visit = await sessions.portal_visit(rt, slug, token)
    seller = await sessions.seller_visit(rt, read_cookie(rt.settings, DASHBOARD), slug)
    if (
        visit is not None
        and visit.session is not None
        and seller is not None
        and seller.role is not None
        and seller.role.may(Permission.VIEW_AS_CUSTOMER)
        and visit.session.seller_id == seller.seller.id
    ):
        g.viewing_seller = seller.seller
        return visit
    if visit is not None:
        await end_view(rt, visit.store.id, token)
    write_cookie(rt.settings, view_cookie(slug), "", 0)
    return None


def _refuse_acts() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "portico_stops", False):
        return
    if request.method not in _READS or getattr(view, "portico_acts", False):
        raise OnlyLooking


async def conceal(response: Response) -> Response:
    """Mask the customer's license keys in whatever is shown, and say above it who looks.

    It works on the page as it is, so that no theme and no plugin can forget it.
    """
    visit: Visit | None = g.get("visit")
    if visit is None or visit.customer is None or not visit.viewing:
        return response
    if 300 <= response.status_code < 400:
        return response
    if not (response.mimetype or "").startswith(_TEXTS):
        return Response("", 403, {"Cache-Control": "no-store"})
    rt: Runtime = current_app.extensions["portico"]
    text = str(await response.get_data(as_text=True))
    for one in await licenses.of_customer(rt, visit.store.id, visit.customer.id):
        if one.key:
            masked = licenses.mask(one.key)
            text = text.replace(str(escape(one.key)), masked).replace(one.key, masked)
    if response.mimetype == "text/html":
        text = _with_banner(rt, visit, text)
    response.set_data(text)
    response.headers["Cache-Control"] = "no-store"
    return response


def _with_banner(rt: Runtime, visit: Visit, html: str) -> str:
    head, body, rest = html.partition("<body")
    attributes, end, content = rest.partition(">")
    values = {"visit": visit, "csrf_token": csrf_token(rt)}
    banner = rt.themes.render(
        None, "dashboard/viewing.html", g.viewing_seller.locale, values, fragment=True
    )
    return f"{head}{body}{attributes}{end}{banner}{content}"
