"""Every file a customer may have, by product, and why some are not offered any more."""

from quart import Blueprint, Response

from portico.entitlements.models import Entitlement
from portico.library import service as library
from portico.library.service import Shelf
from portico.web.http import render, signed_in
from portico.web.portal.frame import note_sections
from portico.web.portal.here import Here, here
from portico.web.portal.pages import Download, DownloadGroup, DownloadsPage

blueprint = Blueprint("downloads_page", __name__)


@blueprint.get("/downloads")
@signed_in
async def index() -> Response:
    """All files."""
    return await render(await downloads_page(here()))


async def downloads_page(at: Here) -> DownloadsPage:
    """A group per product: what is offered first, then what is not included any more."""
    holdings = await library.downloads(at.rt, at.store, at.customer.id)
    note_sections(holdings.sections)
    shelf = Shelf(holdings, at.store, at.rt.clock.now())
    having = [one for one in shelf.entitlements.values() if shelf.has_files(one.product_id)]
    having.sort(key=lambda one: (not one.active, shelf.products[one.product_id].name.casefold()))
    return DownloadsPage(tuple(_group(shelf, one) for one in having))


def _group(shelf: Shelf, entitlement: Entitlement) -> DownloadGroup:
    product = shelf.products[entitlement.product_id]
    newest: list[Download] = []
    older: dict[str, tuple[Download, ...]] = {}
    for file, versions in shelf.offered(product.id):
        newest.append(Download(file.name, versions[0], product))
        if product.older_versions and len(versions) > 1:
            older[file.id] = tuple(Download(file.name, one, product) for one in versions[1:])
    return DownloadGroup(product, entitlement, tuple(newest), older)
