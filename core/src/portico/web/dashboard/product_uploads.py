"""Sending files: in parts by our script, or by a plain form. Both end in the catalog.

The script begins an upload, PUTs its parts one after the other (``Content-Range``, the token in
``X-CSRF-Token``) and finishes it. After a break it asks how far it came and goes on from there.
"""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response, jsonify, request

from portico.catalog import service as catalog
from portico.catalog.models import FileState
from portico.hooks.errors import Refused
from portico.sellers.models import Permission
from portico.storage.service import TOO_LARGE, TooLarge, readable_size
from portico.uploads import service as uploads
from portico.uploads.models import IncomingUpload
from portico.web import csrf
from portico.web.dashboard.forms import Form, submitted
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.product_frame import product_of
from portico.web.http import gettext, ngettext, notice, redirect
from portico.web.streams import FormStream, Part, token_inside

blueprint = Blueprint("product_uploads", __name__)

_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")
_READ_ON = 64 * 2**20
"""Bytes of a refused form that are still read, so that the browser gets to our answer."""


class BeginForm(Form):
    """A file that is about to be sent."""

    filename: Annotated[str, Field(max_length=2000)]
    size: int
    content_type: Annotated[str, Field(max_length=200)] = ""
    file_id: str | None = None
    label: Annotated[str, Field(max_length=100)] = ""
    notes: Annotated[str, Field(max_length=10_000)] = ""


def _json(status: int, **values: object) -> Response:
    response: Response = jsonify(values)
    response.status_code = status
    return response


def _state(upload: IncomingUpload, status: int = 200) -> Response:
    return _json(
        status, id=upload.id, size=upload.size, received=upload.received, part=uploads.PART
    )


def in_words(error: Refused) -> str:
    """Why it is refused, in the reader's language."""
    if isinstance(error, TooLarge):
        return gettext(TOO_LARGE) % {"limit": readable_size(error.limit)}
    return gettext(error.message)


# In parts


@blueprint.post("/products/<product_id>/uploads")
@store_view(Permission.EDIT_PRODUCTS)
async def begin(product_id: str) -> Response:
    """Announce a file."""
    at, product = here(), await product_of(product_id)
    fields = await submitted(BeginForm)
    if fields.data is None:
        words = next(iter(fields.errors.values()), "")
        return _json(400, error=words or gettext("Reload the page and try again."))
    try:
        upload = await uploads.begin(at.rt, at.store, product.id, **fields.data.model_dump())
    except Refused as error:
        return _json(422, error=in_words(error))
    return _state(upload, 201)


async def _upload_of(at: Here, upload_id: str) -> IncomingUpload:
    upload = await uploads.get(at.rt, at.store, upload_id)
    if upload is None:
        not_found()
    return upload


@blueprint.get("/uploads/<upload_id>")
@store_view(Permission.EDIT_PRODUCTS)
async def state(upload_id: str) -> Response:
    """How far an upload came."""
    return _state(await _upload_of(here(), upload_id))


@blueprint.put("/uploads/<upload_id>")
@store_view(Permission.EDIT_PRODUCTS)
async def append(upload_id: str) -> Response:
    """Take the next part. 409 says where it has to start."""
    at = here()
    upload = await _upload_of(at, upload_id)
    found = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
    start, last, size = (int(one) for one in found.groups()) if found else (0, -1, 0)
    if size != upload.size or last < start:
        return _json(400, error=gettext("Reload the page and try again."))
    try:
        upload = await uploads.append(
            at.rt, at.store, upload_id, start, last - start + 1, aiter(request.body)
        )
    except uploads.WrongStart as error:
        return _json(409, received=error.received)
    except Refused as error:
        return _json(422, error=in_words(error))
    return _state(upload)


@blueprint.post("/uploads/<upload_id>/finish")
@store_view(Permission.EDIT_PRODUCTS)
async def finish(upload_id: str) -> Response:
    """Make the parts a file of the product."""
    at = here()
    await _upload_of(at, upload_id)
    try:
        version = await uploads.finish(at.rt, at.store, upload_id, by=at.by)
    except LookupError:
        not_found()
    except Refused as error:
        return _json(422, error=in_words(error))
    return _json(201, file_id=version.file_id, version_id=version.id, number=version.number)


@blueprint.post("/uploads/<upload_id>/cancel")
@store_view(Permission.EDIT_PRODUCTS)
async def cancel(upload_id: str) -> Response:
    """Forget what has arrived."""
    at = here()
    await _upload_of(at, upload_id)
    await uploads.discard(at.rt, at.store, upload_id)
    return _json(200)


# By a plain form


@blueprint.post("/uploads/form/<product_id>")
@store_view(Permission.EDIT_PRODUCTS)
@token_inside
async def form(product_id: str) -> Response:
    """Take the files of a form: new ones, or the next version of ``?file=``."""
    at, product = here(), await product_of(product_id)
    file_id = request.args.get("file")
    if file_id is not None:
        file = await catalog.file_by_id(at.rt, at.store.id, file_id)
        if file is None or file.product_id != product.id or file.state is not FileState.ACTIVE:
            not_found()
    back = at.path(f"products/{product.id}/files")
    try:
        count = await _take(at, product.id, file_id)
    except Refused as error:
        notice("bad", in_words(error))
        await _read_on()
    except csrf.FormExpired:
        notice("bad", gettext("Nothing was uploaded: the page was open for too long. Try again."))
        await _read_on()
    else:
        if count:
            words = ngettext("%(num)s file was uploaded.", "%(num)s files were uploaded.", count)
            notice("good", words % {"num": count})
        else:
            notice("bad", gettext("Choose a file first."))
    return redirect(back)


async def _take(at: Here, product_id: str, file_id: str | None) -> int:
    """Store every file of the form; how many there were."""
    count, fields = 0, {"csrf_token": request.headers.get("X-CSRF-Token", "")}
    reader = FormStream(request.headers.get("Content-Type", ""), aiter(request.body))
    async with aclosing(reader.parts()) as parts:
        async for part in parts:
            if part.filename is None:
                fields[part.name] = await part.text()
                continue
            # The token stands before the files: nothing of them is kept without it.
            if not csrf.is_valid(at.rt, fields["csrf_token"]):
                raise csrf.FormExpired
            if part.filename:
                await _store(at, product_id, file_id, part, fields)
                count += 1
    return count


async def _store(
    at: Here, product_id: str, file_id: str | None, part: Part, fields: dict[str, str]
) -> None:
    label, notes = fields.get("label", "")[:100], fields.get("notes", "")[:10_000]
    name, kind = part.filename or "", part.content_type
    if file_id is None:
        await catalog.add_file(
            at.rt, at.store, product_id, filename=name, content_type=kind, chunks=part.chunks,
            label=label, notes=notes, by=at.by,
        )  # fmt: skip
    else:
        await catalog.replace_file(
            at.rt, at.store, file_id, filename=name, content_type=kind, chunks=part.chunks,
            label=label, notes=notes, by=at.by,
        )  # fmt: skip


async def _read_on() -> None:
    """Read some of what is still coming: browsers look for the answer when they have sent all."""
    left = _READ_ON
    body: AsyncIterator[bytes] = aiter(request.body)
    async for chunk in body:
        left -= len(chunk)
        if left < 0:
            return
