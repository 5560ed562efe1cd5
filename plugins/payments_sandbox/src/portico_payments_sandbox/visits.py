"""Visits to the card page: who pays, what for, and where it is."""

import os
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from portico.api import ConflictError, Context, Redirect, new_id

from portico_payments_sandbox import ledger, queries
from portico_payments_sandbox.models import Checkout, CheckoutState, Purpose, SandboxCustomer

_PAGE_OPEN_FOR = timedelta(hours=24)
ORIGIN = "PORTICO_SANDBOX_ORIGIN"
"""Names another origin of this server, such as http://localhost:8000, to show the card page on:
the way a real provider's page is elsewhere, and the browser guards the way there and back."""


async def customer_of(ctx: Context, customer_id: str, email: str) -> SandboxCustomer:
    """The provider's record of a customer, made where there is none."""
    store_id = ctx.require_store().id
    found = await ctx.db.one(queries.CUSTOMER_OF, store_id=store_id, customer_id=customer_id)
    if found is not None:
        return found
    made = SandboxCustomer(new_id("sbc"), store_id, customer_id, email, ctx.now())
    try:
        await ctx.db.run(queries.ADD_CUSTOMER, **ledger.row(made))
    except ConflictError:  # two tabs at once
        found = await ctx.db.one(queries.CUSTOMER_OF, store_id=store_id, customer_id=customer_id)
        assert found is not None  # it is what the conflict was with
        return found
    return made


def new_checkout(ctx: Context, customer: SandboxCustomer, purpose: Purpose, key: str) -> Checkout:
    """A visit to the card page that asks for nothing yet."""
    now: datetime = ctx.now()
    return Checkout(
        id=new_id("sbk"),
        store_id=customer.store_id,
        idempotency_key=key,
        purpose=purpose,
        state=CheckoutState.OPEN,
        customer=customer.id,
        method=None,
        amount=0,
        currency="",
        description="",
        return_url="",
        cancel_url="",
        interval=None,
        interval_count=1,
        trial_days=0,
        period_amount=0,
        quantity=1,
        subscription=None,
        failure=None,
        created_at=now,
        expires_at=now + _PAGE_OPEN_FOR,
    )


async def add_checkout(ctx: Context, opened: Checkout) -> Checkout:
    """Keep it, or find the one that was opened with the same key."""
    try:
        await ctx.db.run(queries.ADD_CHECKOUT, **ledger.row(opened))
    except ConflictError:
        found = await ctx.db.one(
            queries.CHECKOUT_BY_KEY,
            store_id=opened.store_id,
            idempotency_key=opened.idempotency_key,
        )
        if found is None:
            raise
        return found
    return opened


def redirect_to(ctx: Context, checkout: Checkout, page_name: str) -> Redirect:
    """The way to the card page."""
    url = ctx.urls.plugin(f"{ctx.require_store().slug}/{page_name}/{checkout.id}")
    if origin := os.environ.get(ORIGIN):
        url = origin + urlsplit(url).path
    return Redirect(url, checkout.id)
