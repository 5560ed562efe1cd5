"""Statements of license keys."""

import sqlalchemy as sa

from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Command, Query, UTCDateTime, insert_or_ignore, lock_rows
from portico.db.columns import next_number
from portico.licenses.models import License, LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import Order
from portico.orders.tables import orders
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
ORDER = Query(Order, sa.select(orders).where(orders.c.store_id == _store, orders.c.id == _id))
CUSTOMER = Query(
    Customer, sa.select(customers).where(customers.c.store_id == _store, customers.c.id == _id)
)
STORE = Query(Store, sa.select(stores).where(stores.c.id == _id))
