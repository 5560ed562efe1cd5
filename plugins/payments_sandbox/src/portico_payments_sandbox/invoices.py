"""Invoices: one for each payment that is about money, with its document and a way to pay it."""

import re
from dataclasses import replace

from portico.api import (
    BillingUpdate,
    Context,
    Invoice,
    InvoiceDocument,
    InvoiceReport,
    InvoiceState,
    Mode,
    PaymentState,
    Refused,
)

from portico_payments_sandbox import ledger, queries
from portico_payments_sandbox.models import SandboxPayment, SandboxSubscription

_PREFIX = "sbi_"
_NO_INVOICE = "The sandbox has no such invoice."


def number_of(payment: SandboxPayment) -> str:
    """What people call the invoice of a payment."""
    return f"SB-{payment.id[-8:].upper()}"


def payment_of(ref: str) -> str:
    """The payment behind an invoice."""
    return ref.removeprefix(_PREFIX)


def report(payment: SandboxPayment, subscription: SandboxSubscription | None) -> InvoiceReport:
    """The invoice of a payment. It is open while somebody still tries to collect it."""
    state = InvoiceState.PAID
    if payment.state is not PaymentState.SUCCEEDED:
        tried = subscription is not None and subscription.open_payment == payment.id
        ended = subscription is None or subscription.ended_at is not None
        state = InvoiceState.OPEN if tried and not ended else InvoiceState.UNCOLLECTIBLE
    paid = state is InvoiceState.PAID
    return InvoiceReport(
        provider_ref=f"{_PREFIX}{payment.id}",
        number=number_of(payment),
        state=state,
        total=payment.amount,
        amount_due=0 if paid else payment.amount,
        currency=payment.currency,
        mode=Mode.TEST,
        at=payment.created_at,
        payment_ref=payment.id,
        subscription_ref=payment.subscription,
        customer_ref=payment.customer,
        paid_at=payment.updated_at if paid else None,
    )


async def document(ctx: Context, invoice: Invoice) -> InvoiceDocument:
    """The invoice as PDF, made when it is asked for."""
    store = ctx.require_store()
    payment = await ledger.get_payment(ctx, payment_of(invoice.provider_ref))
    if payment is None:
        raise Refused(_NO_INVOICE)
    buyer = await ctx.db.one(queries.CUSTOMER, store_id=store.id, id=payment.customer)
    checkout = await ledger.get_checkout(ctx, payment.id)
    subscription = None
    if payment.subscription is not None:
        subscription = await ledger.get_subscription(ctx, payment.subscription)
    about = checkout.description if checkout else subscription.description if subscription else ""
    # Only here: the library is large, and most processes never make a document.
    from portico_payments_sandbox import pdf  # noqa: PLC0415

    content = pdf.render(store, ctx.locale, payment, number_of(payment), buyer, about)
    return InvoiceDocument(f"{number_of(payment)}.pdf", content)


async def update_billing(ctx: Context, customer_id: str, update: BillingUpdate) -> None:
    """Keep what is to stand on invoices. Refused for a tax id that cannot be one."""
    vat_id = update.details.vat_id.replace(" ", "").upper()
    if vat_id and re.fullmatch(r"[A-Z]{2}(?=.*[0-9])[A-Z0-9]{2,12}", vat_id) is None:
        raise Refused("This is no VAT number. It begins with two letters, such as DE123456789.")
    details = replace(update.details, vat_id=vat_id)
    await ctx.db.run(
        queries.SET_BILLING,
        store_id=ctx.require_store().id,
        the_id=customer_id,
        new_billing=details.as_dict(),
    )
