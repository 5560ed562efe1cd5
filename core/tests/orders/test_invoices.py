"""A payment and the invoice that it pays, reported late, twice or in pieces."""

from datetime import timedelta
from typing import Any

import pytest
from portico.api import InvoiceReport, InvoiceState, Mode, PaymentState
from portico.invoices import service as invoices

Shop = Any  # the fixture's class; see conftest.py


def invoice(shop: Shop, state: InvoiceState, **changes: Any) -> InvoiceReport:
    fields: dict[str, Any] = {
        "provider_ref": "in_2", "number": "IN-2", "state": state, "total": 2000,
        "amount_due": 0 if state is InvoiceState.PAID else 2000, "currency": "EUR",
        "mode": Mode.TEST, "at": shop.clock.now(), "payment_ref": "pay_2",
        "subscription_ref": "sub_fake",
    }  # fmt: skip
    return InvoiceReport(**fields | changes)


async def states(shop: Shop) -> list[InvoiceState]:
    buyer = await shop.customer()
    latest = await invoices.latest_of_customer(shop.rt, shop.store.id, buyer.id, 5)
    return [one.state for one in latest]


async def test_an_invoice_that_is_paid_stays_so_whoever_had_asked_before(shop: Shop) -> None:
    await shop.subscribe()
    before = shop.clock.now()
    shop.clock.advance(timedelta(minutes=1))
    failed = shop.paid("pay_2", state=PaymentState.FAILED, subscription_ref="sub_fake")
    await shop.report(failed, invoice(shop, InvoiceState.OPEN))
    assert await states(shop) == [InvoiceState.OPEN]
    # Read before that was written, and true all the same.
    paid = shop.paid("pay_2", subscription_ref="sub_fake")
    await shop.report(paid, invoice(shop, InvoiceState.PAID), read_at=before)
    assert await states(shop) == [InvoiceState.PAID]
    await shop.report(failed, invoice(shop, InvoiceState.OPEN), read_at=before)
    assert await states(shop) == [InvoiceState.PAID]


async def test_a_payment_is_not_written_down_without_its_invoice(shop: Shop) -> None:
    await shop.subscribe()
    broken = invoice(shop, InvoiceState.PAID, currency=None)  # stands for a kill between the two
    with pytest.raises(AttributeError):
        await shop.report(shop.paid("pay_2", subscription_ref="sub_fake"), broken)
    assert len(await shop.orders()) == 1
