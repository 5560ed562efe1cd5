"""The settings begin with the first of their pages that the seller may open."""

from quart import Blueprint, Response

from portico.sellers.models import Permission
from portico.web.dashboard.frame import settings_tabs
from portico.web.dashboard.here import here, store_view
from portico.web.http import redirect

blueprint = Blueprint("dashboard_settings", __name__)


@blueprint.get("/settings")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Lead to the first tab."""
    return redirect(settings_tabs(here())[0].url, 302)
