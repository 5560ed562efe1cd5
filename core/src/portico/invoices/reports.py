"""Writes down invoices as their provider has them.

Inside the transaction of ``orders.reports``, under the customer's lock.
"""

from datetime import datetime

from portico.hooks.checkout import InvoiceReport
from portico.ids import new_id
from portico.invoices import queries
from portico.invoices.models import Invoice, InvoiceState
from portico.orders import queries as order_queries
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.subscriptions import queries as subscription_queries


async def customer_of(
    rt: Runtime, store: Store, provider: str, report: InvoiceReport
) -> str | None:
    """Whose invoice it is, by the invoice itself or by what the provider calls the customer."""
    about = {"store_id": store.id, "provider": provider}
    known = await rt.db.one(queries.BY_REF, provider_ref=report.provider_ref, **about)
    if known is not None or report.customer_ref is None:
        return known.customer_id if known is not None else None
    return await rt.db.one(queries.CUSTOMER_OF_REF, provider_ref=report.customer_ref, **about)


async def apply_invoice(
    rt: Runtime,
    store: Store,
    provider: str,
    read_at: datetime,
    report: InvoiceReport,
    customer_id: str,
) -> Invoice | None:
    """Keep what the provider says; what was read before somebody else wrote is left out.

    Unless it is that the invoice is paid: that is for good, and nobody may ask about it again.
    """
    about = {"store_id": store.id, "provider": provider}
    known = await rt.db.one(queries.BY_REF, provider_ref=report.provider_ref, **about)
    stale = known is not None and known.updated_at > read_at
    if stale and report.state is not InvoiceState.PAID:
        return known
    order_id = known.order_id if known is not None else None
    if report.payment_ref is not None:
        payment = await rt.db.one(
            order_queries.PAYMENT_BY_REF, provider_ref=report.payment_ref, **about
        )
        order_id = payment.order_id if payment is not None else order_id
    subscription_id = known.subscription_id if known is not None else None
    if report.subscription_ref is not None:
        subscription = await rt.db.one(
            subscription_queries.SUBSCRIPTION_BY_REF, provider_ref=report.subscription_ref, **about
        )
        subscription_id = subscription.id if subscription is not None else subscription_id
    now = rt.clock.now()
    return await rt.db.one(
        queries.UPSERT,
        **about,
        id=new_id("inv"),
        customer_id=customer_id,
        order_id=order_id,
        subscription_id=subscription_id,
        mode=report.mode,
        provider_ref=report.provider_ref,
        number=report.number,
        state=report.state,
        currency=report.currency.upper(),
        total=report.total,
        amount_due=report.amount_due,
        hosted_url=report.hosted_url,
        issued_at=report.at,
        due_at=report.due_at,
        paid_at=report.paid_at,
        created_at=now,
        updated_at=now,
    )
