"""The portal's blueprints, put together under ``/p/<store>``."""

from quart import Blueprint

from portico.web.http import portal_blueprint
from portico.web.portal import (
    billing,
    buy,
    cancel,
    downloads,
    downloads_page,
    licenses,
    overview,
    purchases,
    settings,
    sign_in,
    subscriptions,
)


def blueprints() -> list[Blueprint]:
    """Every page of the portal. Before each, the visit is loaded; no store, no page (404)."""
    portal = portal_blueprint("portal", __name__)
    for part in (
        overview, purchases, subscriptions, cancel, downloads_page, downloads, licenses, billing,
        buy, sign_in, settings,
    ):  # fmt: skip
        portal.register_blueprint(part.blueprint)
    return [portal]
