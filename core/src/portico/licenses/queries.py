"""Statements of license keys."""

from typing import Any

import sqlalchemy as sa

from portico.catalog.tables import bundle_products
from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Command, Query, UTCDateTime, in_list, insert_or_ignore, lock_rows
from portico.db.columns import next_number
from portico.licenses.models import License, LicenseState, PastItem, PastKeys
from portico.licenses.tables import licenses
from portico.orders.models import SOLD, Order, OrderKind
from portico.orders.tables import order_items, orders, product_orders
from portico.stores.models import Store
from portico.stores.tables import stores

REPLACES = "replace:"
"""Begins the grant key of a license that takes another's place; that one's id follows."""

_store = sa.bindparam("store_id", type_=sa.Text)
_id = sa.bindparam("id", type_=sa.Text)
_license = sa.bindparam("license_id", type_=sa.Text)
_one = (licenses.c.store_id == _store, licenses.c.id == _license)

ADD = Query(
    str,
    insert_or_ignore(licenses, ["store_id", "grant_key"])
    .values(
        number=next_number("licenses"),
        store_id=_store,
        id=_id,
        grant_key=sa.bindparam("grant_key"),
        customer_id=sa.bindparam("customer_id"),
        product_id=sa.bindparam("product_id"),
        order_id=sa.bindparam("order_id"),
        order_item_id=sa.bindparam("order_item_id"),
        mode=sa.bindparam("mode", type_=licenses.c.mode.type),
        issuer=sa.bindparam("issuer"),
        key=None,
        state=LicenseState.PENDING,
        data={},
        expires_at=None,
        replaced_by=None,
        created_at=sa.bindparam("created_at", type_=UTCDateTime),
    )
    .returning(licenses.c.id),
)
"""Nothing is returned where the grant has its license already."""

LICENSE = Query(License, sa.select(licenses).where(*_one))
LOCK = Query(License, lock_rows(sa.select(licenses).where(*_one), skip_locked=False))
BY_GRANT = Query(
    License,
    sa.select(licenses).where(
        licenses.c.store_id == _store, licenses.c.grant_key == sa.bindparam("grant_key")
    ),
)
OF_ORDER = Query(
    License,
    sa.select(licenses)
    .where(licenses.c.store_id == _store, licenses.c.order_id == sa.bindparam("order_id"))
    .order_by(licenses.c.number),
)
OF_CUSTOMER = Query(
    License,
    sa.select(licenses)
    .where(licenses.c.store_id == _store, licenses.c.customer_id == sa.bindparam("customer_id"))
    .order_by(licenses.c.number.desc()),
)
WAITING = Query(
    int,
    sa.select(sa.func.count())
    .select_from(licenses)
    .where(
        licenses.c.store_id == _store,
        licenses.c.order_id == sa.bindparam("order_id"),
        licenses.c.state == LicenseState.PENDING,
        # A replacement is no part of what was bought; the mail about the order is not its concern.
        ~licenses.c.grant_key.startswith(REPLACES, autoescape=True),
    ),
)

_prefix = sa.bindparam("prefix", type_=sa.Text)
_by_change = licenses.c.grant_key.startswith(_prefix, autoescape=False)
_subscription = sa.bindparam("subscription_id", type_=sa.Text)
_of_owner = (
    licenses.c.store_id == _store,
    licenses.c.customer_id == sa.bindparam("customer_id", type_=sa.Text),
)
HELD = Query(
    int,
    sa.select(sa.func.count())
    .select_from(licenses)
    .where(
        *_of_owner,
        licenses.c.product_id == sa.bindparam("product_id", type_=sa.Text),
        ~licenses.c.grant_key.startswith(REPLACES, autoescape=True),
        sa.or_(
            _by_change,
            licenses.c.order_id.in_(
                sa.select(orders.c.id).where(
                    orders.c.store_id == _store, orders.c.subscription_id == _subscription
                )
            ),
        ),
    ),
)
"""Copies of a product that have had a key by way of a subscription: with its order, or by a change
of it."""
TOGETHER = Query(
    License,
    sa.select(licenses).where(
        *_of_owner,
        _by_change,
        licenses.c.created_at == sa.bindparam("created_at", type_=UTCDateTime),
    ),
)
"""Keys that one change of a subscription was due."""

ISSUE = Query(
    License,
    sa.update(licenses)
    .where(*_one, licenses.c.state == LicenseState.PENDING)
    .values(
        key=sa.bindparam("new_key"),
        state=LicenseState.ACTIVE,
        data=sa.bindparam("new_data", type_=licenses.c.data.type),
        expires_at=sa.bindparam("until", type_=UTCDateTime),
    )
    .returning(licenses),
)
"""One of several attempts gets the row, so that exactly one key is kept."""

GIVE_WAY = Command(
    sa.update(licenses)
    .where(*_one, licenses.c.state == LicenseState.ACTIVE)
    .values(state=LicenseState.REPLACED, replaced_by=sa.bindparam("new_id"))
)
DISABLE = Query(
    License,
    sa.update(licenses)
    .where(*_one, licenses.c.state.in_([LicenseState.PENDING, LicenseState.ACTIVE]))
    .values(state=LicenseState.DISABLED)
    .returning(licenses),
)
GIVE_UP = Command(sa.delete(licenses).where(*_one, licenses.c.state == LicenseState.PENDING))

LOCK_ORDER = Query(
    str,
    lock_rows(
        sa.select(orders.c.id).where(orders.c.store_id == _store, orders.c.id == _id),
        skip_locked=False,
    ),
)
LOCK_CUSTOMER = Query(
    str,
    lock_rows(
        sa.select(customers.c.id).where(customers.c.store_id == _store, customers.c.id == _id),
        skip_locked=False,
    ),
)
ORDER = Query(Order, sa.select(orders).where(orders.c.store_id == _store, orders.c.id == _id))
CUSTOMER = Query(
    Customer, sa.select(customers).where(customers.c.store_id == _store, customers.c.id == _id)
)
STORE = Query(Store, sa.select(stores).where(stores.c.id == _id))

_product = sa.bindparam("product_id", type_=sa.Text)
_past = (
    sa.select(
        order_items.c.id.label("item_id"),
        order_items.c.order_id,
        orders.c.customer_id,
        order_items.c.quantity,
        orders.c.mode,
    )
    .select_from(
        order_items.join(
            orders,
            (orders.c.store_id == order_items.c.store_id) & (orders.c.id == order_items.c.order_id),
        )
    )
    .where(
        order_items.c.store_id == _store,
        (order_items.c.product_id == _product)
        | order_items.c.product_id.in_(
            sa.select(bundle_products.c.bundle_id).where(
                bundle_products.c.store_id == _store, bundle_products.c.product_id == _product
            )
        ),
        orders.c.kind == OrderKind.PURCHASE,
        orders.c.state.in_(SOLD),
    )
)
PAST_ITEMS = Query(
    PastItem,
    _past.where(order_items.c.id > sa.bindparam("after", type_=sa.Text))
    .order_by(order_items.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
# Chosen before they are joined: else the lines of all that was ever sold may be read for a few.
_sold = (
    sa.select(product_orders.c.store_id, product_orders.c.order_id, product_orders.c.product_id)
    .where(
        product_orders.c.store_id == _store,
        in_list(product_orders.c.product_id, "product_ids"),
        product_orders.c.kind == OrderKind.PURCHASE,
        product_orders.c.state.in_(SOLD),
    )
    .limit(sa.bindparam("limit", type_=sa.BigInteger))
    .subquery("sold")
)
_lines = (
    sa.select(order_items.c.id, order_items.c.order_id, order_items.c.quantity)
    .join_from(
        _sold,
        order_items,
        (order_items.c.store_id == _sold.c.store_id)
        & (order_items.c.order_id == _sold.c.order_id)
        & (order_items.c.product_id == _sold.c.product_id),
    )
    .cte("lines")
)


def _keys_of_line(state: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """As a value of the line, so that they are found by its order and not all at once."""
    return (
        sa.select(sa.func.count())
        .select_from(licenses)
        .where(
            licenses.c.store_id == _store,
            licenses.c.order_id == _lines.c.order_id,
            licenses.c.order_item_id == _lines.c.id,
            licenses.c.product_id == _product,
            ~licenses.c.grant_key.startswith(REPLACES, autoescape=True),
            state,
        )
        .correlate(_lines)
        .scalar_subquery()
    )


_keyed = sa.select(
    _lines.c.quantity,
    _keys_of_line(licenses.c.state != LicenseState.PENDING).label("issued"),
    _keys_of_line(licenses.c.state == LicenseState.PENDING).label("waiting"),
).subquery()


def _total(column: sa.ColumnElement[Any], name: str) -> sa.Label[int]:
    return sa.func.coalesce(sa.func.sum(column), 0, type_=sa.BigInteger).label(name)


PAST_KEYS = Query(
    PastKeys,
    sa.select(
        sa.func.count().label("lines"),
        _total(_keyed.c.quantity, "due"),
        _total(_keyed.c.issued, "issued"),
        _total(_keyed.c.waiting, "waiting"),
    ).select_from(_keyed),
)
"""What became of the keys of what was sold, of at most so many orders."""
