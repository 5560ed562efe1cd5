"""License keys: all of them, and replacing one in two steps."""

from quart import Blueprint, Response

from portico.hooks.licenses import LicenseHooks
from portico.i18n import N_
from portico.library import service as library
from portico.library.models import LicensesData
from portico.licenses import service as licenses
from portico.licenses.models import LicenseState
from portico.sessions import limits
from portico.web.http import notice, redirect, render, signed_in
from portico.web.portal.frame import note_sections
from portico.web.portal.here import Here, here, not_found
from portico.web.portal.pages import LicenseRow, LicensesPage, ReplaceLicensePage
from portico.web.portal.provider import Failed, attempt
from portico.web.portal.subscriptions import fail

blueprint = Blueprint("licenses", __name__)

NOT_REPLACED = N_(
    "A new key could not be made just now. Your key still works. Try again in a minute."
)


@blueprint.get("/licenses")
@signed_in
async def index() -> Response:
    """All license keys."""
    return await render(await licenses_page(here()))


async def licenses_page(at: Here) -> LicensesPage:
    """Every key the customer has, newest first."""
    data = await library.licenses(at.rt, at.store, at.customer.id)
    note_sections(data.sections[0])
    return LicensesPage(_rows(at, data))


def _rows(at: Here, data: LicensesData) -> tuple[LicenseRow, ...]:
    products = {one.id: one for one in data.products}
    orders = {one.id: one for one in data.orders}
    issuers = set(at.rt.registry.names_answering(LicenseHooks.issue_license))
    return tuple(
        LicenseRow(
            one,
            products[one.product_id],
            orders.get(one.order_id or ""),
            can_replace=one.state is LicenseState.ACTIVE and one.issuer in issuers,
        )
        for one in data.licenses
    )


@blueprint.get("/licenses/<license_id>/replace")
@signed_in
async def ask(license_id: str) -> Response:
    """Says that the old key stops working, before it does."""
    at = here()
    data = await library.licenses(at.rt, at.store, at.customer.id, license_id)
    note_sections(data.sections[0])
    if not data.licenses:
        not_found()
    (row,) = _rows(at, data)
    if not row.can_replace:
        return redirect(at.path("licenses"))  # replaced meanwhile, or never to be
    return await render(ReplaceLicensePage(row))


@blueprint.post("/licenses/<license_id>/replace")
@signed_in
async def replace(license_id: str) -> Response:
    """Have a new key made; the old one stops working."""
    at = here()
    if await limits.seconds_to_wait(at.rt, (limits.REPLACEMENTS_PER_CUSTOMER, at.customer.id)):
        return await fail(at, Failed(at.say(NOT_REPLACED)), "licenses")
    new = await attempt(
        at, licenses.replace(at.rt, at.store, at.customer, license_id), NOT_REPLACED
    )
    if isinstance(new, Failed):
        return await fail(at, new, "licenses")
    if new.state is LicenseState.PENDING:
        text = N_("Your new key is being prepared. The old one works until it is here.")
    else:
        text = N_("Your new key is here. The old one does not work any more.")
    notice("good", at.say(text))
    return redirect(at.path("licenses"))
