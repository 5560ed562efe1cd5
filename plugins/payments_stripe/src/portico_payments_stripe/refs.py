"""What core calls a payment, and whom it belongs to.

Core knows a payment by the Checkout Session it was begun in (``cs_``) or, where there was none, by
its invoice (``in_``) or PaymentIntent (``pi_``). What has been found out once is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import Context, Customer, Mode

from portico_payments_stripe import queries
from portico_payments_stripe.models import StripeCustomer
from portico_payments_stripe.values import ref

if TYPE_CHECKING:
    from stripe import Invoice, StripeClient
    from stripe.params import InvoicePaymentListParams
    from stripe.params.checkout import SessionListParams


async def keep(ctx: Context, stripe_id: str | None, payment_ref: str) -> None:
    """Remember that an invoice or PaymentIntent belongs to a payment."""
    if stripe_id is None or stripe_id == payment_ref:
        return
    await ctx.db.run(
        queries.KEEP_REF,
        store_id=ctx.require_store().id,
        id=stripe_id,
        payment_ref=payment_ref,
    )


async def kept(ctx: Context, stripe_id: str) -> str | None:
    """What was remembered."""
    found = await ctx.db.one(queries.REF, store_id=ctx.require_store().id, id=stripe_id)
    return found.payment_ref if found is not None else None


async def of_invoice(ctx: Context, stripe: StripeClient, invoice: Invoice) -> str:
    """The payment that an invoice is: the first of a subscription was begun by a checkout."""
    if invoice.billing_reason != "subscription_create":
        return invoice.id
    if known := await kept(ctx, invoice.id):
        return known
    subscription = subscription_of(invoice)
    session = await _session(stripe, {"subscription": subscription}) if subscription else None
    payment_ref = session or invoice.id
    if session is not None:
        await keep(ctx, invoice.id, session)
    return payment_ref


async def of_intent(ctx: Context, stripe: StripeClient, intent: str) -> str:
    """The payment that a PaymentIntent collects."""
    if known := await kept(ctx, intent):
        return known
    payment_ref = await _session(stripe, {"payment_intent": intent})
    if payment_ref is None:
        params: InvoicePaymentListParams = {
            "payment": {"type": "payment_intent", "payment_intent": intent},
            "limit": 1,
            "expand": ["data.invoice"],
        }
        found = (await stripe.v1.invoice_payments.list_async(params)).data
        invoice = found[0].invoice if found else None
        if invoice is not None and not isinstance(invoice, str):
            payment_ref = await of_invoice(ctx, stripe, invoice)
    if payment_ref is None:
        return intent
    await keep(ctx, intent, payment_ref)
    return payment_ref


def subscription_of(invoice: Invoice) -> str | None:
    """The subscription that an invoice is a period of."""
    details = invoice.parent.subscription_details if invoice.parent is not None else None
    return ref(details.subscription) if details is not None else None


async def _session(stripe: StripeClient, by: SessionListParams) -> str | None:
    params: SessionListParams = {**by, "limit": 1}
    found = (await stripe.v1.checkout.sessions.list_async(params)).data
    return found[0].id if found else None


# Customers


async def keep_customer(ctx: Context, mode: Mode, stripe_id: str, customer_id: str) -> None:
    """Remember that Stripe knows the person by this customer (too)."""
    await ctx.db.run(
        queries.ADD_CUSTOMER,
        store_id=ctx.require_store().id,
        mode=mode,
        id=stripe_id,
        customer_id=customer_id,
        created_at=ctx.now(),
    )
    await ctx.customers.link(customer_id, stripe_id)


async def customers_of(ctx: Context, mode: Mode, customer_id: str) -> list[StripeCustomer]:
    """The customers that Stripe knows a person by, the newest first."""
    return await ctx.db.all(
        queries.CUSTOMERS_OF,
        store_id=ctx.require_store().id,
        mode=mode,
        customer_id=customer_id,
    )


async def person(ctx: Context, stripe_id: str | None) -> Customer | None:
    """The store's customer that a customer of Stripe's is; None where nobody has said so."""
    if stripe_id is None:
        return None
    known = await ctx.db.one(queries.CUSTOMER, store_id=ctx.require_store().id, id=stripe_id)
    found = await ctx.customers.get(known.customer_id) if known is not None else None
    while found is not None and found.merged_into is not None:
        found = await ctx.customers.get(found.merged_into)
    return found
