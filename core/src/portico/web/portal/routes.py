"""The portal's blueprints, put together under ``/p/<store>``."""

from quart import Blueprint, Response, request

from portico.stores.models import SECTIONS, PortalSettings
from portico.web.http import current_visit, portal_blueprint, portal_path, redirect
from portico.web.portal import (
    billing,
    buy,
    cancel,
    data,
    downloads,
    downloads_page,
    imprint,
    invoices,
    licenses,
    overview,
    plans,
    purchases,
    settings,
    sign_in,
    subscriptions,
    unsubscribe,
    viewing,
)


def blueprints() -> list[Blueprint]:
    """Every page of the portal. Before each, the visit is loaded; no store, no page (404)."""
    portal = portal_blueprint("portal", __name__)
    for part in (
        overview, purchases, subscriptions, plans, cancel, downloads_page, downloads, licenses,
        billing, invoices, buy, sign_in, settings, data, unsubscribe, imprint, viewing,
    ):  # fmt: skip
        portal.register_blueprint(part.blueprint)
    portal.before_request(_skip_hidden)
    return [portal]


async def _skip_hidden() -> Response | None:
    """The list of a section that the store leaves out leads to the overview.

    Single pages stay: mails lead to them, and whoever pays for a subscription must reach it.
    """
    store = current_visit().store
    section = request.path.removeprefix(f"/p/{store.slug}/").rstrip("/")
    if section in SECTIONS and section not in PortalSettings.of(store).sections:
        return redirect(portal_path(), 302)
    return None
