"""The seller's stores, each with the link of its portal."""

from collections.abc import Sequence
from dataclasses import dataclass

from quart import Blueprint, Response

from portico.hooks.dashboard import DashboardHooks
from portico.hooks.pages import NavigationItem
from portico.i18n import N_
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores.models import Store
from portico.stores.urls import portal_url
from portico.web.http import (
    current_locale,
    current_seller,
    gettext,
    render_core,
    runtime,
    seller_signed_in,
)

blueprint = Blueprint("stores", __name__)

_ROLES = {Role.OWNER: N_("Owner"), Role.MANAGER: N_("Manager"), Role.SUPPORT: N_("Support")}


@dataclass(frozen=True, slots=True)
class PluginLink:
    """A page that a plugin brings to the dashboard."""

    label: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A store in the list; ``role`` in words."""

    store: Store
    role: str
    portal_url: str
    pages: Sequence[PluginLink]


@blueprint.get("/")
@seller_signed_in
async def show() -> Response:
    """Every store the seller may enter."""
    rt = runtime()
    rows = [
        StoreRow(
            store, gettext(_ROLES[role]), portal_url(rt.settings, store),
            await _pages(rt, store, role),
        )
        for store, role in await sellers.stores_of(rt, current_seller().id)
    ]  # fmt: skip
    return await render_core("dashboard/stores.html", {"stores": rows})


async def _pages(rt: Runtime, store: Store, role: Role) -> list[PluginLink]:
    """The pages of plugins that somebody with this role may open."""
    replies = await rt.hooks.each(
        store, DashboardHooks.dashboard_navigation, current_seller(), locale=current_locale()
    )
    found = [(item, reply.plugin) for reply in replies for item in reply.value]
    found.sort(key=lambda one: one[0].weight)
    return [
        PluginLink(item.label, f"/dashboard/{store.slug}/x/{plugin}/{_path(item)}", item.icon)
        for item, plugin in found
        if role.reaches(_least_role(rt, plugin, item))
    ]


def _least_role(rt: Runtime, plugin: str, item: NavigationItem) -> Role:
    pages = rt.registry.contributed(DashboardHooks.dashboard_pages).get(plugin, [])
    return next((page.role for page in pages if page.path.strip("/") == _path(item)), Role.OWNER)


def _path(item: NavigationItem) -> str:
    return item.path.strip("/")
