"""Renders the dashboard's pages: the menu, the stores to switch to, and the page itself."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from quart import Response, request

from portico.hooks.dashboard import DashboardHooks
from portico.hooks.order import as_shown
from portico.hooks.pages import NavigationItem
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores.models import Store
from portico.stores.urls import portal_url
from portico.web.dashboard.here import ROLES, Here, here
from portico.web.dashboard.sections import SECTIONS, SETTINGS
from portico.web.http import current_locale, current_seller, gettext, render_core, wants_fragment

_SWITCHER = 8
"""Stores that the switcher offers; more are a page away."""


class Entry(NamedTuple):
    """Of a menu or of tabs."""

    label: str
    url: str
    current: bool
    icon: str = ""
    key: str = ""


class Frame(NamedTuple):
    """What surrounds the page of a store."""

    menu: Sequence[Entry]
    stores: Sequence[Store]
    many_stores: bool
    portal_url: str
    role: str


async def page(
    template: str,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
    *,
    fragment: str | None = None,
) -> Response:
    """A page of the store; for views behind ``store_view``.

    Templates find ``at`` (see ``Here``), ``frame`` and ``settings_tabs`` beside the context.
    ``fragment`` is the template of the part that htmx replaces; the page includes it as well, so
    that both show the same, and it is all that is sent when htmx asks.
    """
    at = here()
    zone = at.store.timezone
    values = {"at": at, **(context or {})}
    if fragment is not None and wants_fragment():
        return await render_core(fragment, values, status, timezone=zone, fragment=True)
    values |= {"frame": await _frame(at), "settings_tabs": settings_tabs(at)}
    return await render_core(template, values, status, timezone=zone)


async def confirm(
    *,
    title: str,
    text: str,
    action: str,
    back: str,
    fields: Mapping[str, str] | None = None,
    recount: bool = False,
) -> Response:
    """Ask before something is destroyed: the form leads to the address of this very page.

    A link to it with ``data-dialog`` shows the question in a dialog where scripts run. With
    ``recount`` the text alone is asked for once more then (see ``wants_fragment``), so that the
    question does not wait for what takes long to count.
    """
    context = {
        "title": title, "text": text, "action": action, "back": back, "fields": fields or {},
        "path": request.path, "recount": recount,
    }  # fmt: skip
    return await page("dashboard/confirm.html", context, fragment="dashboard/_lead.html")


async def _frame(at: Here) -> Frame:
    mine = await sellers.stores_of(at.rt, at.seller.id)
    stores = [store for store, _ in mine]
    others = [one for one in stores if one.id != at.store.id][:_SWITCHER]
    return Frame(
        await _menu(at), others, len(stores) > 1, portal_url(at.rt.settings, at.store),
        gettext(ROLES[at.role]),
    )  # fmt: skip


async def _menu(at: Here) -> list[Entry]:
    first = request.path.removeprefix(at.path()).partition("/")[0]
    entries = [
        Entry(gettext(one.label), at.path(one.path), one.path == first, one.icon, one.key)
        for one in SECTIONS
        if at.can(one.permission)
    ]
    return [*entries[:-1], *await plugin_pages(at.rt, at.store, at.role), *entries[-1:]]


def settings_tabs(at: Here) -> list[Entry]:
    """The pages of the settings that the seller may open."""
    return [
        Entry(gettext(one.label), at.path(one.path), request.path.startswith(at.path(one.path)))
        for one in SETTINGS
        if at.can(one.permission)
    ]


async def plugin_pages(rt: Runtime, store: Store, role: Role) -> list[Entry]:
    """The pages of plugins that somebody with this role may open."""
    replies = await rt.hooks.each(
        store, DashboardHooks.dashboard_navigation, current_seller(), locale=current_locale()
    )
    entries = []
    for item, plugin in as_shown(store, replies):
        if role.reaches(_least_role(rt, plugin, item)):
            url = f"/dashboard/{store.slug}/x/{plugin}/{item.path.strip('/')}"
            entries.append(Entry(item.label, url, request.path == url, item.icon))
    return entries


def _least_role(rt: Runtime, plugin: str, item: NavigationItem) -> Role:
    pages = rt.registry.contributed(DashboardHooks.dashboard_pages).get(plugin, [])
    path = item.path.strip("/")
    return next((page.role for page in pages if page.path.strip("/") == path), Role.OWNER)
