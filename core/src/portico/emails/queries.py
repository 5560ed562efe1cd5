"""Statements about mails and their templates."""

from dataclasses import dataclass

import sqlalchemy as sa

from portico.catalog.models import FileState, Product
from portico.catalog.tables import bundle_products, file_versions, files, products
from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Command, Query, UTCDateTime, in_list, insert_or_ignore
from portico.emails.models import Email, EmailState, EmailTemplate
from portico.emails.tables import email_templates, emails
from portico.licenses.models import License, LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderItem
from portico.orders.tables import order_items, orders
from portico.subscriptions.models import Subscription
from portico.subscriptions.tables import subscriptions


@dataclass(frozen=True, slots=True)
class FileOfProduct:
    """The newest version of a product's file, as a mail names it. ``size`` is in bytes."""

    product_id: str
    filename: str
    label: str
    number: int
    size: int


_store: sa.BindParameter[str] = sa.bindparam("store_id")
_id: sa.BindParameter[str] = sa.bindparam("email_id")

ADD = Query(
    str,
    insert_or_ignore(emails, ["id"])
    .values(
        id=sa.bindparam("id"),
        store_id=sa.bindparam("store_id"),
        customer_id=sa.bindparam("customer_id"),
        order_id=sa.bindparam("order_id"),
        kind=sa.bindparam("kind"),
        locale=sa.bindparam("locale"),
        to_address=sa.bindparam("to_address"),
        message_id=sa.bindparam("message_id"),
        params=sa.bindparam("params"),
        state=EmailState.QUEUED,
        attempts=0,
        created_at=sa.bindparam("created_at"),
    )
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
    )
)

TEMPLATES = Query(
    EmailTemplate,
    sa.select(email_templates).where(
        email_templates.c.store_id == _store,
        email_templates.c.kind == sa.bindparam("kind"),
        email_templates.c.enabled.is_(True),
    ),
)
ADD_TEMPLATE = Command(sa.insert(email_templates))

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
SUBSCRIPTION = Query(
    Subscription,
    sa.select(subscriptions).where(
        subscriptions.c.store_id == _store, subscriptions.c.id == sa.bindparam("id")
    ),
)
