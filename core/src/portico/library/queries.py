"""The statements behind the portal's pages, one for each: a page costs one round trip.

Every statement takes ``store_id`` and ``customer_id``.
"""

from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from portico.catalog.models import FileVersion, Price, PriceType, Product
from portico.catalog.tables import prices, products
from portico.db import Query
from portico.invoices.models import Invoice, InvoiceState
from portico.invoices.queries import to_confirm
from portico.invoices.tables import invoices
from portico.library import parts
from portico.library.models import (
    LATEST,
    PAGE,
    BillingData,
    DownloadsData,
    InvoiceData,
    LicensesData,
    OverviewData,
    PurchaseData,
    PurchasesData,
    Sections,
    SubscriptionData,
    SubscriptionsData,
)
from portico.library.parts import CUSTOMER, STORE, column, of_customer, paid
from portico.licenses.models import License
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderItem, OrderKind, Payment, Refund
from portico.orders.tables import order_items, orders, payments, refunds
from portico.sessions.queries import visit_with
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

SUBJECT: sa.BindParameter[str] = sa.bindparam("subject_id")
CURSOR: sa.BindParameter[str] = sa.bindparam("cursor")

_purchases = (
    sa.select(orders)
    .where(of_customer(orders), paid(), orders.c.kind == OrderKind.PURCHASE)
    .order_by(orders.c.created_at.desc(), orders.c.id.desc())
)


def _paged(select: sa.Select[Any], direction: str) -> sa.Select[Any]:
    """One more than a page: the first ones, or those ``before`` or ``after`` the order CURSOR."""
    if direction == "first":
        return select.limit(PAGE + 1)
    mark = orders.alias("mark")
    start = (
        sa.select(mark.c.created_at, mark.c.id)
        .where(mark.c.store_id == STORE, mark.c.customer_id == CUSTOMER, mark.c.id == CURSOR)
        .scalar_subquery()
    )
    here = sa.tuple_(orders.c.created_at, orders.c.id)
    if direction == "before":
        return select.where(here < start).limit(PAGE + 1)
    return (
        select.where(here > start)
        .order_by(None)
        .order_by(orders.c.created_at, orders.c.id)
        .limit(PAGE + 1)
    )


def _of_orders(table: sa.Table, ids: sa.Select[Any]) -> sa.Select[Any]:
    return (
        sa.select(table)
        .where(table.c.store_id == STORE, table.c.order_id.in_(ids))
        .order_by(table.c.id)
    )


def _with_orders(chosen: sa.Select[Any], name: str = "orders") -> list[sa.Label[Any]]:
    """Some orders, their items and the keys that came with them."""
    page = chosen.cte("page")
    ids = sa.select(page.c.id)
    return [
        column(Order, sa.select(page), name),
        column(OrderItem, _of_orders(order_items, ids), "items"),
        column(
            License,
            parts.own_licenses.where(licenses.c.order_id.in_(ids)).order_by(licenses.c.id),
            "licenses",
        ),
    ]


def _own_order(kinds: tuple[OrderKind, ...] = tuple(OrderKind)) -> sa.Select[Any]:
    return sa.select(orders).where(
        of_customer(orders), orders.c.id == SUBJECT, orders.c.kind.in_(kinds)
    )


SECTIONS = Query(Sections, parts.SECTIONS)

DOWNLOADS = Query(
    DownloadsData,
    lambda: sa.select(*parts.HOLDINGS, column(FileVersion, parts.all_versions, "versions")),
)


def _overview() -> sa.Select[Any]:
    return sa.select(
        *parts.HOLDINGS,
        *_with_orders(_purchases.limit(LATEST + 1)),
        column(PaymentMethod, parts.own_methods, "payment_methods"),
        column(Invoice, to_confirm, "to_confirm"),
    )


OVERVIEW = Query(OverviewData, _overview)

OVERVIEW_VISIT = visit_with(OverviewData, _overview)
"""The page that is asked for most comes with the visit."""


def _purchases_page(direction: str) -> sa.Select[Any]:
    return sa.select(*parts.HOLDINGS, *_with_orders(_paged(_purchases, direction)))


PURCHASES = {
    direction: Query(PurchasesData, partial(_purchases_page, direction))
    for direction in ("first", "before", "after")
}

_one_order = _own_order()
_order_id = _one_order.with_only_columns(orders.c.id)

PURCHASE = Query(
    PurchaseData,
    lambda: sa.select(
        *parts.HOLDINGS,
        *_with_orders(_one_order),
        column(Payment, _of_orders(payments, _order_id), "payments"),
        column(Refund, _of_orders(refunds, _order_id), "refunds"),
        column(PaymentMethod, parts.own_methods, "payment_methods"),
        column(
            Invoice,
            sa.select(invoices)
            .where(of_customer(invoices), invoices.c.order_id == SUBJECT)
            .order_by(invoices.c.issued_at, invoices.c.id),
            "documents",
        ),
    ),
)

INVOICE = Query(
    InvoiceData,
    lambda: sa.select(
        column(Sections, parts.SECTIONS, "sections"),
        column(Order, _one_order.where(paid()), "orders"),
        column(OrderItem, _of_orders(order_items, _order_id), "items"),
        column(Payment, _of_orders(payments, _order_id), "payments"),
        column(Refund, _of_orders(refunds, _order_id), "refunds"),
    ),
)

_subscriptions = parts.own_subscriptions.order_by(
    subscriptions.c.ended_at.is_not(None),
    subscriptions.c.created_at.desc(),
    subscriptions.c.id.desc(),
)


def _products(ids: sa.Select[Any]) -> sa.Label[Any]:
    return column(
        Product,
        sa.select(products).where(products.c.store_id == STORE, products.c.id.in_(ids)),
        "products",
    )


SUBSCRIPTIONS = Query(
    SubscriptionsData,
    lambda: sa.select(
        column(Sections, parts.SECTIONS, "sections"),
        column(Subscription, _subscriptions, "subscriptions"),
        _products(parts.own_subscriptions.with_only_columns(subscriptions.c.product_id)),
        column(PaymentMethod, parts.own_methods, "payment_methods"),
    ),
)

_subject = parts.own_subscriptions.where(subscriptions.c.id == SUBJECT)

SUBSCRIPTION = Query(
    SubscriptionData,
    lambda: sa.select(
        *parts.HOLDINGS,
        column(Subscription, _subject, "subject"),
        column(
            Order,
            sa.select(orders)
            .where(of_customer(orders), paid(), orders.c.subscription_id == SUBJECT)
            .order_by(orders.c.created_at.desc(), orders.c.id.desc())
            .limit(PAGE),
            "orders",
        ),
        column(PaymentMethod, parts.own_methods, "payment_methods"),
        column(
            Cancellation,
            sa.select(cancellations)
            .where(
                cancellations.c.store_id == STORE,
                cancellations.c.subscription_id.in_(_subject.with_only_columns(subscriptions.c.id)),
            )
            .order_by(cancellations.c.created_at.desc(), cancellations.c.id.desc())
            .limit(1),
            "cancellations",
        ),
        column(
            Price,
            sa.select(prices).where(
                prices.c.store_id == STORE,
                prices.c.product_id.in_(_subject.with_only_columns(subscriptions.c.product_id)),
                prices.c.type == PriceType.RECURRING,
                prices.c.active,
            ),
            "prices",
        ),
        column(
            SubscriptionChange,
            sa.select(subscription_changes)
            .where(
                subscription_changes.c.store_id == STORE,
                subscription_changes.c.subscription_id.in_(
                    _subject.with_only_columns(subscriptions.c.id)
                ),
                subscription_changes.c.state != ChangeState.PREVIEWED,
            )
            .order_by(subscription_changes.c.created_at.desc(), subscription_changes.c.id.desc())
            .limit(PAGE),
            "changes",
        ),
        column(License, parts.own_licenses, "licenses"),
    ),
)

_licenses = parts.own_licenses.order_by(licenses.c.created_at.desc(), licenses.c.id.desc())


def _license_page(chosen: sa.Select[Any]) -> Query[LicensesData]:
    return Query(
        LicensesData,
        lambda: sa.select(
            column(Sections, parts.SECTIONS, "sections"),
            column(License, chosen, "licenses"),
            _products(chosen.with_only_columns(licenses.c.product_id).order_by(None)),
            column(
                Order,
                sa.select(orders).where(
                    of_customer(orders),
                    orders.c.id.in_(chosen.with_only_columns(licenses.c.order_id).order_by(None)),
                ),
                "orders",
            ),
        ),
    )


LICENSES = _license_page(_licenses)
LICENSE = _license_page(sa.select(licenses).where(of_customer(licenses), licenses.c.id == SUBJECT))

_invoices = (
    sa.select(orders)
    .where(of_customer(orders), paid())
    .order_by(orders.c.created_at.desc(), orders.c.id.desc())
)
_in_year = _invoices.where(
    orders.c.created_at >= sa.bindparam("year_start"),
    orders.c.created_at < sa.bindparam("year_end"),
)


def _documents(order_ids: sa.Select[Any]) -> sa.Label[Any]:
    """The provider's invoices of these orders, and all that a person should see besides."""
    loose = sa.and_(invoices.c.order_id.is_(None), invoices.c.state == InvoiceState.PAID)
    return column(
        Invoice,
        sa.select(invoices)
        .where(
            of_customer(invoices),
            sa.or_(
                invoices.c.state == InvoiceState.OPEN,
                loose,
                invoices.c.order_id.in_(order_ids),
            ),
        )
        .order_by(invoices.c.issued_at.desc(), invoices.c.id.desc())
        .limit(5 * PAGE),
        "documents",
    )


def _billing_page(direction: str, by_year: bool) -> sa.Select[Any]:
    attached = parts.own_methods.where(payment_methods.c.detached_at.is_(None)).order_by(
        payment_methods.c.is_default.desc(), payment_methods.c.created_at.desc()
    )
    page = _paged(_in_year if by_year else _invoices, direction).cte("page")
    ids = sa.select(page.c.id)
    return sa.select(
        column(Sections, parts.SECTIONS, "sections"),
        column(PaymentMethod, attached, "payment_methods"),
        column(Subscription, _subscriptions, "subscriptions"),
        column(Order, sa.select(page), "invoices"),
        column(OrderItem, _of_orders(order_items, ids), "items"),
        _documents(ids),
        column(datetime, _invoices.with_only_columns(orders.c.created_at), "paid_at"),
    )


BILLING = {
    (direction, by_year): Query(BillingData, partial(_billing_page, direction, by_year))
    for direction in ("first", "before", "after")
    for by_year in (False, True)
}
