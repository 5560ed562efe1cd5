"""Statements of the dashboard's customers: the list with its search, and one customer's head."""

from functools import cache
from typing import Any

import sqlalchemy as sa

from portico.customers.models import Customer
from portico.customers.tables import NAME_START, customers
from portico.db import Query, UTCDateTime, starts_with
from portico.entitlements.tables import grants
from portico.licenses.tables import KEY_END, licenses
from portico.orders.models import PAID, OrderKind
from portico.orders.tables import orders
from portico.people.models import CustomerRow, DecisionRow, SignedIn, Spent, Subscribed
from portico.sellers.tables import sellers
from portico.subscriptions.models import SubscriptionStatus
from portico.subscriptions.tables import payment_methods, subscriptions

STORE = sa.bindparam("store_id", type_=sa.Text)
CUSTOMER = sa.bindparam("customer_id", type_=sa.Text)
_MODE = sa.bindparam("mode", type_=orders.c.mode.type)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_CURSOR = sa.bindparam("cursor", type_=sa.Text)
_Q = sa.bindparam("q", type_=sa.Text)
_STATES = {
    Subscribed.ACTIVE: (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING),
    Subscribed.PAST_DUE: (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID),
}


def _of(table: sa.Table) -> sa.ColumnElement[bool]:
    """Rows of the customer of the list's line."""
    return sa.and_(table.c.store_id == customers.c.store_id, table.c.customer_id == customers.c.id)


def _has(subscribed: Subscribed) -> sa.ColumnElement[bool]:
    """Whether the customer of the line has such a subscription.

    Counted, because PostgreSQL would answer EXISTS for all lines at once, from the whole table.
    """
    count = (
        sa.select(sa.func.count())
        .select_from(subscriptions)
        .where(
            _of(subscriptions),
            subscriptions.c.mode == _MODE,
            subscriptions.c.status.in_(_STATES[subscribed]),
        )
        .scalar_subquery()
    )
    return count > 0


def _with(subscribed: Subscribed) -> sa.Select[Any]:
    """Ids of the customers who have one."""
    return sa.select(subscriptions.c.customer_id).where(
        subscriptions.c.store_id == STORE,
        subscriptions.c.mode == _MODE,
        subscriptions.c.status.in_(_STATES[subscribed]),
    )


_purchases = (
    sa.select(sa.func.count())
    .select_from(orders)
    .where(
        _of(orders),
        orders.c.mode == _MODE,
        orders.c.kind == OrderKind.PURCHASE,
        orders.c.state.in_(PAID),
    )
    .scalar_subquery()
)
_ROW = (
    customers.c.id, customers.c.number, customers.c.email, customers.c.name,
    customers.c.created_at, customers.c.signed_in_at, customers.c.erased_at,
    _purchases.label("purchases"),
    _has(Subscribed.ACTIVE).label("subscribed"),
    _has(Subscribed.PAST_DUE).label("past_due"),
)  # fmt: skip


def _searches(number: bool, last4: bool, key: bool) -> sa.CompoundSelect[Any]:
    """Ids of customers, each way of finding them by an index of its own."""
    found = [
        sa.select(customers.c.id).where(
            customers.c.store_id == STORE, starts_with(customers.c.email, sa.func.lower(_Q))
        ),
        sa.select(customers.c.id).where(
            customers.c.store_id == STORE, starts_with(NAME_START.element, sa.func.lower(_Q))
        ),
    ]
    if number:
        found.append(
            sa.select(orders.c.customer_id).where(
                orders.c.store_id == STORE,
                orders.c.number == sa.bindparam("number", type_=sa.BigInteger),
            )
        )
    if last4:
        found.append(
            sa.select(payment_methods.c.customer_id).where(
                payment_methods.c.store_id == STORE, payment_methods.c.last4 == _Q
            )
        )
    if key:
        found.append(_by_key())
    return sa.union(*found)


def _by_key() -> sa.Select[Any]:
    """A license key, or how it ends: by its last four characters, of which there is an index."""
    key = licenses.c.key
    whole = sa.func.upper(_Q)
    length = sa.func.length(key)
    return sa.select(licenses.c.customer_id).where(
        licenses.c.store_id == STORE,
        sa.bindparam("key_end", type_=sa.Text) == KEY_END,
        sa.func.upper(sa.func.substr(key, length - sa.func.length(_Q) + 1)) == whole,
    )


@cache
def listing(
    direction: str,
    searches: tuple[bool, bool, bool] | None,
    subscribed: Subscribed | None,
    signed_in: SignedIn | None,
) -> Query[CustomerRow]:
    """The list for one combination of filters, newest customers first.

    ``searches`` is None without a search, else whether ``q`` can be a number, four digits of a
    card, and a license key. ``direction`` as in ``portico.web.paging``, or ``"all"`` to read on
    from the oldest: for exports.
    """
    wanted = [customers.c.store_id == STORE, customers.c.merged_into.is_(None)]
    if searches is not None:
        wanted.append(customers.c.id.in_(_searches(*searches)))
    if subscribed is not None:
        wanted.append(customers.c.id.in_(_with(subscribed)))
    if signed_in is not None:
        seen = customers.c.signed_in_at
        wanted.append(seen.is_not(None) if signed_in is SignedIn.EVER else seen.is_(None))
    select = sa.select(*_ROW).where(*wanted).limit(_LIMIT)
    if direction in ("after", "all"):
        return Query(CustomerRow, select.where(customers.c.id > _CURSOR).order_by(customers.c.id))
    if direction == "before":
        select = select.where(customers.c.id < _CURSOR)
    return Query(CustomerRow, select.order_by(customers.c.id.desc()))


BY_ID = Query(
    Customer, sa.select(customers).where(customers.c.store_id == STORE, customers.c.id == CUSTOMER)
)
SPENT = Query(
    Spent,
    sa.select(
        orders.c.mode,
        orders.c.currency,
        sa.cast(sa.func.sum(orders.c.total - orders.c.refunded), sa.BigInteger).label("amount"),
        sa.func.count().label("orders"),
    )
    .where(orders.c.store_id == STORE, orders.c.customer_id == CUSTOMER, orders.c.state.in_(PAID))
    .group_by(orders.c.mode, orders.c.currency)
    .order_by(orders.c.mode, orders.c.currency),
)
DECISIONS = Query(
    DecisionRow,
    sa.select(
        grants.c.id, grants.c.product_id, grants.c.effect, grants.c.reason,
        sellers.c.email.label("by_email"), grants.c.created_at, grants.c.ends_at,
    )
    .select_from(
        grants.outerjoin(
            sellers, sa.literal_column("'seller:'", sa.Text) + sellers.c.id == grants.c.granted_by
        )
    )
    .where(
        grants.c.store_id == STORE,
        grants.c.customer_id == CUSTOMER,
        grants.c.revoked_at.is_(None),
        sa.or_(
            grants.c.ends_at.is_(None),
            grants.c.ends_at > sa.bindparam("now", type_=UTCDateTime),
        ),
    )
    .order_by(grants.c.created_at.desc(), grants.c.id.desc()),
)  # fmt: skip
"""Sellers' decisions about access that are in force. The addresses of those who are no longer in
the team are shown as well."""
