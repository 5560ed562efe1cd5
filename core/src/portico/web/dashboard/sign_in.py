"""Sellers sign in, through the same plugins as customers."""

from quart import Blueprint, Response, request

from portico.sellers import setup
from portico.web import sign_in
from portico.web.http import (
    form,
    gettext,
    local_path,
    redirect,
    remember_locale,
    render_core,
    runtime,
    seller_visit,
)
from portico.web.portal.pages import SignInLinkPage, SignInPage, SignInSentPage
from portico.web.sign_in import Door, SignInPages

BASE = "/dashboard/"
_TEMPLATES: dict[type[SignInPages], str] = {
    SignInPage: "dashboard/sign_in.html",
    SignInSentPage: "dashboard/sign_in_sent.html",
    SignInLinkPage: "dashboard/sign_in_link.html",
}
blueprint = Blueprint("sign_in", __name__)


async def _show(page: SignInPages, status: int) -> Response:
    return await render_core(_TEMPLATES[type(page)], {"page": page}, status)


def _door() -> Door:
    return Door(None, BASE, seller_visit() is not None, _show)


@blueprint.get("/sign-in")
async def show() -> Response:
    """The form for the address; in a fresh installation, where to find the link that sets it up."""
    if await setup.is_awaited(runtime()):
        context = {
            "title": gettext("Nobody has set this up yet"),
            "text": gettext(
                "Open the link that the server printed when it started. If it is lost, start the "
                "server again for a new one."
            ),
        }
        return await render_core("dashboard/error.html", context)
    return await sign_in.show_form(_door())


sign_in.add_pages(blueprint, _door)


@blueprint.post("/language")
async def change_language() -> Response:
    """Choose the language; kept in this browser."""
    locale = (await form()).get("locale", "")
    if locale in runtime().themes.translations.locales:
        remember_locale(locale)
    referrer = request.headers.get("Referer", "")
    if referrer.startswith(request.host_url):
        referrer = "/" + referrer[len(request.host_url) :]
    return redirect(local_path(referrer, BASE) or BASE)
