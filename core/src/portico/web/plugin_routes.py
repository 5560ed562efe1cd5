"""Routes and pages of plugins: each is a rule of its own in the application's map.

Whether the plugin is on is asked at every request, so that switching it off needs no restart.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from quart import Blueprint, Response, abort, g, request

from portico.activation import service as activation
from portico.customers.models import Customer
from portico.hooks.dashboard import DashboardHooks
from portico.hooks.lifecycle import LifecycleHooks
from portico.hooks.loader import LoadedPlugin
from portico.hooks.pages import PluginPage, Request, Route
from portico.hooks.portal import PortalHooks
from portico.runtime import Runtime
from portico.sellers.models import Role, Seller
from portico.stores import service as stores
from portico.web.dashboard.here import guarded, here
from portico.web.http import (
    client_network,
    csrf_token,
    current_locale,
    current_visit,
    dashboard_blueprint,
    form,
    machine,
    portal_blueprint,
    runtime,
    signed_in,
)
from portico.web.paths import outward
from portico.web.plugin_answers import Place, answer

READS = frozenset({"GET", "HEAD", "OPTIONS"})
SECONDS = 30.0
"""How long a plugin may take to answer a request."""
View = Callable[..., Awaitable[Response]]


def blueprints(rt: Runtime) -> list[Blueprint]:
    """The rules of every installed plugin."""
    public = Blueprint("plugin_routes", __name__)
    portal = portal_blueprint("plugin_pages", __name__)
    dashboard = dashboard_blueprint("plugin_dashboard", __name__)
    for name, routes in rt.registry.contributed(LifecycleHooks.routes).items():
        loaded = rt.registry.plugins[name]
        prefix = loaded.plugin.root or f"x/{name}"
        for number, route in enumerate(routes):
            view = _public_view(loaded, route)
            _add(public, f"/{prefix}/", f"{name}_{number}", route, view)
    for name, pages in rt.registry.contributed(PortalHooks.portal_pages).items():
        for number, page in enumerate(pages):
            view = _portal_view(rt.registry.plugins[name], page)
            view = view if page.guests else signed_in(view)
            _add(portal, f"/x/{name}/", f"{name}_{number}", page, view)
    for name, pages in rt.registry.contributed(DashboardHooks.dashboard_pages).items():
        for number, page in enumerate(pages):
            view = guarded(partial(_reaches, page.role), page.role)(
                _dashboard_view(rt.registry.plugins[name], page)
            )
            _add(dashboard, f"/<store>/x/{name}/", f"{name}_{number}", page, view)
    return [public, portal, dashboard]


def _add(
    blueprint: Blueprint, prefix: str, endpoint: str, page: Route | PluginPage, view: View
) -> None:
    path = prefix + page.path.lstrip("/")
    blueprint.add_url_rule(path, endpoint, view, methods=sorted(page.methods))


def _public_view(loaded: LoadedPlugin, route: Route) -> View:
    async def view(**params: object) -> Response:
        rt = runtime()
        store = None
        if "store" in params:
            store = await stores.by_slug(rt, str(params["store"]))
            if store is None:
                abort(404)
            g.route_store = store
        asked = await _request(params, token="" if route.machine else csrf_token())
        found = await rt.hooks.run(
            store, loaded.name, f"route {route.path}", route.handler, asked,
            locale=current_locale(), timeout=SECONDS,
        )  # fmt: skip
        return await answer(rt, loaded, found, Place.PUBLIC, store)

    return machine(view) if route.machine else view


def _portal_view(loaded: LoadedPlugin, page: PluginPage) -> View:
    async def view(**params: object) -> Response:
        rt, store = runtime(), current_visit().store
        asked = await _request(params, token=csrf_token(), customer=current_visit().customer)
        found = await rt.hooks.run(
            store, loaded.name, f"portal page {page.path}", page.handler, asked,
            locale=current_locale(), timeout=SECONDS,
        )  # fmt: skip
        return await answer(rt, loaded, found, Place.PORTAL, store)

    return view


def _dashboard_view(loaded: LoadedPlugin, page: PluginPage) -> View:
    async def view(**params: object) -> Response:
        at = here()
        asked = await _request(params, token=csrf_token(), seller=at.seller, role=at.role)
        if request.method not in READS and loaded.name in await activation.enabled(
            at.rt, at.store, retiring=True
        ):
            # Core does not know what it is about: it notes who pressed a button, and where.
            await at.audit("plugin.page", "plugin", loaded.name, {"page": page.path})
        reply = await at.rt.hooks.run(
            at.store, loaded.name, f"dashboard page {page.path}", page.handler, asked,
            locale=current_locale(), timeout=SECONDS,
        )  # fmt: skip
        return await answer(at.rt, loaded, reply, Place.DASHBOARD, at.store)

    return view


def _reaches(least: Role, role: Role) -> bool:
    return role.reaches(least)


async def _request(
    params: dict[str, object],
    *,
    token: str,
    customer: Customer | None = None,
    seller: Seller | None = None,
    role: Role | None = None,
) -> Request:
    """The request as a plugin sees it: no cookies, no session."""
    body = await request.get_data(True, False, False)
    fields = await form()
    fields.pop("csrf_token", None)
    return Request(
        method=request.method,
        path=outward(request.path),
        params={name: str(value) for name, value in params.items() if name != "store"},
        query={name: values[-1] for name, values in request.args.lists()},
        form=fields,
        headers={
            name.lower(): value for name, value in request.headers if name.lower() != "cookie"
        },
        body=body,
        customer=customer,
        seller=seller,
        role=role,
        csrf_token=token,
        client=client_network(),
    )
