"""One product's pages: found by its id, with its tabs."""

from collections.abc import Mapping
from typing import Any

from quart import Response

from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.i18n import N_
from portico.stores.urls import portal_url
from portico.web.dashboard.frame import Entry, page
from portico.web.dashboard.here import here, not_found

TABS = (
    ("", N_("Details")),
    ("files", N_("Files")),
    ("licenses", N_("License keys")),
    ("subscription-rules", N_("Subscription rules")),
    ("after-payment", N_("After payment")),
)  # fmt: skip
"""In the tabs' order; the path is behind the product's."""


async def product_of(product_id: str) -> Product:
    """The store's product, archived or not; else there is no such page."""
    at = here()
    product = await catalog.product_by_id(at.rt, at.store.id, product_id)
    if product is None:
        not_found()
    return product


async def product_page(
    product: Product,
    tab: str,
    context: Mapping[str, Any],
    status: int = 200,
    *,
    fragment: str | None = None,
) -> Response:
    """A tab of the product: the template ``dashboard/products/<tab>.html``."""
    at = here()
    root = f"products/{product.id}"
    entries = [
        Entry(
            at.say(words), at.path(f"{root}/{path}" if path else root), (path or "details") == tab
        )
        for path, words in TABS
    ]
    values = {
        "product": product,
        "root": at.path(root),
        "tabs": entries,
        "may_edit": at.can("edit_products"),
        "buy_url": portal_url(at.rt.settings, at.store, f"buy/{product.slug}"),
    }
    template = f"dashboard/products/{tab.replace('-', '_')}.html"
    return await page(template, values | dict(context), status, fragment=fragment)
