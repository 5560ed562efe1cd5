"""The way out of mails: a page for people, and one click for their mail program (RFC 8058)."""

from urllib.parse import urlencode

from quart import Blueprint, Response, request

from portico.emails import unsubscribing
from portico.web.csrf import machine
from portico.web.http import current_visit, gettext, portal_path, render, runtime
from portico.web.portal.mailed_pages import UnsubscribePage
from portico.web.portal.pages import ErrorPage

blueprint = Blueprint("unsubscribe", __name__)


def _asked() -> tuple[str, str] | None:
    """The customer and the kind of mail, if the address came from one of our mails."""
    customer, kind = request.args.get("customer", ""), request.args.get("kind", "")
    token = request.args.get("token", "")
    genuine = unsubscribing.is_genuine(runtime(), current_visit().store, customer, kind, token)
    return (customer, kind) if genuine else None


def _action() -> str:
    return f"{portal_path(unsubscribing.PATH)}?{urlencode(request.args.to_dict())}"


@blueprint.get("/mails/unsubscribe")
async def show() -> Response:
    """Ask first: mail scanners follow links, and must unsubscribe nobody."""
    if _asked() is None:
        return await _wrong()
    return await render(UnsubscribePage(_action()))


@blueprint.post("/mails/unsubscribe")
@machine
async def unsubscribe() -> Response:
    """No more mails of the kind. The address itself proves who asks: a mail program has no form."""
    asked = _asked()
    if asked is None:
        return await _wrong()
    await unsubscribing.unsubscribe(runtime(), current_visit().store, *asked)
    return await render(UnsubscribePage(_action(), done=True))


async def _wrong() -> Response:
    words = gettext(
        "The address is not complete. Open the link in the mail once more, or choose your mails in "
        "your settings."
    )
    page = ErrorPage(
        404, gettext("This link does not work"), words, gettext("Go to the settings"),
        portal_path("settings"),
    )  # fmt: skip
    return await render(page)
