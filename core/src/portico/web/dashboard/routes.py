"""The dashboard's blueprints, put together under ``/dashboard``."""

from quart import Blueprint

from portico.web.dashboard import sign_in, stores
from portico.web.http import dashboard_blueprint


def blueprints() -> list[Blueprint]:
    """Every page of the dashboard. Before each, the seller's visit is loaded."""
    dashboard = dashboard_blueprint("dashboard", __name__)
    for part in (stores, sign_in):
        dashboard.register_blueprint(part.blueprint)
    return [dashboard]
