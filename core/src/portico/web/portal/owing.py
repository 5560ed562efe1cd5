"""What a customer still owes, and how to put it right."""

from collections.abc import Sequence

from portico.hooks.invoices import InvoiceHooks
from portico.invoices import service as invoices
from portico.invoices.models import Invoice
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.web.portal.here import Here
from portico.web.portal.provider import offers

OWING = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)


async def to_confirm(at: Here) -> list[Invoice]:
    """Open invoices whose payment its owner has to confirm (3-D Secure), the oldest first, where
    the provider has a page to do so."""
    return await _offered(at, await invoices.to_confirm(at.rt, at.store.id, at.customer.id))


async def confirmation_of(
    at: Here, subscription: Subscription, known: Sequence[Invoice] | None = None
) -> Invoice | None:
    """The invoice of this subscription that waits for its owner; asked only where money is owed.

    ``known`` are all that wait, where the page has them already.
    """
    if subscription.status not in OWING:
        return None
    waiting = await to_confirm(at) if known is None else await _offered(at, known)
    return next((one for one in waiting if one.subscription_id == subscription.id), None)


async def _offered(at: Here, waiting: Sequence[Invoice]) -> list[Invoice]:
    return [
        one for one in waiting if await offers(at, one.provider, InvoiceHooks.start_invoice_payment)
    ]
