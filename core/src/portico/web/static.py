"""``/static/…``: files of core, themes and plugins, and each store's own style sheet.

URLs carry a hash of the content and may be kept for ever. A hash of another release (while nodes
are being replaced) still gets the file, but nobody may keep it.
"""

from quart import Blueprint, Response, abort, current_app

from portico.runtime import Runtime
from portico.stores import images
from portico.stores import service as stores
from portico.themes.assets import Folder

_FOR_EVER = "public, max-age=31536000, immutable"
_NOT_AT_ALL = "no-cache"


def blueprints() -> list[Blueprint]:
    """The routes, for ``portico.app``."""
    blueprint = Blueprint("static_files", __name__, url_prefix="/static")
    blueprint.add_url_rule("/core/<digest>/<path:path>", "core", _core)
    blueprint.add_url_rule("/theme/<name>/<digest>/<path:path>", "theme", _theme)
    blueprint.add_url_rule("/plugin/<name>/<digest>/<path:path>", "plugin", _plugin)
    blueprint.add_url_rule("/image/<store_id>/<image_id>.png", "image", _image)
    blueprint.add_url_rule("/theme/<slug>/<digest>.css", "store_sheet", _store_sheet)
    return [blueprint]


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions["portico"]
    return runtime


async def _core(digest: str, path: str) -> Response:
    return _file(_runtime().themes.static_folder("core"), digest, path)


async def _theme(name: str, digest: str, path: str) -> Response:
    return _file(_runtime().themes.static_folder("theme", name), digest, path)


async def _plugin(name: str, digest: str, path: str) -> Response:
    return _file(_runtime().themes.static_folder("plugin", name), digest, path)


async def _store_sheet(slug: str, digest: str) -> Response:
    rt = _runtime()
    sheet = rt.themes.sheet_by_digest(digest)
    if sheet is None:
        # This node has not rendered a page of the store yet.
        store = await stores.by_slug(rt, slug)
        if store is None:
            abort(404)
        sheet = rt.themes.sheet(store)
    return _answer(sheet.css.encode(), "text/css; charset=utf-8", sheet.digest == digest)


async def _image(store_id: str, image_id: str) -> Response:
    found = await images.get(_runtime(), store_id, image_id)
    if found is None:
        abort(404)
    return _answer(found.content, "image/png", current=True)


def _file(folder: Folder | None, digest: str, path: str) -> Response:
    asset = folder.files.get(path) if folder else None
    if folder is None or asset is None:
        abort(404)
    return _answer(asset.content, asset.media_type, folder.digest == digest)


def _answer(content: bytes, media_type: str, current: bool) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Cache-Control"] = _FOR_EVER if current else _NOT_AT_ALL
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
