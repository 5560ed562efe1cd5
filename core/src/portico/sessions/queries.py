"""Statements of sessions, sign-in attempts and rate counters."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Insert

from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Command, Query, UTCDateTime, replace_parameters, upsert
from portico.db.making import maker
from portico.sellers.models import Seller
from portico.sellers.tables import memberships, sellers
from portico.sessions.models import (
    AttemptState,
    Audience,
    SellerVisit,
    Session,
    SignInAttempt,
    Visit,
)
from portico.sessions.tables import rate_counters, sessions, sign_in_attempts
from portico.stores.models import Store
from portico.stores.tables import stores

T = TypeVar("T")

_now = sa.bindparam("now", type_=UTCDateTime)
_session_id = sa.bindparam("session_id", type_=sa.Text)


def _names(model: type) -> list[str]:
    return [field.name for field in dataclasses.fields(model)]


def _columns(table: sa.Table, model: type, prefix: str) -> list[sa.Label[Any]]:
    return [table.c[name].label(f"{prefix}_{name}") for name in _names(model)]


_store, _session, _customer_of = maker(Store), maker(Session), maker(Customer)
_STORE, _SESSION, _SELLER = (len(_names(model)) for model in (Store, Session, Seller))


class VisitRow(tuple[Any, ...]):
    """Store, session and customer side by side; the latter two empty where there is none."""

    _fields: ClassVar[tuple[str, ...]] = (
        *(f"store_{name}" for name in _names(Store)),
        *(f"session_{name}" for name in _names(Session)),
        *(f"customer_{name}" for name in _names(Customer)),
    )

    def __new__(cls, *cells: Any) -> "VisitRow":
        return super().__new__(cls, cells)

    def visit(self) -> Visit:
        """The row as objects."""
        store, rest = _store(*self[:_STORE]), self[_STORE:]
        if rest[0] is None or rest[_SESSION] is None:
            return Visit(store)
        return Visit(store, _session(*rest[:_SESSION]), _customer_of(*rest[_SESSION:]))


_portal_visit = (
    sa.select(
        *_columns(stores, Store, "store"),
        *_columns(sessions, Session, "session"),
        *_columns(customers, Customer, "customer"),
    )
    .select_from(
        stores.outerjoin(
            sessions,
            sa.and_(
                sessions.c.store_id == stores.c.id,
                sessions.c.id == _session_id,
                sessions.c.audience == Audience.CUSTOMER,
                sessions.c.expires_at > _now,
            ),
        ).outerjoin(
            customers,
            sa.and_(
                customers.c.store_id == sessions.c.store_id,
                customers.c.id == sessions.c.customer_id,
            ),
        )
    )
    .where(stores.c.slug == sa.bindparam("slug"))
)
PORTAL_VISIT = Query(VisitRow, _portal_visit)

_signed_in = (
    sa.select(sessions.c.store_id, sessions.c.customer_id)
    .join(stores, stores.c.id == sessions.c.store_id)
    .where(
        sessions.c.id == _session_id,
        sessions.c.audience == Audience.CUSTOMER,
        sessions.c.expires_at > _now,
        stores.c.slug == sa.bindparam("slug"),
    )
    .cte("signed_in")
)


class VisitWithRow(Generic[T], tuple[Any, ...]):
    """A visit, and what the page needs of the customer, side by side."""

    _fields: ClassVar[tuple[str, ...]]
    _model: ClassVar[Callable[..., Any]]

    def __new__(cls, *cells: Any) -> "VisitWithRow[T]":
        return super().__new__(cls, cells)

    def visit(self) -> Visit:
        """The visit."""
        return VisitRow(*self[: len(VisitRow._fields)]).visit()

    def data(self) -> T:
        """What came with it: of nobody, and so empty, where nobody is signed in."""
        made: T = type(self)._model(*self[len(VisitRow._fields) :])
        return made


def visit_with(model: type[T], make: Callable[[], sa.Select[Any]]) -> Query[VisitWithRow[T]]:
    """PORTAL_VISIT and a statement of ``store_id`` and ``customer_id``, which gives one row of
    ``model``, in one round trip."""
    names = _names(model)
    fields = {
        "_fields": (*VisitRow._fields, *names),
        "_model": staticmethod(maker(cast(Callable[..., Any], model))),
    }
    row = cast("type[VisitWithRow[T]]", type("Row", (VisitWithRow,), fields))

    def together() -> sa.Select[Any]:
        found = replace_parameters(
            make(),
            {
                name: sa.select(_signed_in.c[name]).scalar_subquery()
                for name in ("store_id", "customer_id")
            },
        ).selected_columns
        return _portal_visit.add_columns(*[found[name] for name in names])

    return Query(row, together)


class SellerVisitRow(tuple[Any, ...]):
    """Session, seller and store side by side, and the role; the latter two may be empty."""

    _fields: ClassVar[tuple[str, ...]] = (
        *(f"session_{name}" for name in _names(Session)),
        *(f"seller_{name}" for name in _names(Seller)),
        *(f"store_{name}" for name in _names(Store)),
        "role",
    )

    def __new__(cls, *cells: Any) -> "SellerVisitRow":
        return super().__new__(cls, cells)

    def visit(self) -> SellerVisit:
        """The row as objects."""
        session, rest = _session(*self[:_SESSION]), self[_SESSION:]
        seller, shop, role = Seller(*rest[:_SELLER]), rest[_SELLER:-1], rest[-1]
        return SellerVisit(session, seller, _store(*shop) if role else None, role)


SELLER_VISIT = Query(
    SellerVisitRow,
    sa.select(
        *_columns(sessions, Session, "session"),
        *_columns(sellers, Seller, "seller"),
        *_columns(stores, Store, "store"),
        memberships.c.role,
    )
    .select_from(
        sessions.join(sellers, sellers.c.id == sessions.c.seller_id)
        .outerjoin(stores, stores.c.slug == sa.bindparam("slug"))
        .outerjoin(
            memberships,
            sa.and_(memberships.c.store_id == stores.c.id, memberships.c.seller_id == sellers.c.id),
        )
    )
    .where(
        sessions.c.id == _session_id,
        sessions.c.audience == Audience.SELLER,
        sessions.c.expires_at > _now,
    ),
)

_of_customer = sa.and_(
    sessions.c.store_id == sa.bindparam("store_id"),
    sessions.c.customer_id == sa.bindparam("customer_id"),
)
# A seller who looks at the portal as the customer has a session of that kind, too.
_own = sessions.c.seller_id.is_(None)
INSERT_SESSION = Command(sa.insert(sessions))
DELETE_SESSION = Command(sa.delete(sessions).where(sessions.c.id == _session_id))
DELETE_DEVICE = Command(sa.delete(sessions).where(_of_customer, _own, sessions.c.id == _session_id))
DELETE_ALL = Command(sa.delete(sessions).where(_of_customer, sessions.c.id != sa.bindparam("keep")))
DELETE_ALL_OF_SELLER = Command(
    sa.delete(sessions).where(sessions.c.seller_id == sa.bindparam("seller_id"))
)
DEVICES = Query(
    Session,
    sa.select(sessions)
    .where(_of_customer, _own, sessions.c.expires_at > _now)
    .order_by(sessions.c.last_seen_at.desc(), sessions.c.id),
)
TOUCH = Command(
    sa.update(sessions)
    .values(last_seen_at=_now)
    .where(sessions.c.id == _session_id, sessions.c.last_seen_at < _now)
)
_customer = sa.and_(
    customers.c.store_id == sa.bindparam("store_id"),
    customers.c.id == sa.bindparam("customer_id"),
)
LAST_VISIT = Command(
    sa.update(customers)
    .values(last_seen_at=sa.bindparam("last_seen_at", type_=UTCDateTime))
    .where(_customer)
)
_seen = (
    sa.select(sa.func.max(sessions.c.last_seen_at))
    .where(
        sessions.c.store_id == customers.c.store_id, sessions.c.customer_id == customers.c.id, _own
    )
    .scalar_subquery()
)
SIGNED_IN = Command(
    sa.update(customers)
    .values(
        last_seen_at=sa.func.coalesce(_seen, customers.c.last_seen_at),
        signed_in_at=sa.bindparam("now", type_=UTCDateTime),
    )
    .where(_customer)
)
"""Note a sign-in, and when the visit before it ended."""

_attempts = sign_in_attempts
_attempt = _attempts.c.id == sa.bindparam("attempt_id")
_insert_attempt = {
    c.name: sa.bindparam(c.name, type_=c.type) for c in _attempts.c if c.name != "subject_id"
}
# Who has the address is found by the statement that notes the attempt, so that the work is the
# same whether anybody has it.
BEGIN_FOR_CUSTOMER = Query(
    SignInAttempt,
    sa.insert(_attempts)
    .values(
        **_insert_attempt,
        subject_id=sa.select(customers.c.id)
        .where(
            customers.c.store_id == sa.bindparam("store_id"),
            customers.c.email == sa.bindparam("email"),
        )
        .scalar_subquery(),
    )
    .returning(_attempts),
)
BEGIN_FOR_SELLER = Query(
    SignInAttempt,
    sa.insert(_attempts)
    .values(
        **_insert_attempt,
        subject_id=sa.select(sellers.c.id)
        .where(sellers.c.email == sa.bindparam("email"))
        .scalar_subquery(),
    )
    .returning(_attempts),
)
_store_or_none = sa.func.coalesce(_attempts.c.store_id, "") == sa.bindparam("store_id")
ATTEMPT = Query(SignInAttempt, sa.select(_attempts).where(_attempt, _store_or_none))
LATEST_ATTEMPT = Query(
    SignInAttempt,
    sa.select(_attempts)
    .where(
        _attempts.c.device == sa.bindparam("device"),
        _attempts.c.audience == sa.bindparam("audience", type_=_attempts.c.audience.type),
        _store_or_none,
        _attempts.c.expires_at > _now,
    )
    .order_by(_attempts.c.id.desc())
    .limit(1),
)
USE_ATTEMPT = Query(
    SignInAttempt,
    sa.update(_attempts)
    .values(state=AttemptState.USED)
    .where(
        _attempt,
        _attempts.c.state == AttemptState.PENDING,
        _attempts.c.expires_at > _now,
        _attempts.c.subject_id.is_not(None),
        _store_or_none,
    )
    .returning(_attempts),
)
CLOSE_ATTEMPTS = Command(
    sa.update(_attempts)
    .values(state=AttemptState.USED)
    .where(
        _attempts.c.store_id == sa.bindparam("store_id"),
        _attempts.c.subject_id == sa.bindparam("customer_id"),
        _attempts.c.state == AttemptState.PENDING,
    )
)

END_VIEW = Query(
    Session,
    sa.delete(sessions)
    .where(
        sessions.c.store_id == sa.bindparam("store_id"),
        sessions.c.id == _session_id,
        sessions.c.seller_id.is_not(None),
        sessions.c.customer_id.is_not(None),
    )
    .returning(sessions),
)

_counter = rate_counters.c.key == sa.bindparam("key")


def _count() -> Insert:
    over = rate_counters.c.expires_at <= _now
    amount = sa.bindparam("hits", type_=sa.Integer)
    expires = sa.bindparam("expires_at", type_=UTCDateTime)
    return upsert(
        rate_counters,
        ["key"],
        {
            "hits": sa.case((over, amount), else_=rate_counters.c.hits + amount),
            "expires_at": sa.case((over, expires), else_=rate_counters.c.expires_at),
        },
    ).values(key=sa.bindparam("key"), hits=amount, expires_at=expires)


@dataclasses.dataclass(frozen=True, slots=True)
class Counter:
    """How often something happened in a window of time that ends at ``expires_at``."""

    hits: int
    expires_at: Any


COUNT = Query(int, _count().returning(rate_counters.c.hits))
COUNTER = Query(
    Counter,
    sa.select(rate_counters.c.hits, rate_counters.c.expires_at).where(
        _counter, rate_counters.c.expires_at > _now
    ),
)
CLEAR_COUNTER = Command(sa.delete(rate_counters).where(_counter))
CLEAR_COUNTERS = Command(sa.delete(rate_counters))
