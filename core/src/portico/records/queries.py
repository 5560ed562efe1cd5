"""The statements behind the pages of single records, one for each: a page costs one round trip.

Every statement takes ``store_id`` and the record's ``id``.
"""

from typing import Any

import sqlalchemy as sa

from portico.catalog.tables import products
from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Query
from portico.db.packing import packed
from portico.emails.models import Email
from portico.emails.tables import emails
from portico.events.tables import outbox
from portico.invoices.models import Invoice
from portico.invoices.tables import invoices
from portico.licenses.models import License
from portico.licenses.tables import licenses
from portico.orders.models import Dispute, Order, OrderItem, Payment, Refund
from portico.orders.tables import disputes, order_items, orders, payments, refunds
from portico.records.models import (
    LicenseRecord,
    OrderRecord,
    ProductName,
    SubscriptionRecord,
    Waiting,
)
from portico.subscriptions.models import (
    Cancellation,
    ChangeState,
    PaymentMethod,
    Subscription,
    SubscriptionChange,
)
from portico.subscriptions.tables import (
    cancellations,
    payment_methods,
    subscription_changes,
    subscriptions,
)

NEWEST = 50
"""Orders of a subscription, mails about an order."""
_store = sa.bindparam("store_id", type_=sa.Text)
_id = sa.bindparam("id", type_=sa.Text)


def _one(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table).where(table.c.store_id == _store, table.c.id == _id)


def _named(table: sa.Table, record: sa.Select[Any], column: str) -> sa.Select[Any]:
    """The row that the record names in ``column``."""
    named = record.with_only_columns(record.selected_columns[column]).scalar_subquery()
    return sa.select(table).where(table.c.store_id == _store, table.c.id == named)


def _of(table: sa.Table, column: str) -> sa.Select[Any]:
    """Rows that name the record."""
    return sa.select(table).where(table.c.store_id == _store, table.c[column] == _id)


def _column(model: type[Any], select: sa.Select[Any], name: str) -> sa.Label[Any]:
    return packed(model, select).label(name)


_payments = _of(payments, "order_id")
ORDER = Query(
    OrderRecord,
    sa.select(
        _column(Order, _one(orders), "orders"),
        _column(Customer, _named(customers, _one(orders), "customer_id"), "customers"),
        _column(OrderItem, _of(order_items, "order_id").order_by(order_items.c.id), "items"),
        _column(Payment, _payments.order_by(payments.c.id), "payments"),
        _column(
            PaymentMethod,
            sa.select(payment_methods).where(
                payment_methods.c.store_id == _store,
                payment_methods.c.id.in_(_payments.with_only_columns(payments.c.payment_method_id)),
            ),
            "methods",
        ),
        _column(Refund, _of(refunds, "order_id").order_by(refunds.c.id), "refunds"),
        _column(
            Invoice,
            _of(invoices, "order_id").order_by(invoices.c.issued_at, invoices.c.id),
            "invoices",
        ),
        _column(Dispute, _of(disputes, "order_id").order_by(disputes.c.opened_at), "disputes"),
        _column(License, _of(licenses, "order_id").order_by(licenses.c.number), "licenses"),
        _column(
            Email,
            _of(emails, "order_id").order_by(emails.c.created_at.desc()).limit(NEWEST),
            "emails",
        ),
    ),
)

SUBSCRIPTION = Query(
    SubscriptionRecord,
    sa.select(
        _column(Subscription, _one(subscriptions), "subscriptions"),
        _column(Customer, _named(customers, _one(subscriptions), "customer_id"), "customers"),
        _column(
            PaymentMethod,
            sa.select(payment_methods).where(
                payment_methods.c.store_id == _store,
                payment_methods.c.customer_id
                == _one(subscriptions).with_only_columns(
                    subscriptions.c.customer_id
                ).scalar_subquery(),
            ),
            "methods",
        ),
        _column(
            Order,
            _of(orders, "subscription_id")
            .order_by(orders.c.created_at.desc(), orders.c.id.desc())
            .limit(NEWEST),
            "orders",
        ),
        _column(
            Cancellation,
            _of(cancellations, "subscription_id").order_by(
                cancellations.c.created_at.desc(), cancellations.c.id.desc()
            ),
            "cancellations",
        ),
        _column(
            SubscriptionChange,
            _of(subscription_changes, "subscription_id")
            .where(subscription_changes.c.state != ChangeState.PREVIEWED)
            .order_by(subscription_changes.c.created_at.desc(), subscription_changes.c.id.desc())
            .limit(NEWEST),
            "changes",
        ),
    ),
)  # fmt: skip

LICENSE = Query(
    LicenseRecord,
    sa.select(
        _column(License, _one(licenses), "licenses"),
        _column(Customer, _named(customers, _one(licenses), "customer_id"), "customers"),
        _column(Order, _named(orders, _one(licenses), "order_id"), "orders"),
        _column(
            ProductName,
            _named(products, _one(licenses), "product_id").with_only_columns(
                products.c.id, products.c.name
            ),
            "products",
        ),
        _column(
            Waiting,
            sa.select(
                outbox.c.state, outbox.c.attempts, outbox.c.last_error, outbox.c.next_at
            ).where(outbox.c.store_id == _store, outbox.c.key == sa.literal("license:") + _id),
            "waiting",
        ),
    ),
)  # fmt: skip
