"""Statements that take in many records at once, and those that compare."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portico.catalog.tables import prices, products
from portico.customers.tables import customers, provider_customers
from portico.db import Command, Query, in_list, insert_or_ignore
from portico.db.columns import next_number
from portico.orders.models import OrderState, RefundState
from portico.orders.tables import order_items, orders, payments, refunds
from portico.past.models import Held, PastKind
from portico.stores.models import Mode
from portico.subscriptions.tables import payment_methods, subscriptions


@dataclass(frozen=True, slots=True)
class Known:
    """Something by another name."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Buyer:
    """A customer, locked, with their language."""

    id: str
    locale: str | None


@dataclass(frozen=True, slots=True)
class KnownPayment:
    """A payment, and its key, which tells whether it was taken in or made here."""

    ref: str
    id: str
    order_id: str
    mode: Mode
    idempotency_key: str
    paid_at: datetime | None


def _add(table: sa.Table, *key: str, numbered: bool = False) -> Command:
    """Add a row, unless the key is taken."""
    values: dict[str, object] = {
        c.name: sa.bindparam(c.name, type_=c.type) for c in table.c if c.name != "number"
    }
    if numbered:
        values["number"] = next_number(table.name)
    return Command(insert_or_ignore(table, ["store_id", *key] if key else None).values(values))


_STORE = sa.bindparam("store_id", type_=sa.Text)
_PROVIDER = sa.bindparam("provider", type_=sa.Text)


def _known(table: sa.Table) -> Query[Known]:
    """Ids by the provider's references."""
    return Query(
        Known,
        sa.select(table.c.provider_ref.label("name"), table.c.id).where(
            table.c.store_id == _STORE,
            table.c.provider == _PROVIDER,
            in_list(table.c.provider_ref, "refs"),
        ),
    )


# Products and prices

TAKEN_SLUGS = Query(
    str,
    sa.select(products.c.slug).where(
        products.c.store_id == _STORE, in_list(products.c.slug, "slugs")
    ),
)
ADD_PRODUCT = _add(products, "slug", numbered=True)
PRODUCTS_BY_SLUG = Query(
    Known,
    sa.select(products.c.slug.label("name"), products.c.id).where(
        products.c.store_id == _STORE, in_list(products.c.slug, "slugs")
    ),
)
ADD_PRICE = _add(prices, "id")

# People

KNOWN_CUSTOMERS = Query(
    Known,
    sa.select(
        provider_customers.c.provider_ref.label("name"),
        sa.func.coalesce(customers.c.merged_into, customers.c.id).label("id"),
    )
    .join(
        customers,
        (customers.c.store_id == provider_customers.c.store_id)
        & (customers.c.id == provider_customers.c.customer_id),
    )
    .where(
        provider_customers.c.store_id == _STORE,
        provider_customers.c.provider == _PROVIDER,
        in_list(provider_customers.c.provider_ref, "refs"),
    ),
)
"""The person as they are now: who was merged into another is that other."""
BY_EMAILS = Query(
    Known,
    sa.select(customers.c.email.label("name"), customers.c.id).where(
        customers.c.store_id == _STORE, in_list(customers.c.email, "emails")
    ),
)
ADD_CUSTOMER = _add(customers, "email", numbered=True)
LINK = _add(provider_customers, "provider", "provider_ref")
LOCK_BUYERS = Query(
    Buyer,
    sa.select(customers.c.id, customers.c.locale)
    .where(customers.c.store_id == _STORE, in_list(customers.c.id, "ids"))
    .order_by(customers.c.id)
    .with_for_update(key_share=True),
)
"""In one order, so that no two takers wait for each other; see ``orders.queries.LOCK_CUSTOMER``."""
WITH_DEFAULT = Query(
    str,
    sa.select(payment_methods.c.customer_id).where(
        payment_methods.c.store_id == _STORE,
        payment_methods.c.provider == _PROVIDER,
        payment_methods.c.is_default,
        in_list(payment_methods.c.customer_id, "ids"),
    ),
)
KNOWN_METHODS = _known(payment_methods)
ADD_METHOD = _add(payment_methods, "provider", "provider_ref")

# Sales

KNOWN_SUBSCRIPTIONS = _known(subscriptions)
ADD_SUBSCRIPTION = _add(subscriptions, "provider", "provider_ref", numbered=True)
KNOWN_PAYMENTS = Query(
    KnownPayment,
    sa.select(
        payments.c.provider_ref.label("ref"),
        payments.c.id,
        payments.c.order_id,
        payments.c.mode,
        payments.c.idempotency_key,
        orders.c.paid_at,
    )
    .join(
        orders,
        (orders.c.store_id == payments.c.store_id) & (orders.c.id == payments.c.order_id),
    )
    .where(
        payments.c.store_id == _STORE,
        payments.c.provider == _PROVIDER,
        in_list(payments.c.provider_ref, "refs"),
    ),
)
ADD_ORDER = _add(orders, "id", numbered=True)
ADD_ITEM = _add(order_items, "id")
ADD_PAYMENT = _add(payments, "provider", "provider_ref")
KNOWN_REFUNDS = _known(refunds)
ADD_REFUND = _add(refunds, "provider", "provider_ref")
_back = (
    sa.select(sa.func.coalesce(sa.func.sum(refunds.c.amount), 0))
    .where(
        refunds.c.store_id == orders.c.store_id,
        refunds.c.order_id == orders.c.id,
        refunds.c.state == RefundState.SUCCEEDED,
    )
    .correlate(orders)
    .scalar_subquery()
)
DERIVE_REFUNDED = Command(
    sa.update(orders)
    .where(
        orders.c.store_id == _STORE,
        orders.c.id == sa.bindparam("order_id", type_=sa.Text),
        orders.c.state.not_in((OrderState.PENDING, OrderState.FAILED)),
    )
    .values(
        refunded=sa.case((_back > orders.c.total, orders.c.total), else_=_back),
        state=sa.case(
            (_back == 0, OrderState.PAID.value),
            (_back >= orders.c.total, OrderState.REFUNDED.value),
            else_=OrderState.PARTIALLY_REFUNDED.value,
        ),
    )
)
"""As ``orders.refunds`` derives an order from its refunds."""

# Comparing

_NOTHING: dict[str, sa.ColumnElement[Any]] = {
    "amount": sa.literal(0, sa.BigInteger),
    "currency": sa.literal("", sa.Text),
    "state": sa.literal("", sa.Text),
}


def _held(
    table: sa.Table, ref: sa.ColumnElement[str], *conditions: sa.ColumnElement[bool],
    **columns: sa.ColumnElement[Any],
) -> Query[Held]:  # fmt: skip
    shown = {name: columns.get(name, nothing) for name, nothing in _NOTHING.items()}
    return Query(
        Held,
        sa.select(ref.label("ref"), *(one.label(name) for name, one in shown.items())).where(
            table.c.store_id == _STORE, *conditions, in_list(ref, "refs")
        ),
    )


def _of_provider(table: sa.Table, state: str = "state") -> Query[Held]:
    return _held(
        table, table.c.provider_ref, table.c.provider == _PROVIDER,
        amount=table.c.amount, currency=table.c.currency,
        state=sa.type_coerce(table.c[state], sa.Text()),
    )  # fmt: skip


HELD = {
    PastKind.PRODUCT: _held(products, products.c.id),
    PastKind.PRICE: _held(
        prices, prices.c.id, amount=prices.c.unit_amount, currency=prices.c.currency
    ),
    PastKind.CUSTOMER: _held(
        provider_customers, provider_customers.c.provider_ref,
        provider_customers.c.provider == _PROVIDER,
    ),
    PastKind.SUBSCRIPTION: _of_provider(subscriptions, "status"),
    PastKind.PAYMENT: _of_provider(payments),
    PastKind.REFUND: _of_provider(refunds),
}  # fmt: skip
