"""Statements of sellers and their roles."""

import dataclasses
from typing import Any, ClassVar

import sqlalchemy as sa

from portico.db import Command, Query, UTCDateTime, insert_or_ignore, upsert
from portico.sellers.models import Invitation, Member, Role, Seller
from portico.sellers.tables import invitations, memberships, sellers, setup_links
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
ANY = Query(str, sa.select(sellers.c.id).limit(1))

_store = sa.bindparam("store_id", type_=sa.Text)
_seller = sa.bindparam("seller_id", type_=sa.Text)
_now = sa.bindparam("now", type_=UTCDateTime)


def _of(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.store_id == _store, table.c.seller_id == _seller)


def _people(table: sa.Table, expires: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return (
        sa.select(
            sellers.c.id.label("seller_id"),
            sellers.c.email,
            sellers.c.name,
            table.c.role,
            table.c.created_at,
            expires.label("expires_at"),
        )
        .join_from(table, sellers, sellers.c.id == table.c.seller_id)
        .where(table.c.store_id == _store)
        .order_by(table.c.created_at, sellers.c.id)
    )


_never = sa.cast(sa.null(), UTCDateTime)
MEMBERS = Query(Member, _people(memberships, _never))
MEMBER = Query(Member, _people(memberships, _never).where(sellers.c.id == _seller))
# Every owner of the store is locked, so that two who remove each other do not both succeed.
LOCK_OWNERS = Query(
    str,
    sa.select(memberships.c.seller_id)
    .where(memberships.c.store_id == _store, memberships.c.role == Role.OWNER)
    .order_by(memberships.c.seller_id)
    .with_for_update(),
)
CHANGE_ROLE = Command(
    sa.update(memberships)
    .values(role=sa.bindparam("new_role", type_=memberships.c.role.type))
    .where(_of(memberships))
)
REMOVE = Command(sa.delete(memberships).where(_of(memberships)))

INVITED = Query(Member, _people(invitations, invitations.c.expires_at))
INVITE = Command(
    upsert(invitations, ["store_id", "seller_id"], ["role", "created_at", "expires_at"]).values(
        {c.name: sa.bindparam(c.name, type_=c.type) for c in invitations.c}
    )
)
INVITATION = Query(
    Member, _people(invitations, invitations.c.expires_at).where(sellers.c.id == _seller)
)
TAKE_INVITATION = Query(
    Role,
    sa.delete(invitations)
    .where(_of(invitations), invitations.c.expires_at > _now)
    .returning(invitations.c.role),
)
REVOKE = Command(sa.delete(invitations).where(_of(invitations)))
INVITATIONS_OF_SELLER = Query(
    Invitation,
    sa.select(
        invitations.c.store_id,
        stores.c.name.label("store_name"),
        invitations.c.role,
        invitations.c.expires_at,
    )
    .join_from(invitations, stores, stores.c.id == invitations.c.store_id)
    .where(invitations.c.seller_id == _seller, invitations.c.expires_at > _now)
    .order_by(invitations.c.created_at),
)

ADD_SETUP_LINK = Command(sa.insert(setup_links))
SETUP_LINK = Query(
    str,
    sa.select(setup_links.c.token_hash).where(
        setup_links.c.token_hash == sa.bindparam("token_hash"),
        ~sa.exists(sa.select(sellers.c.id)),
    ),
)
END_SETUP = Query(str, sa.delete(setup_links).returning(setup_links.c.token_hash))
