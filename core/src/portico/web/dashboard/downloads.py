"""Downloads: who fetched which version when, and how often each was fetched."""

from quart import Blueprint, Response, request

from portico.listings import service as listings
from portico.listings.models import DownloadRow
from portico.sellers.models import Permission
from portico.web.dashboard import exports
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import here, not_found, store_view
from portico.web.dashboard.lists import PAGE, cursor, filter_of, page_of, url_with
from portico.web.dashboard.narrowed import Narrowed, in_cells, wanted_of

blueprint = Blueprint("downloads", __name__)

_HEADER = ("date", "e-mail", "name", "product", "file", "version", "file name")


class DownloadFilter(Narrowed):
    """What the list of downloads may be narrowed to; ``product`` is a file version."""


@blueprint.get("/downloads")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Downloads, the newest first."""
    at, start = here(), cursor(request.args)
    narrowed = filter_of(DownloadFilter, request.args)
    wanted = wanted_of(at, narrowed)
    found = await listings.downloads(
        at.rt, at.store.id, wanted, start.direction, start.id, PAGE + 1
    )
    if found is None:
        not_found()
    version = None
    if narrowed.product:
        version = await listings.version(at.rt, at.store.id, narrowed.product)
    context = {
        "wanted": narrowed, "mode": None, "page": page_of(found.rows, start, PAGE),
        "capped": found.capped, "url_with": url_with, "version": version,
    }  # fmt: skip
    return await page("dashboard/downloads/index.html", context)


@blueprint.get("/downloads/files")
@store_view(Permission.VIEW)
async def files() -> Response:
    """How often each version of each file was fetched."""
    at = here()
    context = {"versions": await listings.versions(at.rt, at.store.id)}
    return await page("dashboard/downloads/files.html", context)


@blueprint.get("/downloads/export")
@store_view(Permission.EXPORT)
async def export() -> Response:
    """The list as it is narrowed, as a CSV file."""
    at = here()
    wanted = wanted_of(at, filter_of(DownloadFilter, request.args))
    rows = listings.every_download(at.rt, at.store.id, wanted, exports.PAGE)
    return await exports.csv_answer(at, "downloads", _HEADER, in_cells(rows, _cells))


def _cells(row: DownloadRow) -> tuple[object, ...]:
    return (
        row.created_at, row.email, row.name, row.product, row.file, row.label or row.number,
        row.filename,
    )  # fmt: skip
