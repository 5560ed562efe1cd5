"""Statements of sellers and their roles."""

import dataclasses
from typing import Any, ClassVar

import sqlalchemy as sa

from portico.db import Command, Query, insert_or_ignore, upsert
from portico.sellers.models import Role, Seller
from portico.sellers.tables import memberships, sellers
from portico.stores.models import Store
from portico.stores.tables import stores

BY_ID = Query(Seller, sa.select(sellers).where(sellers.c.id == sa.bindparam("seller_id")))
BY_EMAIL = Query(Seller, sa.select(sellers).where(sellers.c.email == sa.bindparam("email")))
INSERT = Query(
    Seller,
    insert_or_ignore(sellers, ["email"])
    .values({c.name: sa.bindparam(c.name, type_=c.type) for c in sellers.c})
    .returning(sellers),
)
SET_ROLE = Command(
    upsert(memberships, ["store_id", "seller_id"], ["role"]).values(
        {c.name: sa.bindparam(c.name, type_=c.type) for c in memberships.c}
    )
)

_STORE = [field.name for field in dataclasses.fields(Store)]


class StoreRow(tuple[Any, ...]):
    """A store beside somebody's role in it."""

    _fields: ClassVar[tuple[str, ...]] = (*_STORE, "role")

    def __new__(cls, *cells: Any) -> "StoreRow":
        return super().__new__(cls, cells)

    def store_and_role(self) -> tuple[Store, Role]:
        """The row as objects."""
        return Store(*self[:-1]), self[-1]


_stores = (
    sa.select(*(stores.c[name] for name in _STORE), memberships.c.role)
    .join_from(memberships, stores, stores.c.id == memberships.c.store_id)
    .where(memberships.c.seller_id == sa.bindparam("seller_id"))
)
STORES = Query(StoreRow, _stores.order_by(stores.c.name, stores.c.id))
STORE = Query(StoreRow, _stores.where(stores.c.slug == sa.bindparam("slug")))
