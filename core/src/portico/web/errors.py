"""What is shown when something goes wrong: what happened and what to do, in the store's theme."""

from dataclasses import dataclass

import structlog
from quart import Quart, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from portico.db import DatabaseUnavailable
from portico.hooks.dispatch import PluginOff
from portico.hooks.errors import ActionRequired, Refused, RetryLater
from portico.i18n import N_
from portico.web.cookies import DASHBOARD, scope_of
from portico.web.csrf import FormExpired, is_machine
from portico.web.dashboard import frame as dashboard
from portico.web.dashboard.here import ROLES, here
from portico.web.http import (
    gettext,
    load_visit,
    portal_path,
    render,
    render_core,
    seller_visit,
    wants_fragment,
)
from portico.web.portal.pages import ErrorPage
from portico.web.viewing import OnlyLooking

_log = structlog.get_logger("portico.web")


@dataclass(frozen=True, slots=True)
class _Words:
    code: str
    title: str
    text: str


_NOT_FOUND = _Words(
    "not_found",
    N_("This page is not here"),
    N_("The address may be incomplete, or what it showed has been removed."),
)
_WORDS = {
    403: _Words(
        "forbidden",
        N_("Your role does not include this"),
        N_("Ask an owner of the store to do it, or to change your role."),
    ),
    400: _Words(
        "bad_request",
        N_("That could not be read"),
        N_("Go back, reload the page and try again."),
    ),
    404: _NOT_FOUND,
    405: _Words(
        "method_not_allowed",
        N_("This address only takes a form"),
        N_("Go back and use the button on the page."),
    ),
    408: _Words(
        "timeout",
        N_("Your connection was too slow"),
        N_("What you sent did not arrive completely. Go back and send it again."),
    ),
    413: _Words(
        "too_large",
        N_("That is too large"),
        N_("What you sent is larger than this page takes. Go back and send less."),
    ),
    503: _Words(
        "unavailable",
        N_("This does not work for the moment"),
        N_("Nothing is lost. Reload the page in a minute."),
    ),
}
_FORM_EXPIRED = _Words(
    "form_expired",
    N_("Nothing was changed"),
    N_(
        "The page was open for too long, or your browser keeps no cookies. Go back, reload the "
        "page and try again."
    ),
)
_ONLY_LOOKING = _Words(
    "only_looking",
    N_("You are only looking"),
    N_(
        "You see the portal as the customer does. Nothing can be changed, downloaded or sent from "
        "here, so nothing was."
    ),
)
_OUR_FAULT = _Words(
    "server_error",
    N_("Something went wrong on our side"),
    N_("It has been noted. Reload the page in a minute; if it stays like this, write to us."),
)


def install_error_pages(app: Quart) -> None:
    """Answer every error with a page, or with JSON where no browser asks."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(PluginOff, _plugin_off)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(ActionRequired, _action_required)
    app.register_error_handler(RetryLater, _unavailable)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(Exception, _bug)


async def _http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    if isinstance(error, FormExpired):
        return await _answer(status, _FORM_EXPIRED)
    if isinstance(error, OnlyLooking):
        return await _answer(status, _ONLY_LOOKING)
    response = await _answer(status, _WORDS.get(status, _OUR_FAULT if status >= 500 else None))
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "Content-Range"):
            response.headers[name] = value
    return response


async def _plugin_off(error: PluginOff) -> Response:
    return await _answer(404, _NOT_FOUND)


async def _refused(error: Refused) -> Response:
    words = _Words("refused", N_("This cannot be done"), error.message)
    return await _answer(409, words)


async def _action_required(error: ActionRequired) -> Response:
    words = _Words("action_required", N_("One more step is needed"), error.message)
    return await _answer(409, words, action=(gettext("Go on"), error.url))


async def _unavailable(error: Exception) -> Response:
    _log.error("unavailable", path=logged_path(request.path), exc_info=error)
    response = await _answer(503, _WORDS[503])
    response.headers["Retry-After"] = "30"
    return response


async def _bug(error: Exception) -> Response:
    _log.error("request_failed", path=logged_path(request.path), exc_info=error)
    return await _answer(500, _OUR_FAULT)


async def _answer(
    status: int, words: _Words | None, action: tuple[str, str] | None = None
) -> Response:
    words = words or _WORDS[400]
    if is_machine():
        response = jsonify({"error": {"code": words.code, "message": words.title}})
        response.status_code = status
        return response
    try:
        return await _page(status, words, action)
    except Exception as error:
        # The page for an error must not fail for the same reason as the page itself.
        _log.error("error_page_failed", path=logged_path(request.path), exc_info=error)
        return Response(f"{words.title}. {words.text}\n", status, mimetype="text/plain")


async def _page(status: int, words: _Words, action: tuple[str, str] | None) -> Response:
    scope = scope_of(request.path)
    if request.path.startswith("/p/") and scope and "visit" not in g:
        try:
            await load_visit()
        except HTTPException:
            g.pop("visit", None)  # there is no such store
    title, text = gettext(words.title), gettext(words.text)
    if "visit" in g:
        label, url = action or (gettext("Go to the start page"), portal_path())
        return await render(ErrorPage(status, title, text, label, url))
    g.setdefault("seller_visit", seller_visit())
    in_store = bool(g.seller_visit and g.seller_visit.store)
    if status == 403 and in_store:
        said = gettext("Your role in %(store)s is: %(role)s.")
        store, role = g.seller_visit.store.name, gettext(ROLES[g.seller_visit.role])
        text = f"{said % {'store': store, 'role': role}} {text}"
    if status == 404 and scope != DASHBOARD:
        # Most likely a customer whose link is incomplete; there is no store to lead back to.
        text += " " + gettext(
            "Looking for something you bought? Use the link in the mail that confirmed it."
        )
    if action is None and scope == DASHBOARD:
        action = (gettext("Go to your stores"), "/dashboard/")
        if in_store:
            action = (gettext("Go to the start page"), here().path())
    context = {"title": title, "text": text, "action": action}
    show = dashboard.page if in_store else render_core
    response = await show("dashboard/error.html", context, status)
    if wants_fragment():  # the whole content is replaced, not the part that was asked for
        response.headers["HX-Retarget"] = response.headers["HX-Reselect"] = "#main"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def logged_path(path: str) -> str:
    """A path without what opens something: the grant of a download."""
    head, found, _ = path.partition("/file/")
    return f"{head}/file/…" if found else path
