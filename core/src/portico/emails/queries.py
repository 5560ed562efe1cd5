"""Statements about mails and their templates."""

from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa

from portico.catalog.models import FileState, Product, ProductState
from portico.catalog.tables import bundle_products, file_versions, files, products
from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Command, Query, UTCDateTime, in_list, insert_or_ignore, upsert
from portico.emails.models import Email, EmailState, EmailTemplate
from portico.emails.tables import email_choices, email_pace, email_templates, emails
from portico.events.models import DeliveryState
from portico.events.tables import outbox
from portico.licenses.models import License, LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderItem
from portico.orders.tables import order_items, orders
from portico.subscriptions.models import PaymentMethod, Subscription
from portico.subscriptions.tables import payment_methods, subscriptions


@dataclass(frozen=True, slots=True)
class FileOfProduct:
    """The newest version of a product's file, as a mail names it. ``size`` is in bytes."""

    product_id: str
    filename: str
    label: str
    number: int
    size: int


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version of a file that buyers are told about. ``size`` is in bytes."""

    product_id: str
    product: str
    filename: str
    label: str
    number: int
    notes: str
    size: int


_store: sa.BindParameter[str] = sa.bindparam("store_id")
_id: sa.BindParameter[str] = sa.bindparam("email_id")

_ADDED = {
    name: sa.bindparam(name)
    for name in ("id", "store_id", "kind", "locale", "to_address", "message_id", "params",
                 "created_at")
} | {"state": EmailState.QUEUED, "attempts": 0, "history": []}  # fmt: skip
ADD_SENT = Command(sa.insert(emails).values(**_ADDED))
"""A mail that was sent at once, such as a test; its outcome is written next."""
ADD = Query(
    str,
    insert_or_ignore(emails, ["id"])
    .values(**_ADDED, customer_id=sa.bindparam("customer_id"), order_id=sa.bindparam("order_id"))
    .returning(emails.c.id),
)
FORGET = Command(sa.delete(emails).where(emails.c.id == _id))
"""A mail that was never to be sent: nothing tells that somebody asked for it."""
BY_ID = Query(Email, sa.select(emails).where(emails.c.id == _id))
OF_CUSTOMER = Query(
    Email,
    sa.select(emails)
    .where(emails.c.store_id == _store, emails.c.customer_id == sa.bindparam("customer_id"))
    .order_by(emails.c.created_at.desc(), emails.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
OUTCOME = Command(
    sa.update(emails)
    # What the server took stays sent, whatever a repeat of it meets.
    .where(emails.c.id == _id, emails.c.state != EmailState.SENT)
    .values(
        state=sa.bindparam("new_state", type_=emails.c.state.type),
        attempts=emails.c.attempts + 1,
        error=sa.bindparam("new_error"),
        subject=sa.bindparam("new_subject"),
        sent_at=sa.bindparam("new_sent_at", type_=UTCDateTime),
        response=sa.bindparam("new_response"),
        cause=sa.bindparam("new_cause"),
        next_at=sa.bindparam("new_next_at", type_=UTCDateTime),
        history=sa.bindparam("new_history", type_=emails.c.history.type),
    )
)
WAITS = Command(
    sa.update(emails)
    .where(emails.c.id == _id)
    .values(cause=sa.bindparam("new_cause"), next_at=sa.bindparam("new_next_at", type_=UTCDateTime))
)
"""A mail has its turn at a later time; nothing was tried."""
AGAIN = Command(
    sa.update(emails)
    .where(emails.c.id == _id, emails.c.state == EmailState.FAILED)
    .values(state=EmailState.QUEUED, error=None, cause=None, next_at=None)
)
AGAIN_OF_STORE = Command(
    sa.update(emails)
    .where(emails.c.store_id == _store, emails.c.state == EmailState.FAILED)
    .values(state=EmailState.QUEUED, error=None, cause=None, next_at=None)
)
OF_STORE = Query(Email, sa.select(emails).where(emails.c.store_id == _store, emails.c.id == _id))
SLOT = Query(
    int,
    upsert(
        email_pace,
        ["store_id"],
        {
            "next_ms": sa.case(
                (email_pace.c.next_ms > sa.bindparam("now_ms"), email_pace.c.next_ms),
                else_=sa.bindparam("now_ms"),
            )
            + sa.bindparam("step_ms")
        },
    )
    .values(store_id=_store, next_ms=sa.bindparam("first_ms"))
    .returning(email_pace.c.next_ms),
)
"""Take the store's next turn to send; returns the end of it, in milliseconds since 1970."""

UNSUBSCRIBE = Command(
    insert_or_ignore(email_choices, ["store_id", "customer_id", "kind"]).values(
        store_id=_store,
        customer_id=sa.bindparam("customer_id"),
        kind=sa.bindparam("kind"),
        unsubscribed_at=sa.bindparam("unsubscribed_at"),
    )
)
_choice = sa.and_(
    email_choices.c.store_id == _store,
    email_choices.c.customer_id == sa.bindparam("customer_id"),
    email_choices.c.kind == sa.bindparam("kind"),
)
SUBSCRIBE = Command(sa.delete(email_choices).where(_choice))
UNSUBSCRIBED = Query(
    int, sa.select(sa.literal_column("1")).select_from(email_choices).where(_choice)
)

TEMPLATES = Query(
    EmailTemplate,
    sa.select(email_templates)
    .where(
        email_templates.c.store_id == _store,
        email_templates.c.kind == sa.bindparam("kind"),
        email_templates.c.enabled.is_(True),
    )
    .order_by(email_templates.c.id),
)
"""The texts in force; of two that were saved at one moment the later one comes last."""
TEMPLATES_IN_FORCE = Query(
    EmailTemplate,
    sa.select(email_templates)
    .where(email_templates.c.store_id == _store, email_templates.c.enabled.is_(True))
    .order_by(email_templates.c.id),
)
_of_place = sa.and_(
    email_templates.c.store_id == _store,
    email_templates.c.kind == sa.bindparam("kind"),
    sa.func.coalesce(email_templates.c.product_id, "") == sa.bindparam("place_product"),
    sa.func.coalesce(email_templates.c.locale, "") == sa.bindparam("place_locale"),
)
TEMPLATE_HISTORY = Query(
    EmailTemplate,
    sa.select(email_templates)
    .where(_of_place)
    .order_by(email_templates.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
RETIRE_TEMPLATES = Command(
    sa.update(email_templates)
    .where(_of_place, email_templates.c.enabled.is_(True))
    .values(enabled=False)
)
ADD_TEMPLATE = Command(sa.insert(email_templates))

KEYS_SOLD = Query(
    int,
    sa.select(sa.literal_column("1"))
    .select_from(products)
    .where(
        products.c.store_id == _store,
        products.c.license_issuer.is_not(None),
        products.c.state == ProductState.ACTIVE,
        sa.or_(
            in_list(products.c.id, "product_ids"),
            sa.bindparam("any_product", type_=sa.Boolean).is_(True),
        ),
    )
    .limit(1),
)
"""Whether a license key comes with one of these products, or with any that is sold."""
CUSTOMER = Query(
    Customer,
    sa.select(customers).where(
        customers.c.store_id == _store, customers.c.id == sa.bindparam("customer_id")
    ),
)
ORDER = Query(
    Order, sa.select(orders).where(orders.c.store_id == _store, orders.c.id == sa.bindparam("id"))
)
ITEMS = Query(
    OrderItem,
    sa.select(order_items)
    .where(order_items.c.store_id == _store, order_items.c.order_id == sa.bindparam("order_id"))
    .order_by(order_items.c.id),
)
_bought = (
    sa.select(order_items.c.product_id)
    .where(order_items.c.store_id == _store, order_items.c.order_id == sa.bindparam("order_id"))
    .cte("bought")
)
_within = sa.union(
    sa.select(_bought.c.product_id),
    sa.select(bundle_products.c.product_id).where(
        bundle_products.c.store_id == _store,
        bundle_products.c.bundle_id.in_(sa.select(_bought.c.product_id)),
    ),
).cte("within")
PRODUCTS = Query(
    Product,
    sa.select(products)
    .where(products.c.store_id == _store, products.c.id.in_(sa.select(_within.c.product_id)))
    .order_by(products.c.id),
)
"""What was bought and, of a bundle, what is in it."""
LICENSES = Query(
    License,
    sa.select(licenses)
    .where(
        licenses.c.store_id == _store,
        licenses.c.order_id == sa.bindparam("order_id"),
        licenses.c.state == LicenseState.ACTIVE,
    )
    .order_by(licenses.c.id),
)
_newer = file_versions.alias("newer")
FILES = Query(
    FileOfProduct,
    sa.select(
        files.c.product_id,
        file_versions.c.filename,
        file_versions.c.label,
        file_versions.c.number,
        file_versions.c.size,
    )
    .select_from(
        file_versions.join(
            files,
            sa.and_(
                files.c.store_id == file_versions.c.store_id,
                files.c.id == file_versions.c.file_id,
            ),
        )
    )
    .where(
        file_versions.c.store_id == _store,
        files.c.state == FileState.ACTIVE,
        in_list(files.c.product_id, "product_ids"),
        file_versions.c.number
        == sa.select(sa.func.max(_newer.c.number))
        .where(
            _newer.c.store_id == file_versions.c.store_id,
            _newer.c.file_id == file_versions.c.file_id,
        )
        .scalar_subquery(),
    )
    .order_by(files.c.product_id, files.c.position, files.c.id),
)
"""The newest version of every file of these products."""
FILE_VERSION = Query(
    NewVersion,
    sa.select(
        files.c.product_id,
        products.c.name.label("product"),
        file_versions.c.filename,
        file_versions.c.label,
        file_versions.c.number,
        file_versions.c.notes,
        file_versions.c.size,
    )
    .select_from(
        file_versions.join(
            files,
            sa.and_(
                files.c.store_id == file_versions.c.store_id,
                files.c.id == file_versions.c.file_id,
            ),
        ).join(
            products,
            sa.and_(products.c.store_id == files.c.store_id, products.c.id == files.c.product_id),
        )
    )
    .where(file_versions.c.store_id == _store, file_versions.c.id == sa.bindparam("id")),
)
PAYMENT_METHOD = Query(
    PaymentMethod,
    sa.select(payment_methods).where(
        payment_methods.c.store_id == _store, payment_methods.c.id == sa.bindparam("id")
    ),
)
SUBSCRIPTION = Query(
    Subscription,
    sa.select(subscriptions).where(
        subscriptions.c.store_id == _store, subscriptions.c.id == sa.bindparam("id")
    ),
)


DEAD_LETTERS = Query(
    Email,
    sa.select(emails)
    .where(
        emails.c.store_id == _store,
        emails.c.id.in_(
            sa.select(sa.func.substr(outbox.c.key, len("mail:") + 1)).where(
                outbox.c.store_id == _store,
                outbox.c.state == DeliveryState.DEAD,
                outbox.c.kind == "mail",
            )
        ),
    )
    .order_by(emails.c.message_id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
"""Also those whose worker died each time, before it could write down anything."""


@cache
def search(address: bool, kind: bool, state: bool, direction: str) -> Query[Email]:
    """A store's mails, narrowed to what is given; ``after`` is oldest first."""
    where = [emails.c.store_id == _store]
    if address:
        where.append(emails.c.to_address.like(sa.bindparam("address"), escape="!"))
    if kind:
        where.append(emails.c.kind == sa.bindparam("the_kind"))
    if state:
        where.append(emails.c.state == sa.bindparam("the_state", type_=emails.c.state.type))
    cursor: sa.BindParameter[str] = sa.bindparam("cursor")
    if direction == "before":
        where.append(emails.c.message_id < cursor)
    elif direction == "after":
        where.append(emails.c.message_id > cursor)
    order = emails.c.message_id.asc() if direction == "after" else emails.c.message_id.desc()
    limit = sa.bindparam("limit", type_=sa.BigInteger)
    return Query(Email, sa.select(emails).where(*where).order_by(order).limit(limit))
