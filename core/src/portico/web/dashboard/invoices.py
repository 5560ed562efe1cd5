"""Invoices of payment providers: the document."""

from quart import Blueprint, Response

from portico.i18n import N_
from portico.invoices import service as invoices
from portico.sellers.models import Permission
from portico.web.dashboard.here import here, not_found, store_view
from portico.web.http import lead_to, notice
from portico.web.portal.invoices import as_answer
from portico.web.portal.provider import Failed, attempt

blueprint = Blueprint("invoices", __name__)

_NO_DOCUMENT = N_("The payment provider could not be reached just now. Try again in a minute.")


@blueprint.get("/invoices/<invoice_id>/pdf")
@store_view(Permission.VIEW)
async def document(invoice_id: str) -> Response:
    """The PDF, in the seller's language."""
    at = here()
    invoice = await invoices.get(at.rt, at.store.id, invoice_id)
    if invoice is None:
        not_found()
    found = await attempt(at, invoices.document(at.rt, at.store, invoice), _NO_DOCUMENT)
    if not isinstance(found, Failed):
        return as_answer(found)
    notice("bad", found.text)
    where = f"orders/{invoice.order_id}" if invoice.order_id else f"customers/{invoice.customer_id}"
    return lead_to(at.path(where))
