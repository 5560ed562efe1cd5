"""Invoices of payment providers: the document, paying an open one, and what stands on them."""

from collections.abc import Mapping
from dataclasses import fields

from quart import Blueprint, Response

from portico.hooks.invoices import InvoiceDocument
from portico.i18n import N_, countries
from portico.invoices import service as invoices
from portico.invoices.models import BillingDetails, Invoice, InvoiceState
from portico.web.http import form, notice, redirect, render, signed_in
from portico.web.portal.downloads import attachment
from portico.web.portal.here import Here, here, not_found
from portico.web.portal.pages import BillingDetailsPage, FieldError
from portico.web.portal.provider import Failed, attempt
from portico.web.portal.subscriptions import fail
from portico.web.viewing import acts

blueprint = Blueprint("invoices", __name__)

LENGTH = 200
_NO_DOCUMENT = N_("The invoice could not be fetched from the payment provider. "
                  "Try again in a few minutes.")  # fmt: skip


@blueprint.get("/billing/invoices/<invoice_id>/pdf")
@acts
@signed_in
async def document(invoice_id: str) -> Response:
    """The PDF, asked for anew each time: a provider's links do not last."""
    at = here()
    invoice = await _invoice(at, invoice_id)
    found = await attempt(
        at, invoices.document(at.rt, at.store, invoice, locale=at.locale), _NO_DOCUMENT
    )
    return await fail(at, found, "billing") if isinstance(found, Failed) else as_answer(found)


async def _invoice(at: Here, invoice_id: str) -> Invoice:
    invoice = await invoices.by_id(at.rt, at.store.id, at.customer.id, invoice_id)
    if invoice is None:
        not_found()
    return invoice


def as_answer(found: InvoiceDocument) -> Response:
    """The document to save, or where it is."""
    if found.content is None:
        return Response(b"", 302, {"Location": found.url or "", "Cache-Control": "no-store"})
    return Response(
        found.content,
        headers={
            "Content-Type": "application/pdf",
            "Content-Disposition": attachment(found.filename),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@blueprint.post("/billing/invoices/<invoice_id>/pay")
@signed_in
async def pay(invoice_id: str) -> Response:
    """Off to the provider's page."""
    at = here()
    url = await attempt(
        at, invoices.start_payment(at.rt, at.store, at.customer, invoice_id, locale=at.locale)
    )
    return await fail(at, url, "billing") if isinstance(url, Failed) else redirect(url)


@blueprint.get("/billing/invoices/<invoice_id>/return")
@acts
@signed_in
async def returned(invoice_id: str) -> Response:
    """Back from the provider: say how it went."""
    at = here()
    found = await attempt(at, invoices.finish_payment(at.rt, at.store, at.customer, invoice_id))
    if isinstance(found, Failed):
        return await fail(at, found, "billing")
    if found.state is InvoiceState.PAID:
        notice("good", at.say(N_("Your invoice is paid. Thank you.")))
    else:
        notice("plain", at.say(N_(
            "This invoice is still open. If you have just paid it, it takes a few minutes until "
            "it shows here."
        )))  # fmt: skip
    return redirect(at.path("billing"))


# What stands on invoices


@blueprint.get("/billing/details")
@signed_in
async def ask() -> Response:
    """The form."""
    at = here()
    details = BillingDetails.of(at.customer.billing)
    return await render(BillingDetailsPage(details, countries=countries(at.locale)))


@blueprint.post("/billing/details")
@signed_in
async def save() -> Response:
    """Keep it, and tell the providers."""
    at = here()
    details = _typed(await form())
    wrong = _wrong(at, details)
    if not wrong:
        done = await attempt(at, invoices.update_billing(at.rt, at.store, at.customer, details))
        if not isinstance(done, Failed):
            notice("good", at.say(N_("Saved. Your invoices show it from now on.")))
            return redirect(at.path("billing"))
        if done.url is not None:
            return redirect(done.url)
        wrong = (FieldError("", done.text),)
    return await render(BillingDetailsPage(details, wrong, countries(at.locale)), 400)


def _typed(sent: Mapping[str, str]) -> BillingDetails:
    names = [one.name for one in fields(BillingDetails)]
    typed = {name: " ".join(sent.get(name, "").split()) for name in names}
    return BillingDetails(**typed | {"country": typed["country"].upper()})


def _wrong(at: Here, details: BillingDetails) -> tuple[FieldError, ...]:
    found = [
        FieldError(one.name, at.say(N_("Use at most 200 characters.")))
        for one in fields(details)
        if len(getattr(details, one.name)) > LENGTH
    ]
    if details.country and details.country not in countries(at.locale):
        found.append(FieldError("country", at.say(N_("Choose a country from the list."))))
    return tuple(found)
