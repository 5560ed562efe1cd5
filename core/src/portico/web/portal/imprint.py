"""The seller's imprint: who sells, for everybody to read."""

import re

from quart import Blueprint, Response

from portico.stores.models import PortalSettings
from portico.web.http import current_visit, gettext, render
from portico.web.portal.here import not_found
from portico.web.portal.pages import TextPage

blueprint = Blueprint("imprint", __name__)


@blueprint.get("/imprint")
async def show() -> Response:
    """The text; no such page without one."""
    text = PortalSettings.of(current_visit().store).imprint.strip()
    if not text:
        not_found()
    parts = re.split(r"\s*\n\s*\n\s*", text)
    return await render(
        TextPage(gettext("Imprint"), tuple(tuple(part.splitlines()) for part in parts))
    )
