"""What core relies on where a payment provider makes invoices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from portico.catalog.models import Interval
from portico.db import Query
from portico.hooks.errors import Refused
from portico.hooks.invoices import BillingUpdate, InvoiceDocument, InvoiceHooks
from portico.invoices.models import BillingDetails, Invoice, InvoiceState
from portico.invoices.tables import invoices
from portico.testing.browser import Browser
from portico.testing.contracts.base import Shop
from portico.testing.contracts.payments import ORDERS, SUBSCRIPTIONS, PaymentsContract

if TYPE_CHECKING:
    from portico.subscriptions.models import Subscription

INVOICES = Query(Invoice, sa.select(invoices).order_by(invoices.c.issued_at, invoices.c.id))


class InvoiceHooksContract(PaymentsContract):
    """A payment provider with invoices: documents, open ones to pay, details to stand on them.

    Override ``owe`` where the provider's renewals can be made to fail, so that there is something
    to pay.
    """

    async def owe(self, shop: Shop, subscription: Subscription) -> None:
        """Let a renewal of the subscription fail, and core hear of it."""
        pytest.skip("this provider's renewals cannot be made to fail here")

    async def the_document(self, shop: Shop, invoice: Invoice) -> InvoiceDocument:
        """The document as core asks for it."""
        return await shop.ask(InvoiceHooks.invoice_document, invoice)

    async def test_a_period_of_a_subscription_has_an_invoice_and_a_document(
        self, shop: Shop, browser: Browser
    ) -> None:
        bought = await self.buy(shop, browser, Interval.MONTH)
        (invoice,) = await shop.rt.db.all(INVOICES)
        (subscription,) = await shop.rt.db.all(SUBSCRIPTIONS)
        assert (invoice.state, invoice.total, invoice.amount_due) == (InvoiceState.PAID, 2000, 0)
        assert (invoice.order_id, invoice.customer_id) == (bought.order.id, shop.customer.id)
        assert invoice.subscription_id == subscription.id
        assert invoice.number
        assert invoice.paid_at is not None
        document = await self.the_document(shop, invoice)
        if document.content is not None:
            assert document.content.startswith(b"%PDF-")
        else:
            assert (document.url or "").startswith(("https://", "http://"))
        assert document.filename.endswith(".pdf")

    async def test_a_stranger_has_no_document(self, shop: Shop, browser: Browser) -> None:
        await self.buy(shop, browser, Interval.MONTH)
        (invoice,) = await shop.rt.db.all(INVOICES)
        with pytest.raises(Refused):
            await self.the_document(shop, replace(invoice, provider_ref="unknown"))

    async def test_an_open_invoice_is_paid(self, shop: Shop, browser: Browser) -> None:
        from portico.invoices import service  # noqa: PLC0415 - pytest's start

        await self.owe(shop, await self.subscribe(shop, browser))
        open_ones = [
            one for one in await shop.rt.db.all(INVOICES) if one.state is InvoiceState.OPEN
        ]
        (owed,) = open_ones
        assert owed.amount_due == owed.total == 2000

        def back(invoice_id: str) -> str:
            return f"{shop.rt.settings.base_url}/p/{shop.store.slug}/billing?{invoice_id}"

        url = await service.start_payment(shop.rt, shop.store, shop.customer, owed.id, back)
        still = await service.finish_payment(shop.rt, shop.store, shop.customer, owed.id)
        assert still.state is InvoiceState.OPEN
        await self.pay(shop, browser, url)
        done = await service.finish_payment(shop.rt, shop.store, shop.customer, owed.id)
        assert (done.state, done.amount_due) == (InvoiceState.PAID, 0)
        assert len(await shop.rt.db.all(ORDERS)) == 2
        with pytest.raises(Refused):
            await service.start_payment(shop.rt, shop.store, shop.customer, owed.id, back)

    async def test_details_are_taken_and_a_tax_id_is_looked_at(
        self, shop: Shop, browser: Browser
    ) -> None:
        details = BillingDetails("Ada Beck", "Beck Type", "Lindenweg 4", country="DE")
        await self.buy(shop, browser)
        await shop.ask(InvoiceHooks.update_billing_details, BillingUpdate(shop.customer, details))
        wrong = BillingUpdate(shop.customer, replace(details, vat_id="INVALID"))
        with pytest.raises(Refused):
            await shop.ask(InvoiceHooks.update_billing_details, wrong)
