"""Handing out files: a grant for a signed-in customer, then the bytes."""

from typing import cast
from urllib.parse import quote

from quart import Blueprint, Response, abort, request

from portico.catalog import downloads
from portico.catalog.models import FileVersion
from portico.hooks.files import LocalFile, OpenedFile, RemoteFile
from portico.web.asgi_files import Scope, send_headers_only, send_path, send_stream
from portico.web.byte_ranges import Bytes, NotModified, NotSatisfiable, choose, http_date
from portico.web.http import (
    current_customer,
    current_visit,
    render,
    runtime,
    signed_in,
)
from portico.web.portal.pages import FileMissingPage
from portico.web.viewing import acts

blueprint = Blueprint("download", __name__)

_UNSNIFFABLE = "application/octet-stream"
_PLAIN_KINDS = ("audio/", "video/", "font/")
_PLAIN_TYPES = frozenset({
    "application/epub+zip", "application/gzip", "application/pdf", "application/zip",
    "application/vnd.android.package-archive", "application/x-7z-compressed",
    "application/x-apple-diskimage", "application/x-tar",
    "image/gif", "image/jpeg", "image/png", "image/tiff", "image/webp",
})  # fmt: skip
"""Types in which no browser finds a script. Everything else is sent as bytes of no type."""


@blueprint.get("/downloads/<version_id>")
@acts
@signed_in
async def begin(version_id: str) -> Response:
    """What a Download button links to; the address stays good for as long as the file is theirs."""
    rt, store, customer = runtime(), current_visit().store, current_customer()
    try:
        grant = await downloads.make_grant(rt, store, customer.id, version_id)
    except downloads.NotOffered:
        abort(404)
    return _to_file(grant)


@blueprint.get("/file/<grant>")
@acts
@signed_in
async def fetch(grant: str) -> Response:
    """The bytes, whole or a range of them."""
    rt, store, customer = runtime(), current_visit().store, current_customer()
    try:
        redeemed = await downloads.redeem_grant(rt, store, customer.id, grant)
    except downloads.NotOffered:
        abort(404)
    if redeemed.fresh_grant is not None:
        return _to_file(redeemed.fresh_grant)
    opened = await downloads.open_version(rt, store, redeemed.version)
    if opened is None:
        return await render(FileMissingPage(redeemed.file_name), 404)
    response = file_answer(redeemed.version, opened)
    if request.method == "GET" and response.status_code in (200, 206, 302):
        await downloads.record(rt, store, customer.id, redeemed)
    return response


def _see(url: str) -> Response:
    return Response(b"", 302, {"Location": url, "Cache-Control": "no-store"})


def _to_file(grant: str) -> Response:
    return _see(f"../file/{grant}")  # relative: right under /p/<store>/ and on a domain of its own


def file_answer(version: FileVersion, opened: OpenedFile) -> Response:
    """The response to a GET or HEAD of an opened file."""
    if isinstance(opened, RemoteFile):
        return _see(opened.url)
    choice = choose(
        request.method, request.headers, etag=f'"{version.sha256}"',
        modified=version.created_at, size=version.size,
    )  # fmt: skip
    response = Response(b"", headers=_headers(version))
    if isinstance(choice, NotModified):
        response.status_code = 304
        del response.headers["Content-Type"], response.headers["Content-Length"]
    elif isinstance(choice, NotSatisfiable):
        response.status_code = 416
        response.headers["Content-Range"] = f"bytes */{version.size}"
    else:
        _send(response, version, opened, choice)
    return response


def _send(response: Response, version: FileVersion, opened: OpenedFile, part: Bytes) -> None:
    if part.partial:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{version.size}"
    if request.method == "HEAD":
        send_headers_only(response, part.end - part.start)
    elif isinstance(opened, LocalFile):
        send_path(cast(Scope, request.scope), response, opened.path, part.start, part.end)
    elif not isinstance(opened, RemoteFile):
        send_stream(response, opened, part.start, part.end)


def _headers(version: FileVersion) -> dict[str, str]:
    kind = version.content_type
    plain = kind in _PLAIN_TYPES or kind.startswith(_PLAIN_KINDS)
    return {
        "Content-Type": kind if plain else _UNSNIFFABLE,
        "Content-Disposition": attachment(version.filename),
        "ETag": f'"{version.sha256}"',
        "Last-Modified": http_date(version.created_at),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }


def attachment(filename: str) -> str:
    """A Content-Disposition that saves as ``filename`` (RFC 6266, with RFC 8187's encoding)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    header = f'attachment; filename="{plain}"'
    if plain != filename:
        header += f"; filename*=UTF-8''{quote(filename, safe='')}"
    return header
