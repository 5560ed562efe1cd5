"""Settings > Customer portal: the store's own domain is entered, checked, removed."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response

from portico.domains import service as domains
from portico.domains.models import DomainState
from portico.domains.service import InvalidDomain
from portico.sellers.models import Permission
from portico.sessions import limits
from portico.web.dashboard import portal
from portico.web.dashboard.domain_words import reason
from portico.web.dashboard.forms import Form, submitted
from portico.web.dashboard.frame import confirm
from portico.web.dashboard.here import Here, here, store_view
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("dashboard_own_domain", __name__)


class DomainForm(Form):
    """A domain, as a seller types it."""

    domain: Annotated[str, Field(max_length=300)]


def _back(at: Here) -> Response:
    return lead_to(at.path("settings/portal"))


@blueprint.post("/settings/portal/domain")
@store_view(Permission.EDIT_SETTINGS)
async def enter() -> Response:
    """Keep the domain, and show what to set in the DNS."""
    at, fields = here(), await submitted(DomainForm)
    if fields.data is None:
        return await portal.show_page(status=400, domain=fields)
    try:
        await domains.claim(at.rt, at.store, fields.data.domain, by=at.by)
    except InvalidDomain as error:
        return await portal.show_page(
            status=400, domain=fields.refuse("domain", gettext(str(error)))
        )
    notice("good", gettext("Saved. Set the records, then check the domain."))
    return _back(at)


@blueprint.post("/settings/portal/domain/check")
@store_view(Permission.EDIT_SETTINGS)
async def check() -> Response:
    """Ask the DNS and the domain, and use it if it is this store's and leads here."""
    at = here()
    if await domains.current(at.rt, at.store) is None:
        return _back(at)
    if await limits.seconds_to_wait(at.rt, (limits.DOMAIN_CHECKS, at.store.id)):
        notice("bad", gettext("This was checked many times. Wait some minutes and check again."))
        return _back(at)
    found = await domains.check(at.rt, at.store, by=at.by)
    if found.state is DomainState.VERIFIED:
        words = gettext("%(domain)s is verified. Links to the portal lead there from now on.")
        notice("good", words % {"domain": found.domain})
    elif at.store.domain == found.domain and found.reason in domains.PASSING:
        notice("bad", reason(at, found))  # it is used as before, so that the page says nothing
    else:
        notice("plain", gettext("The domain was checked. It cannot be used yet."))
    return _back(at)


@blueprint.get("/settings/portal/domain/remove")
@store_view(Permission.EDIT_SETTINGS)
async def ask_to_remove() -> Response:
    """Say what becomes of links."""
    at = here()
    text = gettext(
        "The portal is then at its usual address only. Links to the domain, in mails that were "
        "sent already too, stop working, and customers sign in again."
    )
    return await confirm(
        title=gettext("Remove the domain from the portal?"), text=text,
        action=gettext("Remove the domain"), back=at.path("settings/portal"),
    )  # fmt: skip


@blueprint.post("/settings/portal/domain/remove")
@store_view(Permission.EDIT_SETTINGS)
async def remove() -> Response:
    """Forget the domain."""
    at = here()
    await domains.remove(at.rt, at.store, by=at.by)
    notice("good", gettext("The domain is removed."))
    return _back(at)
