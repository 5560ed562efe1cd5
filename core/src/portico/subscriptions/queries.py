"""Statements of subscriptions, payment methods and the attempts to change them."""

import sqlalchemy as sa

from portico.db import Command, Query, upsert
from portico.db.columns import next_number
from portico.subscriptions.models import (
    AttemptState,
    Cancellation,
    ChangeState,
    PaymentMethod,
    PaymentMethodUpdate,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
)
from portico.subscriptions.tables import (
    cancellations,
    payment_method_updates,
    payment_methods,
    subscription_changes,
    subscription_counts,
    subscriptions,
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
_provider = sa.bindparam("provider", type_=sa.Text)
_ref = sa.bindparam("provider_ref", type_=sa.Text)
_subscription = sa.bindparam("subscription_id", type_=sa.Text)
_ENDED = SubscriptionStatus.CANCELED
_CHANGING = (
    "product_id", "price_id", "description", "interval", "interval_count",
    "provider_ref", "status", "amount", "quantity", "current_period_start", "current_period_end",
    "trial_end", "cancel_at", "canceled_at", "ended_at", "past_due_since", "payment_method_id",
    "discounted_amount", "discount_ends_at", "paused_from", "resumes_at", "managed_elsewhere",
    "updated_at",
)  # fmt: skip

ADD_SUBSCRIPTION = Query(
    Subscription,
    sa.insert(subscriptions)
    .values(
        _values(
            subscriptions,
            number=next_number("subscriptions"),
            discounted_amount=None,
            discount_ends_at=None,
            paused_from=None,
            resumes_at=None,
            managed_elsewhere=False,
        )
    )
    .returning(subscriptions),
)
SUBSCRIPTION = Query(
    Subscription,
    sa.select(subscriptions).where(subscriptions.c.store_id == _store, subscriptions.c.id == _id),
)
SUBSCRIPTION_OF_CUSTOMER = Query(
    Subscription,
    sa.select(subscriptions).where(
        subscriptions.c.store_id == _store,
        subscriptions.c.customer_id == _customer,
        subscriptions.c.id == _id,
    ),
)
SUBSCRIPTION_BY_REF = Query(
    Subscription,
    sa.select(subscriptions).where(
        subscriptions.c.store_id == _store,
        subscriptions.c.provider == _provider,
        subscriptions.c.provider_ref == _ref,
    ),
)
OF_CUSTOMER = Query(
    Subscription,
    sa.select(subscriptions)
    .where(subscriptions.c.store_id == _store, subscriptions.c.customer_id == _customer)
    .order_by(subscriptions.c.created_at.desc(), subscriptions.c.id.desc()),
)
CHANGE_SUBSCRIPTION = Query(
    Subscription,
    sa.update(subscriptions)
    .where(subscriptions.c.store_id == _store, subscriptions.c.id == _subscription)
    .values(_to(subscriptions, *_CHANGING))
    .returning(subscriptions),
)

_more = upsert(
    subscription_counts,
    ["store_id", "mode", "status"],
    {"count": subscription_counts.c.count + sa.bindparam("more", type_=sa.BigInteger)},
)
COUNT_STATUS = Command(
    _more.values(_values(subscription_counts, count=sa.bindparam("more", type_=sa.BigInteger)))
)

DROP_COUNTS = Command(
    sa.delete(subscription_counts).where(subscription_counts.c.store_id == _store)
)
_counted = (
    sa.select(
        subscriptions.c.store_id, subscriptions.c.mode, subscriptions.c.status,
        sa.func.count().label("count"),
    )
    .where(subscriptions.c.store_id == _store)
    .group_by(subscriptions.c.store_id, subscriptions.c.mode, subscriptions.c.status)
)  # fmt: skip
COUNT_ALL = Command(
    upsert(subscription_counts, ["store_id", "mode", "status"], ["count"]).from_select(
        ["store_id", "mode", "status", "count"], _counted
    )
)

UPSERT_METHOD = Query(
    PaymentMethod,
    upsert(
        payment_methods,
        ["store_id", "provider", "provider_ref"],
        ["type", "brand", "last4", "exp_month", "exp_year", "is_default", "detached_at"],
    )
    .values(_values(payment_methods))
    .returning(payment_methods),
)
METHOD_BY_REF = Query(
    PaymentMethod,
    sa.select(payment_methods).where(
        payment_methods.c.store_id == _store,
        payment_methods.c.provider == _provider,
        payment_methods.c.provider_ref == _ref,
    ),
)
METHOD_OF_CUSTOMER = Query(
    PaymentMethod,
    sa.select(payment_methods).where(
        payment_methods.c.store_id == _store,
        payment_methods.c.customer_id == _customer,
        payment_methods.c.id == _id,
        payment_methods.c.detached_at.is_(None),
    ),
)
METHODS_OF_CUSTOMER = Query(
    PaymentMethod,
    sa.select(payment_methods)
    .where(
        payment_methods.c.store_id == _store,
        payment_methods.c.customer_id == _customer,
        payment_methods.c.detached_at.is_(None),
    )
    .order_by(payment_methods.c.is_default.desc(), payment_methods.c.created_at.desc()),
)
ONLY_DEFAULT = Command(
    sa.update(payment_methods)
    .where(
        payment_methods.c.store_id == _store,
        payment_methods.c.customer_id == _customer,
        payment_methods.c.provider == _provider,
        payment_methods.c.mode == sa.bindparam("in_mode", type_=payment_methods.c.mode.type),
        payment_methods.c.id != sa.bindparam("method_id"),
        payment_methods.c.is_default,
    )
    .values(is_default=False)
)
DETACH_METHOD = Command(
    sa.update(payment_methods)
    .where(
        payment_methods.c.store_id == _store,
        payment_methods.c.id == sa.bindparam("method_id"),
        payment_methods.c.detached_at.is_(None),
    )
    .values(
        is_default=False,
        detached_at=sa.bindparam("now", type_=payment_methods.c.detached_at.type),
    )
)
LIVE_PAID_WITH = Query(
    Subscription,
    sa.select(subscriptions)
    .where(
        subscriptions.c.store_id == _store,
        subscriptions.c.customer_id == _customer,
        sa.or_(
            subscriptions.c.payment_method_id == sa.bindparam("method_id"),
            sa.and_(
                sa.bindparam("is_default", type_=sa.Boolean),
                subscriptions.c.payment_method_id.is_(None),
                subscriptions.c.provider == _provider,
                subscriptions.c.mode == sa.bindparam("mode", type_=subscriptions.c.mode.type),
            ),
        ),
        subscriptions.c.status.not_in((_ENDED, SubscriptionStatus.INCOMPLETE)),
    )
    .order_by(subscriptions.c.id),
)
"""One that names no method is paid with its provider's default."""

ADD_UPDATE = Query(
    PaymentMethodUpdate,
    sa.insert(payment_method_updates)
    .values(_values(payment_method_updates))
    .returning(payment_method_updates),
)
UPDATE = Query(
    PaymentMethodUpdate,
    sa.select(payment_method_updates).where(
        payment_method_updates.c.store_id == _store, payment_method_updates.c.id == _id
    ),
)
NAME_UPDATE = Command(
    sa.update(payment_method_updates)
    .where(
        payment_method_updates.c.store_id == _store,
        payment_method_updates.c.id == sa.bindparam("update_id"),
    )
    .values(_to(payment_method_updates, "provider_ref", "updated_at"))
)
END_UPDATE = Query(
    PaymentMethodUpdate,
    sa.update(payment_method_updates)
    .where(
        payment_method_updates.c.store_id == _store,
        payment_method_updates.c.id == sa.bindparam("update_id"),
        payment_method_updates.c.state == AttemptState.PENDING,
    )
    .values(
        _to(
            payment_method_updates,
            "state", "payment_method_id", "failure_message", "updated_at",
        )
    )
    .returning(payment_method_updates),
)  # fmt: skip

ADD_CANCELLATION = Query(
    Cancellation,
    sa.insert(cancellations).values(_values(cancellations)).returning(cancellations),
)
CANCELLATION = Query(
    Cancellation,
    sa.select(cancellations).where(cancellations.c.store_id == _store, cancellations.c.id == _id),
)
LATEST_CANCELLATION = Query(
    Cancellation,
    sa.select(cancellations)
    .where(
        cancellations.c.store_id == _store,
        cancellations.c.subscription_id == _subscription,
        cancellations.c.state == AttemptState.SUCCEEDED,
        cancellations.c.undone_at.is_(None),
    )
    .order_by(cancellations.c.created_at.desc(), cancellations.c.id.desc())
    .limit(1),
)
END_CANCELLATION = Query(
    Cancellation,
    sa.update(cancellations)
    .where(
        cancellations.c.store_id == _store,
        cancellations.c.id == sa.bindparam("cancellation_id"),
        cancellations.c.state == AttemptState.PENDING,
    )
    .values(_to(cancellations, "state"))
    .returning(cancellations),
)
UNDO_CANCELLATIONS = Command(
    sa.update(cancellations)
    .where(
        cancellations.c.store_id == _store,
        cancellations.c.subscription_id == _subscription,
        cancellations.c.state == AttemptState.SUCCEEDED,
        cancellations.c.undone_at.is_(None),
    )
    .values(undone_at=sa.bindparam("now", type_=cancellations.c.undone_at.type))
)
DROP_CANCELLATIONS = Command(
    sa.update(cancellations)
    .where(
        cancellations.c.store_id == _store,
        cancellations.c.subscription_id == _subscription,
        cancellations.c.state == AttemptState.PENDING,
    )
    .values(state=AttemptState.CANCELED)
)

_change = sa.bindparam("change_id", type_=sa.Text)
_this_change = sa.and_(
    subscription_changes.c.store_id == _store, subscription_changes.c.id == _change
)
ADD_CHANGE = Query(
    SubscriptionChange,
    sa.insert(subscription_changes)
    .values(_values(subscription_changes))
    .returning(subscription_changes),
)
CHANGE = Query(SubscriptionChange, sa.select(subscription_changes).where(_this_change))
CHANGES_OF = Query(
    SubscriptionChange,
    sa.select(subscription_changes)
    .where(
        subscription_changes.c.store_id == _store,
        subscription_changes.c.subscription_id == _subscription,
    )
    .order_by(subscription_changes.c.created_at.desc(), subscription_changes.c.id.desc())
    .limit(50),
)
MOVE_CHANGE = Query(
    SubscriptionChange,
    sa.update(subscription_changes)
    .where(
        _this_change,
        subscription_changes.c.state
        == sa.bindparam("old_state", type_=subscription_changes.c.state.type),
    )
    .values(_to(subscription_changes, "state", "failure_message", "updated_at"))
    .returning(subscription_changes),
)
"""A statement that checks and moves on in one: of two buttons pressed at once, one wins."""
DROP_PREVIEWS = Command(
    sa.delete(subscription_changes).where(
        subscription_changes.c.store_id == _store,
        subscription_changes.c.subscription_id == _subscription,
        subscription_changes.c.state == ChangeState.PREVIEWED,
    )
)
