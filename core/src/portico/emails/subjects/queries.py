"""Statements about what a mail is about."""

from dataclasses import dataclass

import sqlalchemy as sa

from portico.catalog.models import FileState, Product, ProductState
from portico.catalog.tables import bundle_products, file_versions, files, products
from portico.customers.models import Customer
from portico.customers.tables import customers
from portico.db import Query, in_list
from portico.licenses.models import License, LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import Order, OrderItem
from portico.orders.tables import order_items, orders
from portico.subscriptions.models import PaymentMethod, Subscription, SubscriptionStatus
from portico.subscriptions.tables import payment_methods, subscriptions

_RUNNING = (
    SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FileOfProduct:
    """The newest version of a product's file, by its name for customers. ``size`` is in bytes."""

    product_id: str
    name: str
    label: str
    number: int
    size: int


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version of a file that buyers are told about. ``size`` is in bytes."""

    product_id: str
    product: str
    name: str
    label: str
    number: int
    notes: str
    size: int


@dataclass(frozen=True, slots=True)
class ExpiringCard:
    """A card that pays for a running subscription, and whose it is."""

    method_id: str
    subscription_id: str
    customer_id: str
    email: str
    locale: str | None


_store: sa.BindParameter[str] = sa.bindparam("store_id")

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
LICENSES_BY_ID = Query(
    License,
    sa.select(licenses)
    .where(
        licenses.c.store_id == _store,
        in_list(licenses.c.id, "license_ids"),
        licenses.c.state == LicenseState.ACTIVE,
    )
    .order_by(licenses.c.id),
)
_newer = file_versions.alias("newer")
FILES = Query(
    FileOfProduct,
    sa.select(
        files.c.product_id,
        files.c.name,
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
        files.c.name,
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
_pays = sa.and_(
    subscriptions.c.store_id == payment_methods.c.store_id,
    subscriptions.c.customer_id == payment_methods.c.customer_id,
    subscriptions.c.mode == payment_methods.c.mode,
    sa.or_(
        subscriptions.c.payment_method_id == payment_methods.c.id,
        sa.and_(
            subscriptions.c.payment_method_id.is_(None),
            subscriptions.c.provider == payment_methods.c.provider,
            payment_methods.c.is_default.is_(True),
        ),
    ),
)
EXPIRING_CARDS = Query(
    ExpiringCard,
    sa.select(
        payment_methods.c.id.label("method_id"),
        sa.func.min(subscriptions.c.id).label("subscription_id"),
        customers.c.id.label("customer_id"),
        customers.c.email,
        customers.c.locale,
    )
    .select_from(
        payment_methods.join(subscriptions, _pays).join(
            customers,
            sa.and_(
                customers.c.store_id == payment_methods.c.store_id,
                customers.c.id == payment_methods.c.customer_id,
            ),
        )
    )
    .where(
        payment_methods.c.store_id == _store,
        payment_methods.c.mode == sa.bindparam("mode"),
        payment_methods.c.exp_year == sa.bindparam("year"),
        payment_methods.c.exp_month == sa.bindparam("month"),
        payment_methods.c.detached_at.is_(None),
        subscriptions.c.status.in_(_RUNNING),
        # What ends anyway is charged no more.
        subscriptions.c.cancel_at.is_(None),
    )
    .group_by(payment_methods.c.id, customers.c.id, customers.c.email, customers.c.locale),
)
SUBSCRIPTION = Query(
    Subscription,
    sa.select(subscriptions).where(
        subscriptions.c.store_id == _store, subscriptions.c.id == sa.bindparam("id")
    ),
)
