"""Invoices: their documents, paying an open one, and what stands on them."""

from dataclasses import dataclass

from portico.customers.models import Customer
from portico.hooks.checkout import Redirect
from portico.hooks.context import Context
from portico.hooks.markers import owner
from portico.invoices.models import BillingDetails, Invoice


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """The PDF of an invoice: its bytes, or a URL that works now."""

    filename: str
    content: bytes | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class InvoicePayment:
    """A customer wants to pay an open invoice; ``return_url`` is where they come back to."""

    invoice: Invoice
    customer: Customer
    return_url: str


@dataclass(frozen=True, slots=True)
class BillingUpdate:
    """What the customer wants on invoices from now on."""

    customer: Customer
    details: BillingDetails


class InvoiceHooks:
    """A provider that makes invoices. It reports them with ``InvoiceReport``.

    Each hook is optional: customers are offered what the invoice's provider answers.
    """

    @owner
    async def invoice_document(self, ctx: Context, invoice: Invoice) -> InvoiceDocument:
        """The PDF. ``Refused`` where there is none."""
        raise NotImplementedError

    @owner
    async def start_invoice_payment(self, ctx: Context, request: InvoicePayment) -> Redirect:
        """Prepare the provider's page to pay an open invoice. ``Refused`` where nothing is owed.

        Core then asks ``read_back`` with an ``invoice`` hint.
        """
        raise NotImplementedError

    @owner
    async def update_billing_details(self, ctx: Context, update: BillingUpdate) -> None:
        """Put the details on invoices to come. ``Refused`` says what is wrong with them."""
        raise NotImplementedError
