"""Every file a customer may have, by product, and why some are not offered any more."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from quart import Blueprint, Response

from portico.catalog.models import FileVersion
from portico.entitlements.models import Entitlement
from portico.library import service as library
from portico.library.service import Shelf
from portico.web.http import render, signed_in
from portico.web.portal.here import Here, here
from portico.web.portal.pages import Download, DownloadGroup, DownloadsPage
from portico.web.portal.views import shelf_of

blueprint = Blueprint("downloads_page", __name__)


@blueprint.get("/downloads")
@signed_in
async def index() -> Response:
    """All files."""
    return await render(await downloads_page(here()))


async def downloads_page(at: Here) -> DownloadsPage:
    """A group per product: what is offered first, then what is not included any more."""
    data = await library.downloads(at.rt, at.store, at.customer.id)
    shelf = await shelf_of(at, data)
    versions: dict[str, list[FileVersion]] = defaultdict(list)
    for version in data.versions:
        versions[version.file_id].append(version)
    having = [one for one in shelf.entitlements.values() if shelf.has_files(one.product_id)]
    having.sort(key=lambda one: (not one.active, shelf.products[one.product_id].name.casefold()))
    return DownloadsPage(tuple(_group(shelf, one, versions) for one in having))


def _group(
    shelf: Shelf, entitlement: Entitlement, versions: Mapping[str, Sequence[FileVersion]]
) -> DownloadGroup:
    product = shelf.products[entitlement.product_id]
    newest: list[Download] = []
    older: dict[str, tuple[Download, ...]] = {}
    for file, version in shelf.offered(product.id):
        newest.append(Download(file.name, version, product))
        past = [one for one in versions.get(file.id, ()) if one.number < version.number]
        if product.older_versions and past:
            older[file.id] = tuple(Download(file.name, one, product) for one in past)
    return DownloadGroup(product, entitlement, tuple(newest), older)
