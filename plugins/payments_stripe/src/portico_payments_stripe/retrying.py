"""Trying to collect what is owed, with the payment method that was just given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import N_

from portico_payments_stripe.client import once
from portico_payments_stripe.words import CONFIRM, declined

if TYPE_CHECKING:
    from stripe import StripeClient

_KEPT = N_("The new payment method is saved, but what is owed could not be collected with it.")


async def pay_open(stripe: StripeClient, subscription: str, method: str, key: str) -> str | None:
    """Pay the open invoices of a subscription; what went wrong in words, None where nothing did.

    That the bank asks for its owner's confirmation is nothing wrong: the invoice, read back, says
    so. Repeatable with the same ``key``: each invoice is tried once.
    """
    from stripe import CardError, InvalidRequestError  # noqa: PLC0415 - loaded by now

    page = await stripe.v1.invoices.list_async(
        {"subscription": subscription, "status": "open", "limit": 100}
    )
    trouble: str | None = None
    for invoice in page.data:
        try:
            await stripe.v1.invoices.pay_async(
                invoice.id, {"payment_method": method}, once("pay", key, invoice.id)
            )
        except CardError as error:
            words = declined(error)
            trouble = words if words != CONFIRM else trouble
        except InvalidRequestError:
            trouble = _KEPT  # it was paid meanwhile, or may not be paid this way
    return trouble
