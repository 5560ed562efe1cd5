"""Invoices: the document, paying an open one, and the details that customers want on them."""

from collections.abc import Callable

import structlog

from portico.activation import service as activation
from portico.customers.models import Customer
from portico.events import service as events
from portico.hooks.checkout import Hint
from portico.hooks.errors import ActionRequired, Refused
from portico.hooks.invoices import (
    BillingUpdate,
    InvoiceDocument,
    InvoiceHooks,
    InvoicePayment,
)
from portico.i18n import N_
from portico.invoices import queries
from portico.invoices.models import BillingDetails, Invoice, InvoiceState
from portico.orders import hints
from portico.orders.checkout import read_truth
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import portal_url

_NOT_OPEN = N_("There is nothing left to pay on this invoice.")
_NO_ANSWER = N_("The payment provider did not answer. Nothing has changed; "
                "try again in a few minutes.")  # fmt: skip
_NO_DOCUMENT = N_("The payment provider has no document for this invoice.")
_log = structlog.get_logger("portico.invoices")


async def by_id(rt: Runtime, store_id: str, customer_id: str, invoice_id: str) -> Invoice | None:
    """The customer's invoice; None for another's, another store's, or none."""
    return await rt.db.one(
        queries.OF_CUSTOMER, store_id=store_id, customer_id=customer_id, id=invoice_id
    )


async def get(rt: Runtime, store_id: str, invoice_id: str) -> Invoice | None:
    """An invoice of the store, whoever's it is."""
    return await rt.db.one(queries.BY_ID, store_id=store_id, id=invoice_id)


async def latest_of_customer(
    rt: Runtime, store_id: str, customer_id: str, limit: int
) -> list[Invoice]:
    """The customer's newest invoices."""
    return await rt.db.all(
        queries.LATEST_OF_CUSTOMER, store_id=store_id, customer_id=customer_id, limit=limit
    )


async def to_confirm(rt: Runtime, store_id: str, customer_id: str) -> list[Invoice]:
    """The customer's open invoices whose payment waits for its owner's confirmation (3-D Secure),
    the oldest first. ``start_payment`` leads to where that is done."""
    return await rt.db.all(queries.TO_CONFIRM, store_id=store_id, customer_id=customer_id)


async def document(
    rt: Runtime, store: Store, invoice: Invoice, *, locale: str | None = None
) -> InvoiceDocument:
    """The PDF of an invoice, or where it is. Refused where the provider refuses or has none;
    raises what else the hook raises."""
    found = await rt.hooks.owner(
        store, invoice.provider, InvoiceHooks.invoice_document, invoice, locale=locale
    )
    if found.content is None and not (found.url or "").startswith(("https://", "http://")):
        raise Refused(_NO_DOCUMENT)
    return found


async def start_payment(
    rt: Runtime,
    store: Store,
    customer: Customer,
    invoice_id: str,
    return_url: Callable[[str], str] | None = None,
    *,
    locale: str | None = None,
) -> str:
    """Begin to pay an open invoice; returns the URL of the provider's page.

    LookupError where the customer has no such invoice; Refused where it is not open, or the
    provider refuses or does not answer; the provider's ActionRequired.
    """
    invoice = await by_id(rt, store.id, customer.id, invoice_id)
    if invoice is None:
        raise LookupError("there is no such invoice")
    if invoice.state is not InvoiceState.OPEN:
        raise Refused(_NOT_OPEN)
    back = f"billing/invoices/{invoice.id}/return"
    url = return_url(invoice.id) if return_url else portal_url(rt.settings, store, back)
    # Whether or not the browser comes back, the worker looks.
    hint = Hint("invoice", invoice.provider_ref)
    await hints.put_hint(rt, store.id, invoice.provider, hint, after=hints.FIRST_LOOK)
    try:
        redirect = await rt.hooks.owner(
            store,
            invoice.provider,
            InvoiceHooks.start_invoice_payment,
            InvoicePayment(invoice, customer, url),
            locale=locale,
        )
    except (Refused, ActionRequired):
        raise
    except Exception as error:
        _log.warning("invoice_payment_failed", invoice=invoice.id, exc_info=True)
        raise Refused(_NO_ANSWER) from error
    return redirect.url


async def finish_payment(rt: Runtime, store: Store, customer: Customer, invoice_id: str) -> Invoice:
    """After the customer came back: ask the provider how it went. Repeatable.

    LookupError where the customer has no such invoice. If the provider does not answer, the
    invoice is as it was before; the worker asks again.
    """
    invoice = await by_id(rt, store.id, customer.id, invoice_id)
    if invoice is None:
        raise LookupError("there is no such invoice")
    if invoice.state is not InvoiceState.PAID:
        try:
            await read_truth(rt, store, invoice.provider, Hint("invoice", invoice.provider_ref))
        except Exception:
            _log.warning("invoice_not_read_back", invoice=invoice.id, exc_info=True)
    return await by_id(rt, store.id, customer.id, invoice_id) or invoice


async def update_billing(
    rt: Runtime, store: Store, customer: Customer, details: BillingDetails
) -> None:
    """Have these details on invoices from now on.

    Every provider that knows the customer is told before they are kept: Refused, in the
    provider's words, where one does not take them (a tax id that does not exist), and nothing
    changes then; Refused as well where one does not answer.
    """
    answering = rt.registry.names_answering(InvoiceHooks.update_billing_details)
    on = await activation.enabled(rt, store, retiring=True)
    known = await rt.db.all(queries.PROVIDERS_OF, store_id=store.id, customer_id=customer.id)
    for provider in known:
        if provider in answering and provider in on:
            await _tell(rt, store, provider, BillingUpdate(customer, details))
    async with rt.db.transaction():
        await rt.db.run(
            queries.SET_BILLING,
            store_id=store.id,
            customer_id=customer.id,
            new_billing=details.as_dict(),
        )
        await events.audit(
            rt,
            store_id=store.id,
            actor_type="customer",
            actor_id=customer.id,
            action="customer.billing",
            subject_type="customer",
            subject_id=customer.id,
            customer_id=customer.id,
        )


async def _tell(rt: Runtime, store: Store, provider: str, update: BillingUpdate) -> None:
    try:
        await rt.hooks.owner(store, provider, InvoiceHooks.update_billing_details, update)
    except (Refused, ActionRequired):
        raise
    except Exception as error:
        _log.warning("billing_not_updated", store=store.id, plugin=provider, exc_info=True)
        raise Refused(_NO_ANSWER) from error
