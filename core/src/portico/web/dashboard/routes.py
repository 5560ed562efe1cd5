"""The dashboard's blueprints, put together under ``/dashboard``."""

from quart import Blueprint

from portico.web.dashboard import (
    appearance,
    customer_changes,
    customer_data,
    customer_view,
    customers,
    downloads,
    email_editor,
    email_log,
    emails,
    home,
    invoices,
    licenses,
    money_and_mail,
    orders,
    own_domain,
    plugins,
    portal,
    product_files,
    product_licenses,
    product_message,
    product_rules,
    product_uploads,
    products,
    settings,
    setup,
    sign_in,
    store_settings,
    stores,
    subscriptions,
    team,
)
from portico.web.http import dashboard_blueprint

OF_SELLERS = (stores, setup, sign_in)
"""Pages of no store."""
OF_STORES = (
    home,
    products,
    plugins,
    portal,
    own_domain,
    customers,
    customer_changes,
    customer_data,
    customer_view,
    orders,
    product_files,
    product_licenses,
    product_message,
    product_rules,
    product_uploads,
    subscriptions,
    licenses,
    invoices,
    downloads,
    emails,
    email_log,
    email_editor,
    settings,
    store_settings,
    appearance,
    money_and_mail,
    team,
)
"""Pages below ``/dashboard/<store>``; every view of theirs has ``@store_view``."""


def blueprints() -> list[Blueprint]:
    """Every page of the dashboard. Before each, the seller's visit is loaded."""
    dashboard = dashboard_blueprint("dashboard", __name__)
    for part in OF_SELLERS:
        dashboard.register_blueprint(part.blueprint)
    for part in OF_STORES:
        dashboard.register_blueprint(part.blueprint, url_prefix="/<store>")
    return [dashboard]
