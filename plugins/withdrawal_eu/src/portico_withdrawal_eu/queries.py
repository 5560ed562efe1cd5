"""Every statement on the plugin's table."""

import sqlalchemy as sa
from portico.api import Command, Query, UTCDateTime

from portico_withdrawal_eu.tables import Statement, statements

_store = statements.c.store_id == sa.bindparam("store_id", type_=sa.Text)
_open = statements.c.handled_at.is_(None)
_limit = sa.bindparam("limit", type_=sa.BigInteger)

ADD = Command(
    sa.insert(statements).values(
        {one.name: sa.bindparam(one.name, type_=one.type) for one in statements.c}
    )
)
BY_ID = Query(
    Statement,
    sa.select(statements).where(_store, statements.c.id == sa.bindparam("id", type_=sa.Text)),
)
OF_ORDER = Query(
    Statement,
    sa.select(statements)
    .where(_store, statements.c.order_id == sa.bindparam("order_id", type_=sa.Text))
    .order_by(statements.c.id)
    .limit(1),
)
OF_CUSTOMER = Query(
    Statement,
    sa.select(statements)
    .where(_store, statements.c.customer_id == sa.bindparam("customer_id", type_=sa.Text))
    .order_by(statements.c.id),
)
# What is due first comes first.
OPEN = Query(
    Statement, sa.select(statements).where(_store, _open).order_by(statements.c.id).limit(_limit)
)
COUNT_OPEN = Query(int, sa.select(sa.func.count()).select_from(statements).where(_store, _open))
HANDLED = Query(
    Statement,
    sa.select(statements)
    .where(_store, statements.c.handled_at.is_not(None))
    .order_by(statements.c.handled_at.desc())
    .limit(_limit),
)
HANDLE = Command(
    sa.update(statements)
    .where(_store, _open, statements.c.id == sa.bindparam("statement_id", type_=sa.Text))
    .values(
        handled_at=sa.bindparam("now", type_=UTCDateTime),
        handled_by=sa.bindparam("by", type_=sa.Text),
        note=sa.bindparam("words", type_=sa.Text),
    )
)
