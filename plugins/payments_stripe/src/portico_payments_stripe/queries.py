"""Every statement of the plugin."""

import sqlalchemy as sa
from portico.api import Command, Query, UTCDateTime, in_list, insert_or_ignore, upsert

from portico_payments_stripe.models import (
    Account,
    Dispute,
    MethodUpdate,
    PaymentRef,
    PriceMap,
    SeenEvent,
    StripeCustomer,
    Sync,
    SyncState,
)
from portico_payments_stripe.tables import (
    accounts,
    customers,
    disputes,
    events,
    method_updates,
    payment_refs,
    prices,
    syncs,
)

_STORE = sa.bindparam("store_id", type_=sa.Text)
_ID = sa.bindparam("id", type_=sa.Text)
_MODE = sa.bindparam("mode", type_=sa.Text)
_NOW = sa.bindparam("now", type_=UTCDateTime)


def _row(table: sa.Table) -> dict[str, sa.BindParameter[object]]:
    return {c.name: sa.bindparam(c.name, type_=c.type) for c in table.c}


def _add(table: sa.Table) -> Command:
    """Add a row, unless it is there already."""
    return Command(insert_or_ignore(table).values(_row(table)))


def _keep(table: sa.Table, key: tuple[str, ...], *changed: str) -> Command:
    """Add a row, or change the one that is there."""
    return Command(upsert(table, list(key), list(changed)).values(_row(table)))


def _by_id(table: sa.Table) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(table.c.store_id == _STORE, table.c.id == _ID)


# Accounts

_account = (accounts.c.store_id == _STORE, accounts.c.mode == _MODE)
ACCOUNT = Query(Account, sa.select(accounts).where(*_account))
KEEP_ACCOUNT = _keep(accounts, ("store_id", "mode"), "id", "name", "updated_at")
FORGET_ACCOUNT = Command(sa.delete(accounts).where(*_account))


def _set(*names: str, where: tuple[sa.ColumnElement[bool], ...] = ()) -> Command:
    values = {name: sa.bindparam(f"new_{name}", type_=accounts.c[name].type) for name in names}
    return Command(sa.update(accounts).where(*_account, *where).values(values))


SET_WEBHOOK = _set("webhook_id", "webhook_url")
SET_CURSOR = _set("event_cursor")
SET_RECONCILED = _set("reconciled_at")
SET_PROBLEM = _set("problem", "failing_since")
NOTE_FAILURE = _set("failing_since", where=(accounts.c.failing_since.is_(None),))
NOTE_EVENT = Command(
    sa.update(accounts)
    .where(
        *_account,
        sa.or_(
            accounts.c.last_event_at.is_(None),
            accounts.c.last_event_at < sa.bindparam("before", type_=UTCDateTime),
        ),
    )
    .values(last_event_at=_NOW)
)

# Customers

ADD_CUSTOMER = _add(customers)
CUSTOMERS_OF = Query(
    StripeCustomer,
    sa.select(customers)
    .where(
        customers.c.store_id == _STORE,
        customers.c.mode == _MODE,
        customers.c.customer_id == sa.bindparam("customer_id", type_=sa.Text),
    )
    .order_by(customers.c.created_at.desc(), customers.c.id),
)
CUSTOMER = Query(StripeCustomer, _by_id(customers))
FORGET_CUSTOMER = Command(
    sa.delete(customers).where(customers.c.store_id == _STORE, customers.c.id == _ID)
)

# Prices

KEEP_PRICE = _keep(
    prices, ("store_id", "id"), "product", "price_id", "product_id", "tax_behavior", "ours"
)
FORGET_PRICE = Command(
    sa.delete(prices).where(prices.c.store_id == _STORE, prices.c.id == _ID, ~prices.c.ours)
)
FORGET_OURS = Command(
    sa.delete(prices).where(
        prices.c.store_id == _STORE,
        prices.c.mode == _MODE,
        prices.c.product_id == sa.bindparam("product_id", type_=sa.Text),
        prices.c.ours,
    )
)
PRICE = Query(PriceMap, _by_id(prices))
PRICES = Query(
    PriceMap,
    sa.select(prices)
    .where(prices.c.store_id == _STORE, in_list(prices.c.id, "ids"))
    .order_by(prices.c.id),
)
MAPPED_PRICES = Query(
    PriceMap,
    sa.select(prices)
    .where(prices.c.store_id == _STORE, prices.c.mode == _MODE, ~prices.c.ours)
    .order_by(prices.c.created_at.desc(), prices.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
SELLING = Query(
    PriceMap,
    sa.select(prices)
    .where(
        prices.c.store_id == _STORE,
        prices.c.mode == _MODE,
        prices.c.price_id == sa.bindparam("price_id", type_=sa.Text),
        prices.c.ours,
        prices.c.tax_behavior == sa.bindparam("tax_behavior", type_=sa.Text),
    )
    .order_by(prices.c.created_at.desc(), prices.c.id)
    .limit(1),
)
PRODUCT_OF = Query(
    str,
    sa.select(prices.c.product)
    .where(
        prices.c.store_id == _STORE,
        prices.c.mode == _MODE,
        prices.c.product_id == sa.bindparam("product_id", type_=sa.Text),
        prices.c.ours,
    )
    .order_by(prices.c.created_at, prices.c.id)
    .limit(1),
)

# What core calls a payment

KEEP_REF = _keep(payment_refs, ("store_id", "id"), "payment_ref")
REF = Query(PaymentRef, _by_id(payment_refs))

# Visits to the page for a new payment method

ADD_UPDATE = _add(method_updates)
UPDATE = Query(MethodUpdate, _by_id(method_updates))
SEEN_BY_OTHERS = Command(
    sa.update(method_updates)
    .where(
        method_updates.c.store_id == _STORE,
        method_updates.c.customer == sa.bindparam("of_customer", type_=sa.Text),
        method_updates.c.id != sa.bindparam("the_id", type_=sa.Text),
    )
    .values(default_before=sa.bindparam("new_default_before", type_=sa.Text))
)

# Events

ADD_EVENT = _add(events)
EVENT = Query(SeenEvent, _by_id(events))
DROP_EVENTS = Command(
    sa.delete(events).where(
        events.c.store_id == _STORE,
        events.c.seen_at < sa.bindparam("before", type_=UTCDateTime),
    )
)

# Disputes

KEEP_DISPUTE = _keep(
    disputes, ("store_id", "id"),
    "payment_ref", "amount", "currency", "reason", "status", "due_by", "updated_at",
)  # fmt: skip
DISPUTE = Query(Dispute, _by_id(disputes))
DISPUTES = Query(
    Dispute,
    sa.select(disputes)
    .where(disputes.c.store_id == _STORE, disputes.c.mode == _MODE)
    .order_by(disputes.c.created_at.desc(), disputes.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)

# Reconciliation

ADD_SYNC = _add(syncs)
SYNC = Query(Sync, _by_id(syncs))
LATEST_SYNC = Query(
    Sync,
    sa.select(syncs)
    .where(syncs.c.store_id == _STORE, syncs.c.mode == _MODE)
    .order_by(syncs.c.id.desc())
    .limit(1),
)
RUNNING_SYNC = Query(
    Sync,
    sa.select(syncs)
    .where(
        syncs.c.store_id == _STORE, syncs.c.mode == _MODE, syncs.c.state == SyncState.RUNNING.value
    )
    .order_by(syncs.c.id.desc())
    .limit(1),
)
_progress = ("state", "phase", "cursor", "seen", "repaired", "problem", "updated_at", "finished_at")
SAVE_SYNC = Command(
    sa.update(syncs)
    .where(syncs.c.store_id == _STORE, syncs.c.id == sa.bindparam("the_id", type_=sa.Text))
    .values({name: sa.bindparam(f"new_{name}", type_=syncs.c[name].type) for name in _progress})
)
