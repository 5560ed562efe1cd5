"""A store's first page."""

from quart import Blueprint, Response

from portico.orders import service as orders
from portico.sellers.models import Permission
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import here, store_view

blueprint = Blueprint("home", __name__)

LATEST = 5


@blueprint.get("/")
@store_view(Permission.VIEW)
async def show() -> Response:
    """The portal's link and the latest orders."""
    at = here()
    latest = await orders.latest(at.rt, at.store.id, at.store.mode, LATEST)
    return await page("dashboard/home.html", {"orders": latest})
