"""Statements of invoices and of the details on them."""

import sqlalchemy as sa

from portico.customers.tables import customers, provider_customers
from portico.db import Command, Query, upsert
from portico.invoices.models import Invoice, InvoiceState
from portico.invoices.tables import invoices
from portico.orders.models import PaymentState
from portico.orders.tables import payments

_store = sa.bindparam("store_id", type_=sa.Text)
_id = sa.bindparam("id", type_=sa.Text)
_customer = sa.bindparam("customer_id", type_=sa.Text)
_provider = sa.bindparam("provider", type_=sa.Text)
_ref = sa.bindparam("provider_ref", type_=sa.Text)
_CHANGING = (
    "order_id", "subscription_id", "number", "state", "currency", "total", "amount_due",
    "hosted_url", "issued_at", "due_at", "paid_at", "updated_at",
)  # fmt: skip

UPSERT = Query(
    Invoice,
    upsert(invoices, ["store_id", "provider", "provider_ref"], list(_CHANGING))
    .values({c.name: sa.bindparam(c.name, type_=c.type) for c in invoices.c})
    .returning(invoices),
)
BY_ID = Query(
    Invoice, sa.select(invoices).where(invoices.c.store_id == _store, invoices.c.id == _id)
)
OF_CUSTOMER = Query(
    Invoice,
    sa.select(invoices).where(
        invoices.c.store_id == _store,
        invoices.c.customer_id == _customer,
        invoices.c.id == _id,
    ),
)
LATEST_OF_CUSTOMER = Query(
    Invoice,
    sa.select(invoices)
    .where(invoices.c.store_id == _store, invoices.c.customer_id == _customer)
    .order_by(invoices.c.issued_at.desc(), invoices.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
to_confirm = (
    sa.select(invoices)
    .where(
        invoices.c.store_id == _store,
        invoices.c.customer_id == _customer,
        invoices.c.state == InvoiceState.OPEN,
        sa.exists().where(
            payments.c.store_id == invoices.c.store_id,
            payments.c.order_id == invoices.c.order_id,
            payments.c.state == PaymentState.REQUIRES_ACTION,
        ),
    )
    .order_by(invoices.c.issued_at, invoices.c.id)
)
"""Those whose payment waits for its owner's confirmation."""
TO_CONFIRM = Query(Invoice, to_confirm)
BY_REF = Query(
    Invoice,
    sa.select(invoices).where(
        invoices.c.store_id == _store,
        invoices.c.provider == _provider,
        invoices.c.provider_ref == _ref,
    ),
)
CUSTOMER_OF_REF = Query(
    str,
    sa.select(provider_customers.c.customer_id).where(
        provider_customers.c.store_id == _store,
        provider_customers.c.provider == _provider,
        provider_customers.c.provider_ref == _ref,
    ),
)
PROVIDERS_OF = Query(
    str,
    sa.select(provider_customers.c.provider)
    .where(provider_customers.c.store_id == _store, provider_customers.c.customer_id == _customer)
    .distinct()
    .order_by(provider_customers.c.provider),
)
SET_BILLING = Command(
    sa.update(customers)
    .values(billing=sa.bindparam("new_billing", type_=customers.c.billing.type))
    .where(customers.c.store_id == _store, customers.c.id == _customer)
)
