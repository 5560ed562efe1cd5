"""Statements of orders, payments and refunds."""

import sqlalchemy as sa

from portico.customers.tables import customers, provider_customers
from portico.db import Command, Query, in_list, insert_or_ignore, upsert
from portico.db.columns import next_number
from portico.orders.models import (
    PAID,
    SOLD,
    Dispute,
    Order,
    OrderItem,
    OrderKind,
    OrderState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from portico.orders.tables import (
    disputes,
    order_items,
    orders,
    payments,
    product_orders,
    product_sales,
    refunds,
)


def _values(table: sa.Table, **fixed: object) -> dict[str, object]:
    """A parameter for each column that is not fixed."""
    return {c.name: sa.bindparam(c.name, type_=c.type) for c in table.c} | fixed


def _to(table: sa.Table, *names: str) -> dict[str, object]:
    """A parameter ``new_<name>`` for each column to set."""
    return {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}


_store = sa.bindparam("store_id", type_=sa.Text)
_id = sa.bindparam("id", type_=sa.Text)
_customer = sa.bindparam("customer_id", type_=sa.Text)
_order = sa.bindparam("order_id", type_=sa.Text)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)

# Everything about a customer's money changes under this one lock, so that no two reports are
# applied at once and no two transactions can wait for each other. FOR NO KEY UPDATE on
# PostgreSQL: rows that merely refer to the customer can be written meanwhile.
LOCK_CUSTOMER = Query(
    str,
    sa.select(customers.c.id)
    .where(customers.c.store_id == _store, customers.c.id == _customer)
    .with_for_update(key_share=True),
)
CUSTOMER_OF_PAYMENT = Query(
    str,
    sa.select(orders.c.customer_id)
    .select_from(
        payments.join(
            orders,
            (orders.c.store_id == payments.c.store_id) & (orders.c.id == payments.c.order_id),
        )
    )
    .where(
        payments.c.store_id == _store,
        payments.c.provider == sa.bindparam("provider"),
        payments.c.provider_ref == sa.bindparam("provider_ref"),
    ),
)

ADD_ORDER = Query(
    Order,
    sa.insert(orders).values(_values(orders, number=next_number("orders"))).returning(orders),
)
ADD_ITEM = Command(sa.insert(order_items).values(_values(order_items)))
ADD_PAYMENT = Query(Payment, sa.insert(payments).values(_values(payments)).returning(payments))
ADD_REFUND = Query(Refund, sa.insert(refunds).values(_values(refunds)).returning(refunds))

ORDER = Query(Order, sa.select(orders).where(orders.c.store_id == _store, orders.c.id == _id))
ORDER_OF_CUSTOMER = Query(
    Order,
    sa.select(orders).where(
        orders.c.store_id == _store, orders.c.customer_id == _customer, orders.c.id == _id
    ),
)
ORDERS_OF_CUSTOMER = Query(
    Order,
    sa.select(orders)
    .where(
        orders.c.store_id == _store,
        orders.c.customer_id == _customer,
        orders.c.state.in_(PAID),
    )
    .order_by(orders.c.created_at.desc(), orders.c.id.desc()),
)
NEWEST_LOCALE = Query(
    str,
    sa.select(orders.c.locale)
    .where(orders.c.store_id == _store, orders.c.customer_id == _customer)
    .order_by(orders.c.created_at.desc(), orders.c.id.desc())
    .limit(1),
)
PURCHASES_PAID = Query(
    int,
    sa.select(sa.func.count())
    .select_from(orders)
    .where(
        orders.c.store_id == _store,
        orders.c.customer_id == _customer,
        orders.c.kind == OrderKind.PURCHASE,
        orders.c.state.in_(PAID),
    ),
)
ITEMS = Query(
    OrderItem,
    sa.select(order_items)
    .where(order_items.c.store_id == _store, order_items.c.order_id == _order)
    .order_by(order_items.c.id),
)
ITEMS_OF_ORDERS = Query(
    OrderItem,
    sa.select(order_items)
    .where(order_items.c.store_id == _store, in_list(order_items.c.order_id, "order_ids"))
    .order_by(order_items.c.order_id, order_items.c.id),
)
PAYMENT = Query(
    Payment, sa.select(payments).where(payments.c.store_id == _store, payments.c.id == _id)
)
PAYMENT_BY_REF = Query(
    Payment,
    sa.select(payments).where(
        payments.c.store_id == _store,
        payments.c.provider == sa.bindparam("provider"),
        payments.c.provider_ref == sa.bindparam("provider_ref"),
    ),
)
PAYMENTS_OF_ORDER = Query(
    Payment,
    sa.select(payments)
    .where(payments.c.store_id == _store, payments.c.order_id == _order)
    .order_by(payments.c.id),
)
REFUND = Query(Refund, sa.select(refunds).where(refunds.c.store_id == _store, refunds.c.id == _id))
REFUND_BY_REF = Query(
    Refund,
    sa.select(refunds).where(
        refunds.c.store_id == _store,
        refunds.c.provider == sa.bindparam("provider"),
        refunds.c.provider_ref == sa.bindparam("provider_ref"),
    ),
)
UNNAMED_REFUND = Query(
    Refund,
    sa.select(refunds)
    .where(
        refunds.c.store_id == _store,
        refunds.c.payment_id == sa.bindparam("payment_id"),
        refunds.c.provider_ref.is_(None),
        refunds.c.amount == sa.bindparam("amount", type_=sa.BigInteger),
        refunds.c.state == RefundState.PENDING,
    )
    .order_by(refunds.c.id)
    .limit(1),
)
REFUNDS_OF_ORDER = Query(
    Refund,
    sa.select(refunds)
    .where(refunds.c.store_id == _store, refunds.c.order_id == _order)
    .order_by(refunds.c.id),
)

NAME_PAYMENT = Command(
    sa.update(payments)
    .where(
        payments.c.store_id == _store,
        payments.c.id == sa.bindparam("payment_id"),
        payments.c.provider_ref.is_(None),
    )
    .values(_to(payments, "provider_ref", "updated_at"))
)
CHANGE_PAYMENT = Command(
    sa.update(payments)
    .where(payments.c.store_id == _store, payments.c.id == sa.bindparam("payment_id"))
    .values(_to(payments, "state", "amount", "payment_method_id", "failure_message", "updated_at"))
)
GIVE_UP_PAYMENT = Command(
    sa.update(payments)
    .where(
        payments.c.store_id == _store,
        payments.c.id == sa.bindparam("payment_id"),
        payments.c.state == PaymentState.PENDING,
        payments.c.provider_ref.is_(None),
    )
    .values(state=PaymentState.CANCELED, **_to(payments, "failure_message", "updated_at"))
)
CHANGE_ORDER = Command(
    sa.update(orders)
    .where(orders.c.store_id == _store, orders.c.id == sa.bindparam("order_id"))
    .values(_to(orders, "state", "total", "refunded", "paid_at"))
)
LINK_SUBSCRIPTION = Command(
    sa.update(orders)
    .where(orders.c.store_id == _store, orders.c.id == sa.bindparam("order_id"))
    .values(_to(orders, "subscription_id"))
)
FAIL_ORDER = Command(
    sa.update(orders)
    .where(
        orders.c.store_id == _store,
        orders.c.id == sa.bindparam("order_id"),
        orders.c.state == OrderState.PENDING,
    )
    .values(state=OrderState.FAILED)
)
_listed = (
    sa.select(
        orders.c.store_id, orders.c.id, order_items.c.product_id, orders.c.kind, orders.c.mode,
        orders.c.state, orders.c.created_at,
    )
    .distinct()
    .select_from(
        orders.join(
            order_items,
            (order_items.c.store_id == orders.c.store_id) & (order_items.c.order_id == orders.c.id),
        )
    )
    .where(orders.c.store_id == _store)
)  # fmt: skip
_list = upsert(product_orders, ["store_id", "order_id", "product_id"], ["state"])
_columns = ("store_id", "order_id", "product_id", "kind", "mode", "state", "created_at")
LIST_ORDERS = Command(_list.from_select(_columns, _listed.where(in_list(orders.c.id, "order_ids"))))
LIST_ALL = Command(_list.from_select(_columns, _listed))

# Narrowed inside: SQLite would make the rows of all orders first.
_now = _listed.where(
    in_list(orders.c.id, "order_ids"), orders.c.kind == OrderKind.PURCHASE
).subquery("now")
_before = product_orders.alias("before")


def _is_sold(state: sa.ColumnElement[OrderState]) -> sa.ColumnElement[int]:
    return sa.case((state.in_(SOLD), 1), else_=0)


_step = sa.func.sum(_is_sold(_now.c.state) - _is_sold(_before.c.state), type_=sa.BigInteger)
_sales = upsert(product_sales, ["store_id", "product_id", "mode"], ["count"])
_sales_columns = ("store_id", "product_id", "mode", "count")
_key = (_now.c.store_id, _now.c.product_id, _now.c.mode)
COUNT_SALES = Command(
    upsert(
        product_sales,
        ["store_id", "product_id", "mode"],
        {"count": product_sales.c.count + _sales.excluded.count},
    ).from_select(
        _sales_columns,
        sa.select(*_key, _step)
        .select_from(
            _now.outerjoin(
                _before,
                (_before.c.store_id == _now.c.store_id)
                & (_before.c.order_id == _now.c.id)
                & (_before.c.product_id == _now.c.product_id),
            )
        )
        .group_by(*_key)
        .having(_step != 0)
        # In one order everywhere, so that two transactions never wait for each other.
        .order_by(*_key),
    )
)
"""What LIST_ORDERS is about to change of a product's sales."""
DROP_SALES = Command(sa.delete(product_sales).where(product_sales.c.store_id == _store))
COUNT_ALL_SALES = Command(
    _sales.from_select(
        _sales_columns,
        sa.select(
            product_orders.c.store_id, product_orders.c.product_id, product_orders.c.mode,
            sa.func.count(),
        )
        .where(
            product_orders.c.store_id == _store,
            product_orders.c.kind == OrderKind.PURCHASE,
            product_orders.c.state.in_(SOLD),
        )
        .group_by(
            product_orders.c.store_id, product_orders.c.product_id, product_orders.c.mode
        ),
    )
)  # fmt: skip
CHANGE_REFUND = Command(
    sa.update(refunds)
    .where(refunds.c.store_id == _store, refunds.c.id == sa.bindparam("refund_id"))
    .values(_to(refunds, "provider_ref", "state", "amount", "updated_at"))
)

ADD_PROVIDER_CUSTOMER = Command(
    insert_or_ignore(provider_customers, ["store_id", "provider", "provider_ref"]).values(
        _values(provider_customers)
    )
)
LATEST = Query(
    Order,
    sa.select(orders)
    .where(
        orders.c.store_id == _store,
        orders.c.mode == sa.bindparam("mode", type_=orders.c.mode.type),
        orders.c.state != OrderState.PENDING,
    )
    .order_by(orders.c.id.desc())
    .limit(_LIMIT),
)
DISPUTE_BY_REF = Query(
    Dispute,
    sa.select(disputes).where(
        disputes.c.store_id == _store,
        disputes.c.provider == sa.bindparam("provider"),
        disputes.c.provider_ref == sa.bindparam("provider_ref"),
    ),
)
KEEP_DISPUTE = Command(
    upsert(
        disputes,
        ["store_id", "provider", "provider_ref"],
        ["state", "amount", "reason", "due_by", "updated_at"],
    ).values(_values(disputes))
)
