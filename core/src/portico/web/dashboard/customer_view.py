"""Looking at the portal as a customer sees it."""

from quart import Blueprint, Response, request

from portico.sellers.models import Permission
from portico.sessions.views import VIEW_MINUTES, begin_view
from portico.web.cookies import write_cookie
from portico.web.dashboard.customers import the_customer
from portico.web.dashboard.here import here, store_view
from portico.web.http import client_ip, redirect
from portico.web.viewing import view_cookie

blueprint = Blueprint("customer_view", __name__)


@blueprint.post("/customers/<customer_id>/view")
@store_view(Permission.VIEW_AS_CUSTOMER)
async def begin(customer_id: str) -> Response:
    """Open the portal, read-only, for half an hour. At this address even where the store has a
    domain of its own: the dashboard's cookie, which it needs as well, is not known there."""
    at = here()
    customer = await the_customer(at, customer_id)
    agent = request.headers.get("User-Agent", "")
    token = await begin_view(at.rt, customer, at.seller.id, user_agent=agent, ip=client_ip())
    write_cookie(at.rt.settings, view_cookie(at.store.slug), token, VIEW_MINUTES * 60)
    return redirect(f"/p/{at.store.slug}/")
