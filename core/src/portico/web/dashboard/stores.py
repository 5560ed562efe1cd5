"""The seller's stores and invitations; who has one store only goes straight there."""

from typing import NamedTuple

from quart import Blueprint, Response

from portico.sellers import service as sellers
from portico.sellers import team
from portico.sellers.models import Role
from portico.stores.models import Store
from portico.stores.urls import portal_url
from portico.web.dashboard.here import ROLES, not_found
from portico.web.http import (
    current_seller,
    gettext,
    lead_to,
    notice,
    redirect,
    render_core,
    runtime,
    seller_signed_in,
)

blueprint = Blueprint("stores", __name__)


class StoreRow(NamedTuple):
    """A store in the list; ``role`` in words."""

    store: Store
    role: str
    portal_url: str


class InvitationRow(NamedTuple):
    """An invitation in the list; ``role`` in words."""

    store_id: str
    store_name: str
    role: str


@blueprint.get("/")
@seller_signed_in
async def show() -> Response:
    """Every store the seller may enter or is invited to."""
    rt, seller = runtime(), current_seller()
    found = await sellers.stores_of(rt, seller.id)
    invited = await team.invitations_of(rt, seller.id)
    if len(found) == 1 and not invited:
        return redirect(f"/dashboard/{found[0][0].slug}/", 302)
    context = {
        "stores": [
            StoreRow(store, gettext(ROLES[role]), portal_url(rt.settings, store))
            for store, role in found
        ],
        "invitations": [
            InvitationRow(one.store_id, one.store_name, gettext(ROLES[one.role])) for one in invited
        ],
        "may_open": any(role is Role.OWNER for _, role in found),
    }
    return await render_core("dashboard/stores.html", context)


@blueprint.post("/invitations/<store_id>")
@seller_signed_in
async def accept(store_id: str) -> Response:
    """Join a store's team."""
    rt, seller = runtime(), current_seller()
    if not await team.accept(rt, seller, store_id):
        not_found()
    notice("good", gettext("You are in the team now."))
    joined = [one for one, _ in await sellers.stores_of(rt, seller.id) if one.id == store_id]
    return lead_to(f"/dashboard/{joined[0].slug}/")


@blueprint.post("/invitations/<store_id>/decline")
@seller_signed_in
async def decline(store_id: str) -> Response:
    """Say no to an invitation."""
    rt, seller = runtime(), current_seller()
    if not await team.revoke(rt, store_id, seller.id, by=f"seller:{seller.id}"):
        not_found()
    notice("good", gettext("You declined the invitation."))
    return lead_to("/dashboard/")
