"""Settings > Payments, and Settings > Sender."""

from typing import Annotated, Any

from pydantic import Field
from quart import Blueprint, Response, request

from portico.activation import service as activation
from portico.domains import mail
from portico.emails import sender
from portico.emails.sender import Sender
from portico.emails.service import sender_address
from portico.hooks.checkout import CheckoutHooks
from portico.hooks.emails import EmailHooks
from portico.sellers.models import Permission
from portico.sessions import limits
from portico.stores.models import Mode
from portico.web.dashboard.attention import not_ready
from portico.web.dashboard.forms import EmailAddress, Fields, Form, shown, submitted
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import Here, here, store_view
from portico.web.dashboard.plugins import choices, may_edit
from portico.web.dashboard.sender_words import sender_check
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("money_and_mail", __name__)


@blueprint.get("/settings/payments")
@store_view(Permission.VIEW)
async def payments() -> Response:
    """Who takes the store's money, and whether it is real."""
    at = here()
    modes = at.rt.registry.contributed(CheckoutHooks.checkout_modes)
    hook = CheckoutHooks.start_checkout
    context = {
        "plugins": [
            (
                name,
                at.plugin_title(name),
                await activation.state(at.rt, at.store, name),
                Mode.LIVE in modes.get(name, (Mode.LIVE,)),
            )
            for name in at.rt.registry.names_answering(hook)
        ],
        "chosen": await activation.chosen(at.rt, at.store, hook, setting="payments"),
        "choices": await choices(at, "payments"),
        "may": at.can(Permission.EDIT_PAYMENTS),
    }
    return await page("dashboard/settings/payments.html", context)


class SenderForm(Form):
    """Empty: the store's name, the installation's address."""

    name: Annotated[str, Field(max_length=80)] = ""
    address: EmailAddress | None = None


def _values(at: Here) -> dict[str, Any]:
    current = Sender.of(at.store)
    return {"name": current.name, "address": current.pending or current.address}


@blueprint.get("/settings/sender")
@store_view(Permission.VIEW)
async def show() -> Response:
    """Name and address that mails come from."""
    return await _show(shown(_values(here())))


async def _show(form: Fields[Any], status: int = 200, check: Fields[Any] | None = None) -> Response:
    at = here()
    on = await activation.enabled(at.rt, at.store)
    senders = at.rt.registry.names_answering(EmailHooks.send_email)
    context = {
        "form": form,
        "sender": Sender.of(at.store),
        "usual": sender_address(at.rt.settings),
        "check": await sender_check(at, check),
        "mail_choices": await choices(at, "email"),
        "problems": [one for name, one in await not_ready(at) if name in senders],
        "smtp": "email_smtp" in on and may_edit(at, "email_smtp"),
    }
    return await page("dashboard/settings/sender.html", context, status)


@blueprint.post("/settings/sender")
@store_view(Permission.EDIT_SETTINGS)
async def save() -> Response:
    """Take the name; send a link to a new address."""
    at = here()
    fields = (await submitted(SenderForm)).against(_values(at))
    form = fields.data
    if form is None:
        return await _show(fields, 409 if fields.conflicts else 400)
    address = form.address or ""
    if address and address != Sender.of(at.store).address:
        who = f"{at.store.id}\n{address}"
        if await limits.seconds_to_wait(at.rt, (limits.MAILS_PER_ADDRESS, who)):
            words = gettext(
                "This address was written to several times. Wait 15 minutes and try again."
            )
            return await _show(fields.refuse("address", words), 429)
    new = await sender.change(at.rt, at.store, form.name, address, by=at.by, locale=at.locale)
    if new.pending:
        words = gettext("A link is on its way to %(email)s. Until it is opened, nothing changes.")
        notice("good", words % {"email": new.pending})
    else:
        notice("good", gettext("Saved."))
    return lead_to(at.path("settings/sender"))


class CheckForm(Form):
    """Under which selector the DKIM key is; empty: the usual ones."""

    selector: Annotated[str, Field(max_length=63)] = ""


@blueprint.post("/settings/sender/check")
@store_view(Permission.EDIT_SETTINGS)
async def check() -> Response:
    """Ask the DNS about the sender's domain."""
    at, fields = here(), await submitted(CheckForm)
    if fields.data is None:
        return await _show(shown(_values(at)), 400, fields)
    if await limits.seconds_to_wait(at.rt, (limits.DOMAIN_CHECKS, at.store.id)):
        words = gettext("This was checked many times. Wait some minutes and check again.")
        return await _show(shown(_values(at)), 429, fields.refuse("selector", words))
    try:
        await mail.check(at.rt, at.store, fields.data.selector)
    except mail.InvalidSelector as error:
        return await _show(shown(_values(at)), 400, fields.refuse("selector", gettext(str(error))))
    except LookupError:
        pass  # the page says that there is nothing to ask about
    return lead_to(at.path("settings/sender") + "#sender-check")


@blueprint.get("/settings/sender/confirm")
@store_view(Permission.EDIT_SETTINGS)
async def ask() -> Response:
    """Where the link in the mail leads: opening it changes nothing yet."""
    at, token = here(), request.args.get("token", "")
    address = sender.address_of(at.rt, at.store, token)
    if address is None:
        return await _too_old(at)
    words = gettext("Your customers then see %(email)s as the sender of every mail.")
    return await confirm(
        title=gettext("Send the mails of %(store)s from this address?") % {"store": at.store.name},
        text=words % {"email": address}, action=gettext("Send from it"),
        back=at.path("settings/sender"), fields={"token": token},
    )  # fmt: skip


class ConfirmForm(Form):
    """What the link carried."""

    token: str


@blueprint.post("/settings/sender/confirm")
@store_view(Permission.EDIT_SETTINGS)
async def confirm_address() -> Response:
    """Use the address from now on."""
    at = here()
    form = (await submitted(ConfirmForm)).data
    if form is None or not await sender.confirm(at.rt, at.store, form.token, by=at.by):
        return await _too_old(at)
    notice("good", gettext("Mails come from this address now."))
    return lead_to(at.path("settings/sender"))


async def _too_old(at: Here) -> Response:
    notice("bad", gettext("This link is too old, or another address was entered since."))
    return lead_to(at.path("settings/sender"))
