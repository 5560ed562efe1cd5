"""What a store knows about a customer: for them to take along, or to have erased."""

from quart import Blueprint, Response, abort, request

from portico.customers.addresses import mask_email
from portico.customers.models import Customer
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.people.changes import own
from portico.people.changes import service as changes
from portico.sessions import limits
from portico.stores.models import PortalSettings
from portico.web.http import (
    client_network,
    current_locale,
    current_visit,
    form,
    gettext,
    ngettext,
    notice,
    portal_path,
    redirect,
    render,
    runtime,
    signed_in,
    typed,
)
from portico.web.json_file import json_file
from portico.web.portal.here import Here, here
from portico.web.portal.mailed_pages import DataErasePage
from portico.web.portal.pages import ErrorPage
from portico.web.sign_in import forget_session
from portico.web.viewing import acts

blueprint = Blueprint("data", __name__)


@blueprint.get("/settings/data")
@acts
@signed_in
async def download() -> Response:
    """A JSON file of everything about the customer."""
    at = here()
    if not PortalSettings.of(at.store).data_download:
        abort(404)
    found = await own.export(at.rt, at.store, at.customer)
    return json_file(found, f"{at.store.slug}-my-data.json")


@blueprint.get("/settings/data/erase")
@signed_in
async def ask() -> Response:
    """What would go, what stays and why; nothing happens yet."""
    return await _ask(_offered())


def _offered() -> Here:
    at = here()
    if not PortalSettings.of(at.store).data_erasure:
        abort(404)
    return at


async def _ask(at: Here, status: int = 200, *, error: str = "", sent: bool = False) -> Response:
    running = await changes.running_subscriptions(at.rt, at.store.id, at.customer.id)
    page = DataErasePage(
        at.customer.email, running=bool(running), sent=sent, minutes=own.MINUTES, error=error
    )
    return await render(page, status)


@blueprint.post("/settings/data/erase")
@signed_in
async def send() -> Response:
    """Mail the link that confirms it."""
    at = _offered()
    wait = await limits.seconds_to_wait(
        at.rt,
        (limits.MAILS_PER_IP, client_network()),
        (limits.CHANGES_PER_CUSTOMER, at.customer.id),
        (limits.MAILS_PER_ADDRESS, f"{at.store.id}\n{at.customer.email}"),
    )
    if wait:
        minutes = -(-wait // 60)
        words = ngettext(
            "Please wait %(num)s minute before asking for another mail.",
            "Please wait %(num)s minutes before asking for another mail.",
            minutes,
        )
        return await _ask(at, 429, error=words % {"num": minutes})
    try:
        await own.ask(at.rt, at.store, at.customer, locale=current_locale())
    except Refused:
        return await _ask(at, 409)  # the page says it
    return await _ask(at, sent=True)


@blueprint.get("/settings/data/erase/confirm")
async def show_confirmation() -> Response:
    """What the link in the mail is for. Nothing happens yet: mail scanners follow links."""
    token = request.args.get("token") or (await typed()).get("token", "")
    customer = await own.customer_of(runtime(), current_visit().store, token)
    return await _link_is_over() if customer is None else await _confirm(customer, token)


async def _confirm(customer: Customer, token: str, status: int = 200) -> Response:
    running = await changes.running_subscriptions(runtime(), customer.store_id, customer.id)
    return await render(
        DataErasePage(mask_email(customer.email), running=bool(running), token=token), status
    )


@blueprint.post("/settings/data/erase/confirm")
async def erase() -> Response:
    """Erase; it works in any browser that has the mail."""
    rt, store = runtime(), current_visit().store
    token = (await form()).get("token", "")
    customer = await own.customer_of(rt, store, token)
    try:
        done = await own.erase(rt, store, token)
    except Refused:
        assert customer is not None  # nobody else is refused
        return await _confirm(customer, token, 409)
    if not done:
        return await _link_is_over()
    forget_session(rt)
    notice("good", gettext(_DONE))
    return redirect(portal_path("sign-in"))


_DONE = N_("Your data is deleted, and you are signed out everywhere.")


async def _link_is_over() -> Response:
    words = gettext(
        "It works once, and for %(minutes)s minutes. You can ask for another one in your settings."
    )
    return await render(
        ErrorPage(
            400,
            gettext("This link does not work any more"),
            words % {"minutes": own.MINUTES},
            gettext("Go to the settings"),
            portal_path("settings"),
        )
    )
