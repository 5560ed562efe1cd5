"""Whose a report is: the customer under whose lock it is applied."""

from portico.hooks.checkout import (
    DisputeReport,
    InvoiceReport,
    PaymentMethodReport,
    PaymentReport,
    RefundReport,
    Report,
    SubscriptionReport,
)
from portico.invoices import reports as invoice_reports
from portico.orders import outside, queries
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.subscriptions import queries as subscription_queries
from portico.subscriptions.models import Subscription
from portico.subscriptions.reports import Batch


async def customer_of(rt: Runtime, store: Store, batch: Batch, report: Report) -> str | None:
    """Who a report is about; None where core knows nothing of it."""
    match report:
        case PaymentReport(provider_ref=ref, subscription_ref=subscription_ref):
            return (
                await _payer(rt, store, batch, ref)
                or await _subscriber(rt, store, batch, subscription_ref)
                or await outside.buyer(rt, store, report)
            )
        case SubscriptionReport(provider_ref=ref, payment_ref=payment_ref):
            return await _subscriber(rt, store, batch, ref) or await _payer(
                rt, store, batch, payment_ref
            )
        case RefundReport(payment_ref=ref) | DisputeReport(payment_ref=ref):
            return await _payer(rt, store, batch, ref)
        case InvoiceReport(payment_ref=payment_ref, subscription_ref=subscription_ref):
            return (
                await invoice_reports.customer_of(rt, store, batch.provider, report)
                or await _payer(rt, store, batch, payment_ref)
                or await _subscriber(rt, store, batch, subscription_ref)
            )
        case PaymentMethodReport(provider_ref=ref):
            method = await rt.db.one(
                subscription_queries.METHOD_BY_REF,
                store_id=store.id,
                provider=batch.provider,
                provider_ref=ref,
            )
            return method.customer_id if method is not None else batch.customer_id


async def _payer(rt: Runtime, store: Store, batch: Batch, ref: str | None) -> str | None:
    if ref is None:
        return None
    return await rt.db.one(
        queries.CUSTOMER_OF_PAYMENT, store_id=store.id, provider=batch.provider, provider_ref=ref
    )


async def _subscriber(rt: Runtime, store: Store, batch: Batch, ref: str | None) -> str | None:
    known = await subscription_by_ref(rt, store, batch, ref) if ref is not None else None
    return known.customer_id if known is not None else None


async def subscription_by_ref(
    rt: Runtime, store: Store, batch: Batch, ref: str
) -> Subscription | None:
    """The subscription that the provider of these reports knows by its own reference."""
    return await rt.db.one(
        subscription_queries.SUBSCRIPTION_BY_REF,
        store_id=store.id,
        provider=batch.provider,
        provider_ref=ref,
    )
