"""A product's files: their order, names and versions, and telling buyers of a new one."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response, abort, request

from portico.catalog import downloads
from portico.catalog import service as catalog
from portico.catalog.models import FileState, Product, ProductFile
from portico.entitlements import file_news
from portico.hooks.errors import Refused
from portico.i18n import format_number
from portico.sellers.models import Permission
from portico.storage.service import readable_size
from portico.uploads import service as uploads
from portico.web.dashboard.forms import Fields, Form, shown, submitted
from portico.web.dashboard.frame import confirm
from portico.web.dashboard.here import here, not_found, store_view
from portico.web.dashboard.product_frame import product_of, product_page
from portico.web.http import form as sent_form
from portico.web.http import gettext, lead_to, ngettext, notice, wants_fragment
from portico.web.portal.downloads import file_answer

blueprint = Blueprint("product_files", __name__)


class AccessForm(Form):
    """What buyers may download, and for how long."""

    downloads_after_cancellation: bool = False
    older_versions: bool = False


class RenameForm(Form):
    """Another name for a file."""

    name: Annotated[str, Field(max_length=200)]


@blueprint.get("/products/<product_id>/files")
@store_view(Permission.VIEW)
async def index(product_id: str) -> Response:
    """The files, each with its versions."""
    product = await product_of(product_id)
    return await _files(product, shown(_access(product)))


def _access(product: Product) -> dict[str, bool]:
    return {
        "downloads_after_cancellation": product.downloads_after_cancellation,
        "older_versions": product.older_versions,
    }


async def _files(
    product: Product, form: Fields[AccessForm] | Fields[Form], status: int = 200
) -> Response:
    at = here()
    context = {
        "form": form,
        "files": await catalog.files_with_versions(at.rt, at.store, product.id),
        "buyers": await file_news.count_likely(at.rt, at.store, product.id),
        "limit": at.rt.settings.upload_limit,
        "limit_words": readable_size(at.rt.settings.upload_limit),
        "part": uploads.PART,
    }
    return await product_page(product, "files", context, status)


@blueprint.post("/products/<product_id>/access")
@store_view(Permission.EDIT_PRODUCTS)
async def save_access(product_id: str) -> Response:
    """Save what buyers may download."""
    at, product = here(), await product_of(product_id)
    fields = await submitted(AccessForm)
    fields.against(_access(product))
    if fields.data is None:
        return await _files(product, fields, 409 if fields.conflicts else 400)
    await catalog.update_product(at.rt, at.store, product.id, by=at.by, **fields.data.model_dump())
    notice("good", gettext("Saved."))
    return lead_to(_page(product_id))


def _page(product_id: str) -> str:
    return here().path(f"products/{product_id}/files")


async def _file_of(product_id: str, file_id: str) -> ProductFile:
    at = here()
    file = await catalog.file_by_id(at.rt, at.store.id, file_id)
    if file is None or file.product_id != product_id or file.state is not FileState.ACTIVE:
        not_found()
    return file


@blueprint.post("/products/<product_id>/files/order")
@store_view(Permission.EDIT_PRODUCTS)
async def order(product_id: str) -> Response:
    """Put the files in the order in which their ids were sent."""
    at, product = here(), await product_of(product_id)
    ids = (await request.form).getlist("id") if await sent_form() else []
    await catalog.order_files(at.rt, at.store, product.id, ids, by=at.by)
    return lead_to(_page(product_id))


@blueprint.post("/products/<product_id>/files/<file_id>/up")
@store_view(Permission.EDIT_PRODUCTS)
async def move_up(product_id: str, file_id: str) -> Response:
    """Show a file before the one above it."""
    return await _move(product_id, file_id, -1)


@blueprint.post("/products/<product_id>/files/<file_id>/down")
@store_view(Permission.EDIT_PRODUCTS)
async def move_down(product_id: str, file_id: str) -> Response:
    """Show a file behind the one below it."""
    return await _move(product_id, file_id, 1)


async def _move(product_id: str, file_id: str, step: int) -> Response:
    at, file = here(), await _file_of(product_id, file_id)
    ids = [one.id for one, _ in await catalog.files_of(at.rt, at.store, product_id)]
    place = ids.index(file.id)
    other = min(max(place + step, 0), len(ids) - 1)
    ids[place], ids[other] = ids[other], ids[place]
    await catalog.order_files(at.rt, at.store, product_id, ids, by=at.by)
    return lead_to(_page(product_id))


@blueprint.post("/products/<product_id>/files/<file_id>/name")
@store_view(Permission.EDIT_PRODUCTS)
async def rename(product_id: str, file_id: str) -> Response:
    """Call a file something else."""
    at, file = here(), await _file_of(product_id, file_id)
    fields = await submitted(RenameForm)
    if fields.data is None:
        notice("bad", gettext("The file needs a name of at most 200 characters."))
    else:
        await catalog.rename_file(at.rt, at.store, file.id, fields.data.name, by=at.by)
        notice("good", gettext("The file has a new name."))
    return lead_to(_page(product_id))


@blueprint.get("/products/<product_id>/files/<file_id>/remove")
@store_view(Permission.EDIT_PRODUCTS)
async def ask_to_remove(product_id: str, file_id: str) -> Response:
    """Say what will happen."""
    file = await _file_of(product_id, file_id)
    return await confirm(
        title=gettext("Remove %(file)s?") % {"file": file.name},
        text=gettext(
            "Nobody can download it any more, also those who bought the product. To give them "
            "something newer, upload a new version instead."
        ),
        action=gettext("Remove"), back=_page(product_id),
    )  # fmt: skip


@blueprint.post("/products/<product_id>/files/<file_id>/remove")
@store_view(Permission.EDIT_PRODUCTS)
async def remove(product_id: str, file_id: str) -> Response:
    """Offer a file to nobody any more."""
    at, file = here(), await _file_of(product_id, file_id)
    try:
        await catalog.remove_file(at.rt, at.store, file.id, by=at.by)
    except Refused as error:
        notice("bad", gettext(error.message))
    else:
        notice("good", gettext("The file is removed."))
    return lead_to(_page(product_id))


@blueprint.get("/products/<product_id>/files/<file_id>/tell")
@store_view(Permission.EDIT_PRODUCTS)
async def ask_to_tell(product_id: str, file_id: str) -> Response:
    """Say how many will get a mail."""
    at, file = here(), await _file_of(product_id, file_id)
    most = file_news.MOST_COUNTED if wants_fragment() else file_news.MOST
    likely = await file_news.count_likely(at.rt, at.store, product_id, most)
    newest = await catalog.versions_of(at.rt, at.store.id, file.id)
    words = ngettext(
        "Up to %(num)s buyer gets a mail: who may download the file now, and wants such mails. "
        "Nobody gets it twice for the same version.",
        "Up to %(num)s buyers get a mail: those who may download the file now, and want such "
        "mails. Nobody gets it twice for the same version.",
        likely.customers,
    )
    if likely.more:
        words = gettext(
            "%(num)s or more buyers get a mail: those who may download the file now, and want such "
            "mails. Nobody gets it twice for the same version."
        )
    about = {"file": file.name, "version": newest[0].label or newest[0].number}
    return await confirm(
        title=gettext("Tell buyers about %(file)s, version %(version)s?") % about,
        text=words % {"num": format_number(likely.customers, at.locale)},
        action=gettext("Send the mails"), back=_page(product_id),
        recount=likely.more and not wants_fragment(),
    )  # fmt: skip


@blueprint.post("/products/<product_id>/files/<file_id>/tell")
@store_view(Permission.EDIT_PRODUCTS)
async def tell(product_id: str, file_id: str) -> Response:
    """Mail everybody who may download the newest version."""
    at, file = here(), await _file_of(product_id, file_id)
    newest = await catalog.versions_of(at.rt, at.store.id, file.id)
    await file_news.announce(at.rt, at.store, product_id, newest[0].id, by=at.by)
    notice("good", gettext("The mails are on their way."))
    return lead_to(_page(product_id))


@blueprint.get("/products/<product_id>/versions/<version_id>")
@store_view(Permission.VIEW)
async def download(product_id: str, version_id: str) -> Response:
    """A version's bytes, also of one that is offered to nobody."""
    at, product = here(), await product_of(product_id)
    version = await catalog.version_by_id(at.rt, at.store.id, product.id, version_id)
    if version is None:
        not_found()
    opened = await downloads.open_version(at.rt, at.store, version)
    if opened is None:
        abort(404)
    return file_answer(version, opened)
