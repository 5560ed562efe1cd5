"""The seller's stores, each with the link of its portal."""

from dataclasses import dataclass

from quart import Blueprint, Response

from portico.i18n import N_
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores.models import Store
from portico.stores.urls import portal_url
from portico.web.http import current_seller, gettext, render_core, runtime, seller_signed_in

blueprint = Blueprint("stores", __name__)

_ROLES = {Role.OWNER: N_("Owner"), Role.MANAGER: N_("Manager"), Role.SUPPORT: N_("Support")}


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store in the list; ``role`` in words."""

    store: Store
    role: str
    portal_url: str


@blueprint.get("/")
@seller_signed_in
async def show() -> Response:
    """Every store the seller may enter."""
    rt = runtime()
    rows = [
        StoreRow(store, gettext(_ROLES[role]), portal_url(rt.settings, store))
        for store, role in await sellers.stores_of(rt, current_seller().id)
    ]
    return await render_core("dashboard/stores.html", {"stores": rows})
