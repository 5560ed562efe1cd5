"""The statement behind a customer's timeline: an arm for each table, all cut by the same keyset.

Each arm gives its newest rows before the cursor, so that the whole is never more than a page's
rows from each table.
"""

from functools import partial
from typing import Any

import sqlalchemy as sa

from portico.catalog.tables import downloads, file_versions, products
from portico.catalog.tables import files as product_files
from portico.db import Query, UTCDateTime
from portico.emails.tables import emails
from portico.entitlements.tables import grants
from portico.events.tables import audit_log
from portico.licenses.tables import licenses
from portico.orders.tables import orders, payments, refunds
from portico.people.models import EventKind, TimelineEvent
from portico.sellers.tables import sellers
from portico.subscriptions.tables import cancellations, subscriptions

_STORE = sa.bindparam("store_id", type_=sa.Text)
_CUSTOMER = sa.bindparam("customer_id", type_=sa.Text)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_BEFORE = sa.bindparam("before", type_=UTCDateTime)
_BEFORE_KEY = sa.bindparam("before_key", type_=sa.Text)
_TOLD_BY_OTHERS = (
    "grant.grant",
    "grant.withdraw",
    "subscription.cancel",
    "order.paid",
    "license.issued",
)
"""What the audit log has as well as a table with more to say."""
_TYPES: dict[str, Any] = {
    "title": sa.Text, "detail": sa.Text, "state": sa.Text, "number": sa.BigInteger,
    "amount": sa.BigInteger, "currency": sa.Text, "mode": sa.Text, "actor_type": sa.Text,
    "by_email": sa.Text,
}  # fmt: skip


def _text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """An enumeration or a JSON object as the text it is stored as."""
    return sa.cast(sa.type_coerce(column, sa.Text), sa.Text)


def _same_store(one: sa.Table, other: sa.Table, column: str) -> sa.ColumnElement[bool]:
    return sa.and_(other.c.store_id == one.c.store_id, other.c.id == one.c[column])


def _arm(
    kind: EventKind,
    table: sa.FromClause,
    at: sa.ColumnElement[Any],
    row_id: sa.ColumnElement[str],
    *mine: sa.ColumnElement[bool],
    paged: bool,
    **told: sa.ColumnElement[Any],
) -> sa.Select[Any]:
    """The newest rows of a table in the timeline's columns; what it does not tell is NULL."""
    key = sa.literal_column(f"'{kind}~'", sa.Text) + row_id
    columns = [
        at.label("at"),
        sa.literal_column(f"'{kind}'", sa.Text).label("kind"),
        row_id.label("id"),
        *(sa.cast(told.get(name, sa.null()), type_).label(name) for name, type_ in _TYPES.items()),
        key.label("key"),
    ]
    select = sa.select(*columns).select_from(table).where(*mine)
    if paged:
        # The first condition alone is what an index is walked by.
        select = select.where(at <= _BEFORE, sa.or_(at < _BEFORE, key < _BEFORE_KEY))
    cut = select.order_by(at.desc(), key.desc()).limit(_LIMIT).subquery()
    return sa.select(cut)


def _own(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.store_id == _STORE, table.c.customer_id == _CUSTOMER)


def _arms(paged: bool) -> list[sa.Select[Any]]:
    return [
        _arm(
            EventKind.MAIL, emails, emails.c.created_at, emails.c.id, _own(emails), paged=paged,
            title=emails.c.kind, detail=sa.func.coalesce(emails.c.error, emails.c.subject),
            state=_text(emails.c.state),
        ),
        _arm(
            EventKind.DOWNLOAD,
            downloads.join(
                file_versions, _same_store(downloads, file_versions, "file_version_id")
            ).join(product_files, _same_store(file_versions, product_files, "file_id")),
            downloads.c.created_at, downloads.c.id, _own(downloads), paged=paged,
            title=product_files.c.name, detail=file_versions.c.label,
        ),
        *_money(paged),
        *_subscriptions(paged),
        _arm(
            EventKind.LICENSE,
            licenses.join(products, _same_store(licenses, products, "product_id")),
            licenses.c.created_at, licenses.c.id, _own(licenses), paged=paged,
            title=products.c.name, detail=licenses.c.grant_key, state=_text(licenses.c.state),
            mode=_text(licenses.c.mode),
        ),
        _arm(
            EventKind.GRANT,
            grants.join(products, _same_store(grants, products, "product_id")).outerjoin(
                sellers,
                sa.literal_column("'seller:'", sa.Text) + sellers.c.id == grants.c.granted_by,
            ),
            grants.c.created_at, grants.c.id, _own(grants), paged=paged,
            title=products.c.name, detail=grants.c.reason, state=_text(grants.c.effect),
            by_email=sellers.c.email,
        ),
        _arm(
            EventKind.AUDIT,
            audit_log.outerjoin(
                sellers,
                sa.and_(audit_log.c.actor_type == "seller", sellers.c.id == audit_log.c.actor_id),
            ),
            audit_log.c.created_at, audit_log.c.id, _own(audit_log),
            audit_log.c.action.not_in(_TOLD_BY_OTHERS), paged=paged,
            title=audit_log.c.action, detail=_text(audit_log.c.data),
            actor_type=audit_log.c.actor_type, by_email=sellers.c.email,
        ),
    ]  # fmt: skip


def _money(paged: bool) -> list[sa.Select[Any]]:
    arms = []
    for kind, table in ((EventKind.PAYMENT, payments), (EventKind.REFUND, refunds)):
        why = table.c.failure_message if kind is EventKind.PAYMENT else table.c.reason
        arms.append(
            _arm(
                kind, orders.join(table, _order_of(table)), table.c.created_at, table.c.id,
                _own(orders), paged=paged, title=orders.c.id, detail=why,
                state=_text(table.c.state), number=orders.c.number, amount=table.c.amount,
                currency=table.c.currency, mode=_text(table.c.mode),
            )
        )  # fmt: skip
    return arms


def _order_of(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.store_id == orders.c.store_id, table.c.order_id == orders.c.id)


def _subscriptions(paged: bool) -> list[sa.Select[Any]]:
    about = {
        "title": subscriptions.c.description, "amount": subscriptions.c.amount,
        "currency": subscriptions.c.currency, "mode": _text(subscriptions.c.mode),
    }  # fmt: skip
    asked = cancellations.join(
        subscriptions, _same_store(cancellations, subscriptions, "subscription_id")
    )
    return [
        _arm(
            EventKind.SUBSCRIPTION, subscriptions, subscriptions.c.created_at, subscriptions.c.id,
            _own(subscriptions), paged=paged, **about,
        ),
        _arm(
            EventKind.SUBSCRIPTION_ENDED, subscriptions, subscriptions.c.ended_at,
            subscriptions.c.id, _own(subscriptions), subscriptions.c.ended_at.is_not(None),
            paged=paged, **about,
        ),
        _arm(
            EventKind.CANCELLATION, asked, cancellations.c.created_at, cancellations.c.id,
            _own(subscriptions), paged=paged, detail=_text(cancellations.c.reason),
            state=_text(cancellations.c.state), **about,
        ),
    ]  # fmt: skip


def _timeline(*, paged: bool) -> sa.Select[Any]:
    every = sa.union_all(*_arms(paged)).subquery()
    return (
        sa.select(*[one for one in every.c if one.key != "key"])
        .order_by(every.c["at"].desc(), every.c.key.desc())
        .limit(_LIMIT)
    )


TIMELINE = Query(TimelineEvent, partial(_timeline, paged=False))
TIMELINE_BEFORE = Query(TimelineEvent, partial(_timeline, paged=True))
