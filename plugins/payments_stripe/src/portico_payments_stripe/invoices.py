"""Invoices of Stripe's: what core hears of them, the document, paying, and what stands on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import (
    N_,
    BillingDetails,
    BillingUpdate,
    Context,
    Invoice,
    InvoiceDocument,
    InvoicePayment,
    InvoiceReport,
    InvoiceState,
    Redirect,
    Refused,
)

from portico_payments_stripe import refs
from portico_payments_stripe.client import Missing, connected, load, once
from portico_payments_stripe.values import from_stripe, mode_of, moment, moment_or_none, ref

if TYPE_CHECKING:
    from stripe import Invoice as StripeInvoice
    from stripe import StripeClient
    from stripe.params import CustomerUpdateParams, CustomerUpdateParamsAddress

_UNKNOWN = N_("Stripe does not have this invoice.")
_NOTHING_DUE = N_("There is nothing left to pay on this invoice.")
_WRONG_TAX_ID = N_("Stripe does not take this VAT number. Check the number and the country.")
_NO_TAX_IDS = N_("Choose your country, so that Stripe knows what kind of number this is.")
_EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
_KINDS = {"GB": "gb_vat", "CH": "ch_vat", "NO": "no_vat", "LI": "li_vat", "US": "us_ein"}
"""Stripe's names of tax ids: https://docs.stripe.com/billing/customer/tax-ids#supported-tax-id."""


def report(
    invoice: StripeInvoice, payment_ref: str, subscription_ref: str | None
) -> InvoiceReport | None:
    """An invoice as core keeps it; None for drafts and for what is about no money."""
    known = {one.value: one for one in InvoiceState}
    if invoice.status not in known or invoice.id is None:
        return None
    currency = invoice.currency.upper()
    return InvoiceReport(
        provider_ref=invoice.id,
        number=invoice.number or invoice.id,
        state=known[invoice.status],
        total=from_stripe(invoice.total, currency),
        amount_due=from_stripe(invoice.amount_remaining, currency),
        currency=currency,
        mode=mode_of(invoice.livemode),
        at=moment(invoice.status_transitions.finalized_at or invoice.created),
        payment_ref=payment_ref,
        subscription_ref=subscription_ref,
        customer_ref=ref(invoice.customer),
        hosted_url=invoice.hosted_invoice_url,
        due_at=moment_or_none(invoice.due_date),
        paid_at=moment_or_none(invoice.status_transitions.paid_at),
    )


async def document(ctx: Context, invoice: Invoice) -> InvoiceDocument:
    """Where the PDF is now: Stripe's links do not last."""
    found = await _get(ctx, invoice)
    if not found.invoice_pdf:
        raise Refused(_UNKNOWN)
    return InvoiceDocument(f"{invoice.number}.pdf", url=found.invoice_pdf)


async def start_payment(ctx: Context, request: InvoicePayment) -> Redirect:
    """Stripe's page of the invoice. It leads nowhere afterwards: a webhook tells the rest."""
    found = await _get(ctx, request.invoice)
    if found.status != "open" or not found.hosted_invoice_url:
        raise Refused(_NOTHING_DUE)
    return Redirect(found.hosted_invoice_url, request.invoice.provider_ref)


async def _get(ctx: Context, invoice: Invoice) -> StripeInvoice:
    try:
        async with connected(ctx, invoice.mode) as stripe:
            return await stripe.v1.invoices.retrieve_async(invoice.provider_ref)
    except Missing as error:
        raise Refused(_UNKNOWN) from error


async def update_details(ctx: Context, update: BillingUpdate) -> None:
    """Put the details on every customer that Stripe knows the person by, tax id first: it is
    what Stripe may refuse."""
    for known in await refs.customers_of(ctx, ctx.mode, update.customer.id):
        try:
            async with connected(ctx, ctx.mode) as stripe:
                await _set_tax_id(stripe, known.id, update.details)
                await _set_address(stripe, known.id, update.details)
        except Missing:
            ctx.log.info("stripe_customer_is_gone", customer=known.id)


async def _set_address(stripe: StripeClient, customer: str, details: BillingDetails) -> None:
    """What was there before goes first: Stripe takes no empty parts of an address."""
    address: CustomerUpdateParamsAddress = {}
    if details.line1:
        address["line1"] = details.line1
    if details.line2:
        address["line2"] = details.line2
    if details.postal_code:
        address["postal_code"] = details.postal_code
    if details.city:
        address["city"] = details.city
    if details.state:
        address["state"] = details.state
    if details.country:
        address["country"] = details.country
    await stripe.v1.customers.update_async(customer, {"address": ""})
    params: CustomerUpdateParams = {"address": address} if address else {}
    if name := details.company or details.name:
        params["name"] = name
    if params:
        await stripe.v1.customers.update_async(customer, params)


async def _set_tax_id(stripe: StripeClient, customer: str, details: BillingDetails) -> None:
    await load()
    from stripe import InvalidRequestError  # noqa: PLC0415 - loaded by now

    value = details.vat_id.replace(" ", "").upper()
    page = await stripe.v1.customers.tax_ids.list_async(customer, {"limit": 100})
    if value and any(one.value == value for one in page.data):
        return
    if value:
        country = details.country or value[:2]
        kind = "eu_vat" if country in _EU or value.startswith("EL") else _KINDS.get(country)
        if kind is None:
            raise Refused(_NO_TAX_IDS)
        try:
            await stripe.v1.customers.tax_ids.create_async(
                customer, {"type": kind, "value": value}, once("tax-id", customer, value)
            )
        except InvalidRequestError as error:
            if error.code == "tax_id_invalid":
                raise Refused(_WRONG_TAX_ID) from error
            raise
    for old in page.data:
        await stripe.v1.customers.tax_ids.delete_async(customer, old.id)
