"""Downloads: who fetched which version when, and how often each was fetched."""

from quart import Blueprint, Response, request

from portico.listings import service as listings
from portico.listings.models import DownloadRow
from portico.sellers.models import Permission
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import here, store_view
from portico.web.dashboard.lists import filter_of
from portico.web.dashboard.narrowed import Narrowed, exported, listed

blueprint = Blueprint("downloads", __name__)

_HEADER = ("date", "e-mail", "name", "product", "file", "version", "file name")


class DownloadFilter(Narrowed):
    """What the list of downloads may be narrowed to; ``product`` is a file version."""


@blueprint.get("/downloads")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Downloads, the newest first."""
    at, narrowed = here(), filter_of(DownloadFilter, request.args)
    context = await listed(at, listings.DOWNLOADS, narrowed)
    version = None
    if narrowed.product:
        version = await listings.version(at.rt, at.store.id, narrowed.product)
    context |= {"mode": None, "version": version}
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
    at, narrowed = here(), filter_of(DownloadFilter, request.args)
    return await exported(at, listings.DOWNLOADS, _HEADER, _cells, narrowed)


def _cells(row: DownloadRow) -> tuple[object, ...]:
    return (
        row.created_at, row.email, row.name, row.product, row.file, row.label or row.number,
        row.filename,
    )  # fmt: skip
