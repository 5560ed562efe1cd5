"""Statements of customers and of changes of their address."""

import sqlalchemy as sa

from portico.customers.models import Customer, EmailChange
from portico.customers.tables import customers, email_changes
from portico.db import Command, Query, UTCDateTime, insert_or_ignore
from portico.db.columns import next_number

_store = sa.bindparam("store_id", type_=sa.Text)
_now = sa.bindparam("now", type_=UTCDateTime)
_this = sa.and_(customers.c.store_id == _store, customers.c.id == sa.bindparam("customer_id"))

BY_ID = Query(Customer, sa.select(customers).where(_this))
BY_EMAIL = Query(
    Customer,
    sa.select(customers).where(
        customers.c.store_id == _store, customers.c.email == sa.bindparam("email")
    ),
)
INSERT = Query(
    Customer,
    insert_or_ignore(customers, ["store_id", "email"])
    .values(
        **{c.name: sa.bindparam(c.name, type_=c.type) for c in customers.c if c.name != "number"},
        number=next_number("customers"),
    )
    .returning(customers),
)
SET_LOCALE = Command(sa.update(customers).values(locale=sa.bindparam("locale")).where(_this))
SET_EMAIL = Command(sa.update(customers).values(email=sa.bindparam("email")).where(_this))

_open = sa.and_(email_changes.c.confirmed_at.is_(None), email_changes.c.expires_at > _now)
_of_customer = sa.and_(
    email_changes.c.store_id == _store, email_changes.c.customer_id == sa.bindparam("customer_id")
)
_by_token = sa.and_(
    email_changes.c.store_id == _store, email_changes.c.token_hash == sa.bindparam("token_hash")
)

INSERT_CHANGE = Command(sa.insert(email_changes))
DROP_CHANGES = Command(
    sa.delete(email_changes).where(_of_customer, email_changes.c.confirmed_at.is_(None))
)
PENDING_CHANGE = Query(EmailChange, sa.select(email_changes).where(_of_customer, _open))
CHANGE_BY_TOKEN = Query(EmailChange, sa.select(email_changes).where(_by_token))
CONFIRM_CHANGE = Query(
    EmailChange,
    sa.update(email_changes).values(confirmed_at=_now).where(_by_token, _open)
    .returning(email_changes),
)  # fmt: skip
SET_CHANGE_TOKEN = Query(
    EmailChange,
    sa.update(email_changes)
    .values(token_hash=sa.bindparam("token_hash"))
    .where(email_changes.c.store_id == _store, email_changes.c.id == sa.bindparam("change_id"),
           _open)
    .returning(email_changes),
)  # fmt: skip
