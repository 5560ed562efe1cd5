"""Statements of the dashboard's lists: pages by keyset that cost the same in any store.

Each walks an index from the cursor and stops after a page; none counts or sorts a whole store.
What a search can stand for is looked up first (``listings.service``), and bounded.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from portico.catalog.tables import download_counts, downloads, file_versions, files, products
from portico.customers.tables import customers
from portico.db import Query, UTCDateTime, in_list, starts_with
from portico.events.models import DeliveryState
from portico.events.tables import outbox
from portico.licenses.tables import KEY_END, licenses
from portico.listings.models import (
    Choice,
    DownloadRow,
    LicenseRow,
    OrderRow,
    Shape,
    SubscriptionRow,
    VersionCount,
)
from portico.orders.tables import order_items, orders, payments, product_orders
from portico.subscriptions.tables import payment_methods, subscriptions

_store = sa.bindparam("store_id", type_=sa.Text)
_limit = sa.bindparam("limit", type_=sa.BigInteger)
_product = sa.bindparam("product_id", type_=sa.Text)
_number = sa.bindparam("number", type_=sa.BigInteger)
_cursor_id = sa.bindparam("cursor_id", type_=sa.Text)
_cursor = sa.tuple_(sa.bindparam("cursor_at", type_=UTCDateTime), _cursor_id)

# What a search stands for

CUSTOMERS = Query(
    str,
    sa.select(customers.c.id)
    .where(customers.c.store_id == _store, starts_with(customers.c.email, "start"))
    .limit(_limit),
)
CARDS = Query(
    str,
    sa.select(payment_methods.c.id)
    .where(payment_methods.c.store_id == _store, payment_methods.c.last4 == sa.bindparam("last4"))
    .order_by(payment_methods.c.id.desc())
    .limit(_limit),
)
_key_start = sa.func.length(licenses.c.key) - sa.bindparam("before_end", type_=sa.Integer)
KEYS = Query(
    str,
    sa.select(licenses.c.id)
    .where(
        licenses.c.store_id == _store,
        sa.bindparam("last4", type_=sa.Text) == KEY_END,
        sa.func.upper(sa.func.substr(licenses.c.key, _key_start)) == sa.bindparam("key"),
    )
    .limit(_limit),
)
"""Keys that end in what was typed, at least four characters; upper and lower case are one."""


def _of(table: sa.Table, column: str, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return sa.select(table.c[column].label("id")).where(table.c.store_id == _store, condition)


_customers = in_list(orders.c.customer_id, "customer_ids")
FOUND: dict[str, sa.CompoundSelect[Any]] = {
    "orders": sa.union(
        _of(orders, "id", _customers),
        _of(payments, "order_id", in_list(payments.c.payment_method_id, "method_ids")),
        _of(licenses, "order_id", in_list(licenses.c.id, "license_ids")),
        _of(orders, "id", orders.c.number == _number),
    ),
    "subscriptions": sa.union(
        _of(subscriptions, "id", in_list(subscriptions.c.customer_id, "customer_ids")),
        _of(
            subscriptions,
            "id",
            subscriptions.c.customer_id.in_(
                _of(payment_methods, "customer_id", in_list(payment_methods.c.id, "method_ids"))
            ),
        ),
        _of(subscriptions, "id", subscriptions.c.number == _number),
    ),
    "licenses": sa.union(
        _of(licenses, "id", in_list(licenses.c.customer_id, "customer_ids")),
        _of(licenses, "id", in_list(licenses.c.id, "license_ids")),
        _of(licenses, "id", licenses.c.order_id.in_(_of(orders, "id", orders.c.number == _number))),
    ),
    "downloads": sa.union(
        _of(downloads, "id", in_list(downloads.c.customer_id, "customer_ids")),
        _of(
            downloads,
            "id",
            downloads.c.customer_id.in_(
                sa.union(
                    _of(licenses, "customer_id", in_list(licenses.c.id, "license_ids")),
                    _of(orders, "customer_id", orders.c.number == _number),
                )
            ),
        ),
    ),
}
"""Ids of what a search fits; the ``number`` is an order's, or a subscription's."""
SEARCHES_BY = {
    "orders": ("customer_ids", "method_ids", "license_ids", "number"),
    "subscriptions": ("customer_ids", "method_ids", "number"),
    "licenses": ("customer_ids", "license_ids", "number"),
    "downloads": ("customer_ids", "license_ids", "number"),
}
"""The parameters of each."""


# Pages


def _shapes(*, state: bool = True) -> list[Shape]:
    both = (False, True)
    return [
        Shape(newest, in_state, product, search)
        for newest in both
        for in_state in (both if state else (False,))
        for product in both
        for search in both
    ]


def _since(table: sa.FromClause) -> sa.ColumnElement[bool]:
    return table.c.created_at >= sa.bindparam("since", type_=UTCDateTime)


def _until(table: sa.FromClause) -> sa.ColumnElement[bool]:
    return table.c.created_at < sa.bindparam("until", type_=UTCDateTime)


def _cut(select: sa.Select[Any], table: sa.FromClause, *, newest_first: bool) -> sa.Select[Any]:
    """A page of it by time: what is older than the cursor, or newer."""
    at, row_id = table.c.created_at, table.c.order_id if table is product_orders else table.c.id
    here = sa.tuple_(at, row_id)
    if newest_first:
        return select.where(here < _cursor).order_by(at.desc(), row_id.desc()).limit(_limit)
    return select.where(here > _cursor).order_by(at, row_id).limit(_limit)


def _walk(
    table: sa.Table, shape: Shape, conditions: Sequence[sa.ColumnElement[bool]]
) -> sa.Select[Any]:
    """A page of a table by one of its indexes, from the cursor on."""
    # The cursor is never outside the period, so one end of it says the same. Said twice, PostgreSQL
    # begins to read at the period's end and not at the cursor.
    end = _since(table) if shape.newest_first else _until(table)
    rows = sa.select(table).where(table.c.store_id == _store, end, *conditions)
    return _cut(rows, table, newest_first=shape.newest_first)


def _page(
    table: sa.Table,
    shape: Shape,
    narrowed: Callable[[sa.FromClause], Sequence[sa.ColumnElement[bool]]],
) -> sa.CTE:
    """The rows of a page, before anything is joined to them."""
    if not shape.search:
        return _walk(table, shape, narrowed(table)).cte("page")
    # What was found is little: it is read by its ids, and only then narrowed and sorted. With the
    # period in the same step the planner, which takes every period for a short one, would walk the
    # store through it instead.
    found = sa.select(table).where(table.c.store_id == _store, table.c.id.in_(FOUND[table.name]))
    hits = found.cte("hits").prefix_with("MATERIALIZED", dialect="postgresql")
    fitting = sa.select(hits).where(_since(hits), _until(hits), *narrowed(hits))
    return _cut(fitting, hits, newest_first=shape.newest_first).cte("page")


def _in_mode(table: sa.FromClause, shape: Shape) -> sa.ColumnElement[bool]:
    if shape.search:
        return in_list(table.c.mode, "modes")
    return table.c.mode == sa.bindparam("mode", type_=table.c.mode.type)


def _in_state(column: sa.ColumnElement[Any], shape: Shape) -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam("state", type_=column.type)] if shape.state else []


def _sorted(select: sa.Select[Any], page: sa.FromClause, shape: Shape) -> sa.Select[Any]:
    if shape.newest_first:
        return select.order_by(page.c.created_at.desc(), page.c.id.desc())
    return select.order_by(page.c.created_at, page.c.id)


def _is(right: sa.FromClause, left: sa.FromClause, column: str) -> sa.ColumnElement[bool]:
    """``right`` is what ``left`` names in a column."""
    return sa.and_(right.c.store_id == left.c.store_id, right.c.id == left.c[column])


def _join(left: sa.FromClause, right: sa.FromClause, column: str) -> sa.Join:
    return left.join(right, _is(right, left, column))


def _looked_up(
    wanted: sa.ColumnElement[Any], page: sa.FromClause, *conditions: sa.ColumnElement[bool]
) -> sa.Label[Any]:
    """One value per row, under the column's own name."""
    return sa.select(wanted).where(*conditions).correlate(page).scalar_subquery().label(wanted.key)


def _of_order(table: sa.FromClause, order: sa.FromClause, column: str = "id") -> Any:
    return sa.and_(table.c.store_id == order.c.store_id, table.c.order_id == order.c[column])


def _by_product(shape: Shape) -> sa.CTE:
    """Orders of a product: the table that knows them is walked, and joined a page at a time."""
    of_product = product_orders.c.product_id == _product
    listed = _walk(product_orders, shape, [of_product, *_fitting_orders(product_orders, shape)])
    lines = listed.cte("lines")
    return sa.select(orders).select_from(_join(lines, orders, "order_id")).cte("page")


def _fitting_orders(rows: sa.FromClause, shape: Shape) -> list[sa.ColumnElement[bool]]:
    return [_in_mode(rows, shape), *_in_state(rows.c.state, shape)]


def _found_orders(rows: sa.FromClause, shape: Shape) -> list[sa.ColumnElement[bool]]:
    has = sa.exists().where(_of_order(order_items, rows), order_items.c.product_id == _product)
    return [*_fitting_orders(rows, shape), *([has] if shape.product else [])]


def _fitting(rows: sa.FromClause, shape: Shape, state: str) -> list[sa.ColumnElement[bool]]:
    """``state`` is the column that holds it."""
    return [
        _in_mode(rows, shape),
        *_in_state(rows.c[state], shape),
        *([rows.c.product_id == _product] if shape.product else []),
    ]


def _orders(shape: Shape) -> sa.Select[Any]:
    if shape.product and not shape.search:
        page = _by_product(shape)
    else:
        page = _page(orders, shape, lambda rows: _found_orders(rows, shape))
    lines = sa.select(order_items).where(_of_order(order_items, page))
    names = [one for one in OrderRow.__dataclass_fields__ if one in page.c]
    select = sa.select(
        *[page.c[name] for name in names],
        customers.c.email,
        customers.c.name,
        lines.with_only_columns(order_items.c.description)
        .order_by(order_items.c.id)
        .limit(1)
        .correlate(page)
        .scalar_subquery()
        .label("description"),
        lines.with_only_columns(sa.func.count()).correlate(page).scalar_subquery().label("lines"),
    ).select_from(_join(page, customers, "customer_id"))
    return _sorted(select, page, shape)


def _subscriptions(shape: Shape) -> sa.Select[Any]:
    page = _page(subscriptions, shape, lambda rows: _fitting(rows, shape, "status"))
    names = [one for one in SubscriptionRow.__dataclass_fields__ if one in page.c]
    with_customer = _join(page, customers, "customer_id")
    method = _is(payment_methods, page, "payment_method_id")
    select = sa.select(
        *[page.c[name] for name in names],
        customers.c.email,
        customers.c.name,
        payment_methods.c.brand,
        payment_methods.c.last4,
    ).select_from(with_customer.outerjoin(payment_methods, method))
    return _sorted(select, page, shape)


def _licenses(shape: Shape) -> sa.Select[Any]:
    page = _page(licenses, shape, lambda rows: _fitting(rows, shape, "state"))
    names = [one for one in LicenseRow.__dataclass_fields__ if one in page.c]
    trouble = _looked_up(
        outbox.c.last_error.label("trouble"),
        page,
        outbox.c.key == sa.literal("license:") + page.c.id,
        outbox.c.state == DeliveryState.DEAD,
    )
    number = _looked_up(orders.c.number.label("order_number"), page, _is(orders, page, "order_id"))
    product = _looked_up(products.c.name.label("product"), page, _is(products, page, "product_id"))
    select = sa.select(
        *[page.c[name] for name in names],
        customers.c.email, customers.c.name, product, number, trouble,
    ).select_from(_join(page, customers, "customer_id"))  # fmt: skip
    return _sorted(select, page, shape)


def _downloads(shape: Shape) -> sa.Select[Any]:
    page = _page(
        downloads,
        shape,
        lambda rows: [rows.c.file_version_id == _product] if shape.product else [],
    )
    version = file_versions.alias("version")
    joined = (
        _join(page, customers, "customer_id")
        .join(version, _is(version, page, "file_version_id"))
        .join(files, _is(files, version, "file_id"))
        .join(products, _is(products, files, "product_id"))
    )
    select = sa.select(
        page.c.id, page.c.created_at, page.c.customer_id, customers.c.email, customers.c.name,
        version.c.id.label("version_id"), products.c.name.label("product"),
        files.c.name.label("file"), version.c.filename, version.c.label, version.c.number,
    ).select_from(joined)  # fmt: skip
    return _sorted(select, page, shape)


ORDERS = {shape: Query(OrderRow, partial(_orders, shape)) for shape in _shapes()}
SUBSCRIPTIONS = {
    shape: Query(SubscriptionRow, partial(_subscriptions, shape)) for shape in _shapes()
}
LICENSES = {shape: Query(LicenseRow, partial(_licenses, shape)) for shape in _shapes()}
DOWNLOADS = {
    shape: Query(DownloadRow, partial(_downloads, shape)) for shape in _shapes(state=False)
}
MARKS = {
    table.name: Query(
        datetime,
        sa.select(table.c.created_at).where(
            table.c.store_id == _store, table.c.id == sa.bindparam("id")
        ),
    )
    for table in (orders, subscriptions, licenses, downloads)
}
"""When the row was made that a page begins behind."""

PRODUCTS = Query(
    Choice,
    sa.select(products.c.id, products.c.name)
    .where(products.c.store_id == _store)
    .order_by(products.c.name, products.c.id)
    .limit(_limit),
)
_counted = sa.func.coalesce(download_counts.c.count, 0).label("count")
_versions = (
    sa.select(
        files.c.product_id, products.c.name.label("product"), files.c.id.label("file_id"),
        files.c.name.label("file"), file_versions.c.id.label("version_id"),
        file_versions.c.filename, file_versions.c.label, file_versions.c.number,
        file_versions.c.created_at, _counted,
    )
    .select_from(
        _join(file_versions, files, "file_id")
        .join(products, _is(products, files, "product_id"))
        .outerjoin(
            download_counts,
            sa.and_(
                download_counts.c.store_id == file_versions.c.store_id,
                download_counts.c.file_version_id == file_versions.c.id,
            ),
        )
    )
    .where(file_versions.c.store_id == _store)
)  # fmt: skip
VERSIONS = Query(
    VersionCount,
    _versions.order_by(
        products.c.name, files.c.position, files.c.id, file_versions.c.number.desc()
    ).limit(_limit),
)
VERSION = Query(VersionCount, _versions.where(file_versions.c.id == sa.bindparam("id")))
