"""The statement behind access: all facts about a customer in one round trip."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from portico.catalog.models import BundlePart, Product
from portico.catalog.tables import bundle_products, products
from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Command, Query, in_list
from portico.db.packing import packed
from portico.entitlements.models import Effect, Grant
from portico.entitlements.tables import grants
from portico.orders.models import PAID, SOLD, OrderKind, OrderState
from portico.orders.tables import order_items, orders, product_orders
from portico.stores.models import Mode
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.subscriptions.tables import subscriptions


@dataclass(frozen=True, slots=True)
class OwnedItem:
    """A paid line of a purchase, as far as access needs it."""

    order_id: str
    product_id: str
    mode: Mode
    state: OrderState
    subscription_id: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a customer's access derives from."""

    owned: tuple[OwnedItem, ...]
    subscriptions: tuple[Subscription, ...]
    grants: tuple[Grant, ...]
    bundles: tuple[BundlePart, ...]
    products: tuple[Product, ...]


_store = sa.bindparam("store_id", type_=sa.Text)
_customer = sa.bindparam("customer_id", type_=sa.Text)

_owned = (
    sa.select(
        order_items.c.order_id,
        order_items.c.product_id,
        orders.c.mode,
        orders.c.state,
        orders.c.subscription_id,
        sa.func.coalesce(orders.c.paid_at, orders.c.created_at, type_=orders.c.paid_at.type).label(
            "since"
        ),
    )
    .select_from(
        order_items.join(
            orders,
            (orders.c.store_id == order_items.c.store_id) & (orders.c.id == order_items.c.order_id),
        )
    )
    .where(
        orders.c.store_id == _store,
        orders.c.customer_id == _customer,
        orders.c.kind == OrderKind.PURCHASE,
        orders.c.state.in_(PAID),
    )
)
_subscriptions = sa.select(subscriptions).where(
    subscriptions.c.store_id == _store,
    subscriptions.c.customer_id == _customer,
    subscriptions.c.status != SubscriptionStatus.INCOMPLETE,
)
_grants = sa.select(grants).where(
    grants.c.store_id == _store, grants.c.customer_id == _customer, grants.c.revoked_at.is_(None)
)
_mine = sa.union(
    _owned.with_only_columns(order_items.c.product_id, maintain_column_froms=True),
    _subscriptions.with_only_columns(subscriptions.c.product_id),
    _grants.with_only_columns(grants.c.product_id),
)
_bundles = sa.select(bundle_products.c.bundle_id, bundle_products.c.product_id).where(
    bundle_products.c.store_id == _store, bundle_products.c.bundle_id.in_(_mine)
)

FACTS = Query(
    Facts,
    sa.select(
        packed(OwnedItem, _owned).label("owned"),
        packed(Subscription, _subscriptions).label("subscriptions"),
        packed(Grant, _grants).label("grants"),
        packed(BundlePart, _bundles).label("bundles"),
        packed(
            Product,
            sa.select(products).where(products.c.store_id == _store, products.c.id.in_(_mine)),
        ).label("products"),
    ),
)

_keeps = (
    sa.select(products.c.id)
    .where(products.c.store_id == _store, products.c.downloads_after_cancellation)
    .scalar_subquery()
)
_limit = sa.bindparam("limit", type_=sa.BigInteger)
# What gives one of the products, in three parts: orders, subscriptions, grants; by their id.
_bought = sa.select(product_orders.c.store_id, product_orders.c.order_id).where(
    product_orders.c.store_id == _store,
    in_list(product_orders.c.product_id, "product_ids"),
    product_orders.c.kind == OrderKind.PURCHASE,
    product_orders.c.state.in_(SOLD),
    in_list(product_orders.c.mode, "modes"),
)
_subscribed = sa.select(subscriptions.c.id, subscriptions.c.customer_id).where(
    subscriptions.c.store_id == _store,
    in_list(subscriptions.c.product_id, "product_ids"),
    subscriptions.c.status.in_(
        (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
    )
    | (
        (subscriptions.c.status == SubscriptionStatus.CANCELED)
        & subscriptions.c.product_id.in_(_keeps)
    ),
    in_list(subscriptions.c.mode, "modes"),
)
_granted = sa.select(grants.c.id, grants.c.customer_id).where(
    grants.c.store_id == _store,
    in_list(grants.c.product_id, "product_ids"),
    grants.c.effect == Effect.GRANT,
    grants.c.revoked_at.is_(None),
)


def _buyers(some: sa.Select[Any]) -> sa.Select[Any]:
    """Whose these orders are; nobody's where a subscription is behind it, which stands for itself.

    As a value of the order, so that each is found by its id: joined, all of them may be read.
    """
    chosen = some.subquery("chosen")
    customer = (
        sa.select(orders.c.customer_id)
        .where(
            orders.c.store_id == chosen.c.store_id,
            orders.c.id == chosen.c.order_id,
            orders.c.subscription_id.is_(None),
        )
        .correlate(chosen)
        .scalar_subquery()
    )
    return sa.select(chosen.c.order_id.label("id"), customer.label("customer_id"))


def _of_kind(kind: str, rows: sa.Select[Any]) -> sa.Select[Any]:
    return sa.select(sa.literal(kind, sa.Text).label("kind"), rows.subquery().c.customer_id)


_some = sa.union_all(
    _of_kind("orders", _buyers(_bought.limit(_limit))),
    _of_kind("subscriptions", _subscribed.limit(_limit)),
    _of_kind("grants", _granted.limit(_limit)),
).subquery()


@dataclass(frozen=True, slots=True)
class Likely:
    """Customers among the rows that were looked at, and how many rows those were of each kind."""

    customers: int
    orders: int
    subscriptions: int
    grants: int


COUNT_LIKELY = Query(
    Likely,
    sa.select(
        sa.func.count(_some.c.customer_id.distinct()).label("customers"),
        *(
            sa.func.count().filter(_some.c.kind == kind).label(kind)
            for kind in ("orders", "subscriptions", "grants")
        ),
    ).select_from(_some),
)
"""Customers who have something that gives one of the products, of at most so many rows of a kind;
whether it still does, ``decide`` says."""


@dataclass(frozen=True, slots=True)
class Holding:
    """An order, a subscription or a grant that gives a product, and whose it is."""

    id: str
    customer_id: str | None


def _page(rows: sa.Select[Any], row_id: sa.ColumnElement[str]) -> sa.Select[Any]:
    """By their id, so that a walk through all of them goes on where it stopped."""
    after = sa.bindparam("after", type_=sa.Text)
    return rows.where(row_id > after).order_by(row_id).limit(_limit)


_orders = _buyers(_page(_bought, product_orders.c.order_id))
HOLDINGS = {
    "orders": Query(Holding, _orders.order_by("id")),
    "subscriptions": Query(Holding, _page(_subscribed, subscriptions.c.id)),
    "grants": Query(Holding, _page(_granted, grants.c.id)),
}
HOLDERS = Query(
    Customer,
    sa.select(customers).where(
        customers.c.store_id == _store, in_list(customers.c.id, "customer_ids")
    ),
)

ADD_GRANT = Command(sa.insert(grants))
DECIDED_BY = Query(
    Grant,
    _grants.where(grants.c.granted_by == sa.bindparam("by", type_=sa.Text)).order_by(grants.c.id),
)
REVOKE_GRANT = Query(
    Grant,
    sa.update(grants)
    .where(
        grants.c.store_id == _store,
        grants.c.id == sa.bindparam("grant_id"),
        grants.c.revoked_at.is_(None),
    )
    .values(revoked_at=sa.bindparam("now", type_=grants.c.revoked_at.type))
    .returning(grants),
)
