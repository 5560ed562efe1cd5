"""Every statement of the provider."""

import sqlalchemy as sa
from portico.api import Command, Query, UTCDateTime

from portico_payments_sandbox.models import (
    Checkout,
    CheckoutState,
    Method,
    SandboxChange,
    SandboxCustomer,
    SandboxDispute,
    SandboxEvent,
    SandboxPayment,
    SandboxRefund,
    SandboxSubscription,
)
from portico_payments_sandbox.tables import (
    changes,
    checkouts,
    customers,
    disputes,
    events,
    methods,
    payments,
    refunds,
    subscriptions,
)


def _by_id(table: sa.Table) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(table.c.store_id == _STORE, table.c.id == _ID)


def _of(table: sa.Table, column: str) -> sa.Select[tuple[object, ...]]:
    return (
        sa.select(table)
        .where(table.c.store_id == _STORE, table.c[column] == sa.bindparam(column))
        .order_by(table.c.id)
    )


def _add(table: sa.Table) -> Command:
    values = {c.name: sa.bindparam(c.name, type_=c.type) for c in table.c}
    return Command(sa.insert(table).values(values))


def _change(table: sa.Table, *names: str) -> Command:
    values = {name: sa.bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    where = (table.c.store_id == _STORE, table.c.id == sa.bindparam("the_id"))
    return Command(sa.update(table).where(*where).values(values))


_STORE = sa.bindparam("store_id", type_=sa.Text)
_ID = sa.bindparam("id", type_=sa.Text)
_NOW = sa.bindparam("now", type_=UTCDateTime)

ADD_CUSTOMER = _add(customers)
CUSTOMER = Query(SandboxCustomer, _by_id(customers))
CUSTOMER_OF = Query(SandboxCustomer, _of(customers, "customer_id"))

_ON_A_CARD = ("last4", "exp_month", "exp_year", "behaviour")
SET_BILLING = _change(customers, "billing")

ADD_METHOD = _add(methods)
METHOD = Query(Method, _by_id(methods))
SAME_CARD = Query(
    Method,
    _of(methods, "customer").where(
        methods.c.detached_at.is_(None),
        *(methods.c[name] == sa.bindparam(name, type_=methods.c[name].type) for name in _ON_A_CARD),
    ),
)
NO_DEFAULT = Command(
    sa.update(methods)
    .where(methods.c.store_id == _STORE, methods.c.customer == sa.bindparam("of_customer"))
    .values(is_default=False)
)
DETACH = Command(
    sa.update(methods)
    .where(
        methods.c.store_id == _STORE,
        methods.c.id == sa.bindparam("the_id"),
        methods.c.detached_at.is_(None),
    )
    .values(detached_at=_NOW, is_default=False)
)

ADD_CHECKOUT = _add(checkouts)
CHECKOUT = Query(Checkout, _by_id(checkouts))
CHECKOUT_BY_KEY = Query(Checkout, _of(checkouts, "idempotency_key"))
# A statement that checks and moves on in one: of two buttons pressed at once, one wins.
MOVE_CHECKOUT = Command(
    sa.update(checkouts)
    .where(
        checkouts.c.store_id == _STORE,
        checkouts.c.id == sa.bindparam("the_id"),
        checkouts.c.state.in_((CheckoutState.OPEN, CheckoutState.CONFIRMING)),
    )
    .values(
        state=sa.bindparam("new_state"),
        method=sa.bindparam("new_method"),
        failure=sa.bindparam("new_failure"),
    )
)

ADD_SUBSCRIPTION = _add(subscriptions)
SUBSCRIPTION = Query(SandboxSubscription, _by_id(subscriptions))
LOCK_SUBSCRIPTION = Query(SandboxSubscription, _by_id(subscriptions).with_for_update())
SUBSCRIPTIONS_OF = Query(SandboxSubscription, _of(subscriptions, "customer"))
SUBSCRIPTIONS = Query(
    SandboxSubscription,
    sa.select(subscriptions)
    .where(subscriptions.c.store_id == _STORE)
    .order_by(subscriptions.c.ended_at.is_not(None), subscriptions.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
DUE = Query(
    str,
    sa.select(subscriptions.c.id)
    .where(subscriptions.c.store_id == _STORE, subscriptions.c.next_attempt_at <= _NOW)
    .order_by(subscriptions.c.next_attempt_at, subscriptions.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
CHANGE_SUBSCRIPTION = _change(
    subscriptions,
    "method", "status", "periods", "current_period_start", "current_period_end", "cancel_at",
    "canceled_at", "ended_at", "next_attempt_at", "attempts", "open_payment", "fail_next",
    "description", "amount", "quantity", "interval", "interval_count", "anchor_at", "price",
    "balance", "percent_off", "discount_ends_at", "paused", "resumes_at", "scheduled",
)  # fmt: skip

ADD_PAYMENT = _add(payments)
PAYMENT = Query(SandboxPayment, _by_id(payments))
PAYMENTS_OF = Query(SandboxPayment, _of(payments, "subscription"))
CHANGE_PAYMENT = _change(payments, "method", "state", "failure", "updated_at")
LOCK_PAYMENT = Query(SandboxPayment, _by_id(payments).with_for_update())

ADD_REFUND = _add(refunds)
REFUND = Query(SandboxRefund, _by_id(refunds))
REFUNDS_OF = Query(SandboxRefund, _of(refunds, "payment"))

ADD_DISPUTE = _add(disputes)
DISPUTE = Query(SandboxDispute, _by_id(disputes))
DISPUTES_OF = Query(SandboxDispute, _of(disputes, "payment"))
CHANGE_DISPUTE = _change(disputes, "state")

ADD_CHANGE = _add(changes)
CHANGE = Query(SandboxChange, _by_id(changes))

ADD_EVENT = _add(events)
LATEST_EVENTS = Query(
    SandboxEvent,
    sa.select(events)
    .where(events.c.store_id == _STORE)
    .order_by(events.c.created_at.desc(), events.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
SET_DEFAULT = _change(methods, "is_default")
