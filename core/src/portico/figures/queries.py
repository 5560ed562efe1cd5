"""Statements of a store's figures. Each reads an index, and of it only the period.

Days that are over are read from ``figure_days`` (``portico.figures.days``); what runs now is read
from counters that are kept with each change.
"""

from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from portico.catalog.models import ProductState
from portico.catalog.tables import downloads, file_versions, products
from portico.customers.tables import customers
from portico.db import Command, Query, UTCDateTime, upsert
from portico.db.days import day_at
from portico.emails.models import EmailState
from portico.emails.tables import emails
from portico.events.tables import audit_log
from portico.figures.models import FailingPayment
from portico.figures.tables import figure_days
from portico.orders.models import DisputeState
from portico.orders.tables import disputes, orders
from portico.subscriptions.models import SubscriptionStatus
from portico.subscriptions.tables import subscription_counts, subscriptions

SIGN_IN = "customer.sign_in"
"""The audit log's word for it."""
CLOSED = "closed"
"""The row of a day that says whether its other rows count."""

_store = sa.bindparam("store_id", type_=sa.Text)
_mode = sa.bindparam("mode", type_=orders.c.mode.type)
_start = sa.bindparam("start", type_=UTCDateTime)
_end = sa.bindparam("end", type_=UTCDateTime)
_none = sa.literal_column("0", sa.BigInteger)
_count = sa.func.count()
RUNNING = (
    SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE,
    SubscriptionStatus.UNPAID, SubscriptionStatus.PAUSED,
)  # fmt: skip
FAILING_STATUSES = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID)


class DayRow(NamedTuple):
    """One day of one figure; ``currency`` is empty where no money is counted."""

    what: str
    currency: str
    day: date
    number: int
    amount: int
    refunded: int


class CountRow(NamedTuple):
    """How many subscriptions there are now."""

    status: SubscriptionStatus
    total: int


def _within(moment: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(moment >= _start, moment < _end)


def _by_day(
    what: str,
    moment: sa.Column[Any],
    *where: sa.ColumnElement[bool],
    of: sa.FromClause | None = None,
    currency: sa.ColumnElement[str] | None = None,
    number: sa.ColumnElement[int] = _count,
    sums: tuple[sa.ColumnElement[int], sa.ColumnElement[int]] = (_none, _none),
) -> sa.Select[Any]:
    grouped: list[sa.ColumnElement[Any]] = [sa.literal_column("day")]
    if currency is not None:
        grouped.append(currency)
    words = sa.literal_column("''", sa.Text) if currency is None else currency
    return (
        sa.select(
            sa.literal_column(f"'{what}'", sa.Text).label("what"),
            words.label("currency"),
            day_at(moment, "offset").label("day"),
            number.label("number"),
            sums[0].label("amount"),
            sums[1].label("refunded"),
        )
        .select_from(moment.table if of is None else of)
        .where(*where, _within(moment))
        .group_by(*grouped)
    )


def _sum(column: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(column), sa.BigInteger)


# What banks have taken back is gone as a refund is, but for what was paid back before.
_lost = (
    sa.select(disputes.c.order_id, _sum(disputes.c.amount).label("amount"))
    .where(
        disputes.c.store_id == _store,
        disputes.c.mode == _mode,
        disputes.c.state == DisputeState.LOST,
    )
    .group_by(disputes.c.order_id)
    .subquery()
)
_left = orders.c.total - orders.c.refunded

DAYS = Query(
    DayRow,
    sa.union_all(
        # A moment of payment is what paid orders have, refunded or not.
        _by_day(
            "sales", orders.c.paid_at, orders.c.store_id == _store, orders.c.mode == _mode,
            currency=orders.c.currency, sums=(_sum(orders.c.total), _sum(orders.c.refunded)),
        ),
        _by_day(
            "sales", orders.c.paid_at, orders.c.store_id == _store, orders.c.mode == _mode,
            of=_lost.join(orders, orders.c.id == _lost.c.order_id),
            currency=orders.c.currency, number=_none,
            sums=(_none, _sum(sa.case((_lost.c.amount < _left, _lost.c.amount), else_=_left))),
        ),
        _by_day(
            "started", subscriptions.c.created_at, subscriptions.c.store_id == _store,
            subscriptions.c.mode == _mode,
            subscriptions.c.status != SubscriptionStatus.INCOMPLETE,
        ),
        _by_day(
            "ended", subscriptions.c.ended_at, subscriptions.c.store_id == _store,
            subscriptions.c.mode == _mode, subscriptions.c.status == SubscriptionStatus.CANCELED,
        ),
        _by_day(
            "sign_ins", audit_log.c.created_at, audit_log.c.store_id == _store,
            audit_log.c.action == SIGN_IN,
        ),
        _by_day("downloads", downloads.c.created_at, downloads.c.store_id == _store),
    ),
)  # fmt: skip


_timezone = sa.bindparam("timezone", type_=sa.Text)
_first = sa.bindparam("first", type_=sa.Date)
_last = sa.bindparam("last", type_=sa.Date)
_day_key = ("store_id", "mode", "timezone", "day", "what", "currency")
_kept = (
    figure_days.c.store_id == _store, figure_days.c.mode == _mode,
    figure_days.c.timezone == _timezone, figure_days.c.day >= _first, figure_days.c.day <= _last,
)  # fmt: skip
KEPT_DAYS = Query(
    DayRow,
    sa.select(*[figure_days.c[name] for name in DayRow._fields]).where(*_kept),
)
MARK_DAY = Command(
    upsert(figure_days, _day_key, ["number"]).values(
        {name: sa.bindparam(name, type_=figure_days.c[name].type) for name in _day_key[:4]}
        | {"what": CLOSED, "currency": "", "amount": 0, "refunded": 0}
        | {"number": sa.bindparam("closed", type_=sa.BigInteger)}
    )
)
ADD_DAY = Command(
    sa.insert(figure_days).values({
        column.name: sa.bindparam(column.name, type_=column.type) for column in figure_days.c
    })
)  # fmt: skip
DROP_DAYS = Command(sa.delete(figure_days).where(*_kept, figure_days.c.what != CLOSED))
DROP_DAYS_OF_OTHERS = Command(
    sa.delete(figure_days).where(
        figure_days.c.store_id == _store,
        figure_days.c.mode == _mode,
        (figure_days.c.timezone != _timezone) | (figure_days.c.day < _first),
    )
)
"""Of the time zone that the store had before, and of days that no period reaches any more."""
DROP_ALL_DAYS = Command(sa.delete(figure_days).where(figure_days.c.store_id == _store))

NOW = Query(
    CountRow,
    sa.select(subscription_counts.c.status, subscription_counts.c.count.label("total")).where(
        subscription_counts.c.store_id == _store, subscription_counts.c.mode == _mode
    ),
)


def _newest(status: SubscriptionStatus) -> sa.Select[Any]:
    """Found from the end of an index, so that it does not matter how many there are."""
    return sa.select(
        sa.select(subscriptions)
        .where(
            subscriptions.c.store_id == _store, subscriptions.c.mode == _mode,
            subscriptions.c.status == status,
        )
        .order_by(subscriptions.c.created_at.desc(), subscriptions.c.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .subquery()
    )  # fmt: skip


_failing = sa.union_all(*(_newest(status) for status in FAILING_STATUSES)).subquery()
FAILING = Query(
    FailingPayment,
    sa.select(
        _failing.c.id.label("subscription_id"),
        _failing.c.number,
        _failing.c.description,
        _failing.c.customer_id,
        customers.c.email,
        _failing.c.amount,
        _failing.c.currency,
        _failing.c.past_due_since.label("since"),
    )
    .select_from(
        _failing.join(
            customers,
            (customers.c.store_id == _failing.c.store_id)
            & (customers.c.id == _failing.c.customer_id),
        )
    )
    .order_by(_failing.c.created_at.desc(), _failing.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)


class DoneRow(NamedTuple):
    """What of setting up a store is there."""

    product: bool
    file: bool
    test_mail: bool
    signed_in: bool


def _there(table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists(sa.select(sa.literal_column("1")).select_from(table).where(*where))


DONE = Query(
    DoneRow,
    sa.select(
        _there(
            products, products.c.store_id == _store, products.c.state == ProductState.ACTIVE
        ).label("product"),
        _there(file_versions, file_versions.c.store_id == _store).label("file"),
        _there(
            emails, emails.c.store_id == _store, emails.c.params["test"].as_boolean(),
            emails.c.state == EmailState.SENT,
        ).label("test_mail"),
        _there(
            audit_log, audit_log.c.store_id == _store, audit_log.c.action == SIGN_IN
        ).label("signed_in"),
    ),
)  # fmt: skip
