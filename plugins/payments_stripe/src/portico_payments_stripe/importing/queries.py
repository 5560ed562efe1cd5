"""Every statement of the import."""

import sqlalchemy as sa
from portico.api import Command, Query, in_list, upsert

from portico_payments_stripe.importing.models import (
    Import,
    LineRow,
    ReasonRow,
    Record,
)
from portico_payments_stripe.importing.tables import imports, records
from portico_payments_stripe.models import PaymentRef, PriceMap
from portico_payments_stripe.tables import payment_refs, prices

_STORE = sa.bindparam("store_id", type_=sa.Text)
_MODE = sa.bindparam("mode", type_=sa.Text)
_IMPORT = sa.bindparam("import_id", type_=sa.Text)


def _row(table: sa.Table) -> dict[str, sa.BindParameter[object]]:
    return {c.name: sa.bindparam(c.name, type_=c.type) for c in table.c}


# How far it is

ADD_IMPORT = Command(sa.insert(imports).values(_row(imports)))
_latest = (
    sa.select(imports)
    .where(imports.c.store_id == _STORE, imports.c.mode == _MODE)
    .order_by(imports.c.id.desc())
    .limit(1)
)
LATEST = Query(Import, _latest)
IMPORT = Query(
    Import, sa.select(imports).where(imports.c.store_id == _STORE, imports.c.id == _IMPORT)
)
MOVING = ("state", "phase", "cursor", "looked", "problem", "updated_at", "finished_at")
MOVE = Command(
    sa.update(imports)
    .where(
        imports.c.store_id == _STORE,
        imports.c.id == _IMPORT,
        imports.c.state == sa.bindparam("old_state", type_=sa.Text),
        imports.c.phase == sa.bindparam("old_phase", type_=sa.Text),
        imports.c.looked == sa.bindparam("old_looked", type_=sa.BigInteger),
    )
    .values({name: sa.bindparam(f"new_{name}", type_=imports.c[name].type) for name in MOVING})
)
"""Changes nothing where somebody else has moved it on: a page is taken in once."""

# Records

_known = (records.c.store_id == _STORE, records.c.kind == sa.bindparam("kind", type_=sa.Text))
KEEP_RECORD = Command(
    upsert(
        records,
        ["store_id", "kind", "id"],
        ["import_id", "ref", "currency", "amount", "state", "why", "here", "here_amount",
         "differs"],
    ).values(_row(records))
)  # fmt: skip
RECORDS = Query(Record, sa.select(records).where(*_known, in_list(records.c.id, "ids")))
_of_import = (records.c.store_id == _STORE, records.c.import_id == _IMPORT)
NEXT_RECORDS = Query(
    Record,
    sa.select(records)
    .where(
        *_of_import,
        sa.tuple_(records.c.kind, records.c.id)
        > sa.tuple_(
            sa.bindparam("after_kind", type_=sa.Text), sa.bindparam("after_id", type_=sa.Text)
        ),
    )
    .order_by(records.c.kind, records.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
COMPARED = Command(
    sa.update(records)
    .where(*_known, records.c.id == sa.bindparam("the_id", type_=sa.Text))
    .values(
        here=sa.bindparam("new_here", type_=sa.Boolean),
        here_amount=sa.bindparam("new_here_amount", type_=sa.BigInteger),
        differs=sa.bindparam("new_differs", type_=sa.Boolean),
    )
)

# What this plugin knows already

PRICES_OF = Query(
    PriceMap,
    sa.select(prices)
    .where(prices.c.store_id == _STORE, in_list(prices.c.product, "products"))
    .order_by(prices.c.created_at, prices.c.id),
)
REFS = Query(
    PaymentRef,
    sa.select(payment_refs).where(
        payment_refs.c.store_id == _STORE, in_list(payment_refs.c.id, "ids")
    ),
)

# The sheet


def _sum(amount: sa.ColumnElement[int], *where: sa.ColumnElement[bool]) -> sa.Cast[int]:
    found = (
        sa.func.sum(sa.case((sa.and_(*where), amount), else_=0)) if where else sa.func.sum(amount)
    )
    return sa.cast(sa.func.coalesce(found, 0), sa.BigInteger)


_ONE = sa.literal(1, sa.BigInteger)
_explained = records.c.why != ""
_left_out = sa.and_(~records.c.here, _explained)
LINES = Query(
    LineRow,
    sa.select(
        records.c.kind,
        records.c.currency,
        sa.func.count().label("there"),
        _sum(records.c.amount).label("there_sum"),
        _sum(_ONE, records.c.here).label("here"),
        _sum(records.c.here_amount, records.c.here).label("here_sum"),
        _sum(_ONE, _left_out).label("left_out"),
        _sum(records.c.amount, _left_out).label("left_out_sum"),
        _sum(records.c.amount - records.c.here_amount, records.c.here, _explained).label(
            "explained_sum"
        ),
        _sum(_ONE, records.c.differs).label("differs"),
    )
    .where(*_of_import)
    .group_by(records.c.kind, records.c.currency)
    .order_by(records.c.kind, records.c.currency),
)
REASONS = Query(
    ReasonRow,
    sa.select(
        records.c.kind,
        records.c.why,
        records.c.here,
        records.c.currency,
        sa.func.count().label("count"),
        _sum(records.c.amount).label("amount"),
        sa.func.min(records.c.id).label("first"),
        sa.func.max(records.c.id).label("last"),
    )
    .where(*_of_import, sa.or_(_explained, records.c.differs))
    .group_by(records.c.kind, records.c.why, records.c.here, records.c.currency)
    .order_by(records.c.kind, records.c.why, records.c.currency),
)
UNMATCHED = Query(
    Record,
    sa.select(records)
    .where(*_of_import, sa.or_(_explained, records.c.differs))
    .order_by(records.c.kind, records.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
