"""The end of a seller's look at the portal."""

from quart import Blueprint, Response

from portico.sessions.views import end_view
from portico.web.cookies import read_cookie, write_cookie
from portico.web.http import current_visit, portal_path, redirect, runtime
from portico.web.viewing import stops, view_cookie

blueprint = Blueprint("viewing", __name__)


@blueprint.post("/view-as/stop")
@stops
async def stop() -> Response:
    """Back to the customer's page in the dashboard."""
    rt, store = runtime(), current_visit().store
    name = view_cookie(store.slug)
    token = read_cookie(rt.settings, name)
    customer_id = await end_view(rt, store.id, token) if token else None
    write_cookie(rt.settings, name, "", 0)
    if customer_id is None:
        return redirect(portal_path())
    return redirect(f"/dashboard/{store.slug}/customers/{customer_id}")
