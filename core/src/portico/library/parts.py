"""The pieces that the statements of ``portico.library.queries`` are put together from.

Every piece takes the parameters ``store_id`` and ``customer_id``: an id of another customer or
store finds nothing.
"""

from typing import Any

import sqlalchemy as sa

from portico.catalog.models import FileState
from portico.catalog.tables import bundle_products, file_versions, files
from portico.db.packing import packed
from portico.entitlements.models import Grant
from portico.entitlements.queries import OwnedItem
from portico.entitlements.tables import grants
from portico.licenses.models import LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import PAID, OrderKind
from portico.orders.tables import order_items, orders
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.subscriptions.tables import payment_methods, subscriptions

STORE: sa.BindParameter[str] = sa.bindparam("store_id")
CUSTOMER: sa.BindParameter[str] = sa.bindparam("customer_id")


def of_customer(table: sa.Table) -> sa.ColumnElement[bool]:
    """Rows of the customer."""
    return sa.and_(table.c.store_id == STORE, table.c.customer_id == CUSTOMER)


def paid(table: sa.Table = orders) -> sa.ColumnElement[bool]:
    """Orders that were paid, even if the money went back: others are attempts, no purchases."""
    return table.c.state.in_(PAID)


def column(model: type[Any], select: sa.Select[Any], name: str) -> sa.Label[Any]:
    """A packed list under the name of the field it fills."""
    return packed(model, select).label(name)


# What several lists of one statement need is a CTE, so that it is looked up once.
_lines = (
    sa.select(
        order_items.c.id,
        order_items.c.order_id,
        order_items.c.product_id,
        orders.c.mode,
        orders.c.state,
        orders.c.subscription_id,
        sa.func.coalesce(orders.c.paid_at, orders.c.created_at, type_=orders.c.paid_at.type).label(
            "since"
        ),
    )
    .select_from(
        orders.join(
            order_items,
            sa.and_(
                order_items.c.store_id == orders.c.store_id, order_items.c.order_id == orders.c.id
            ),
        )
    )
    .where(of_customer(orders), paid(), orders.c.kind == OrderKind.PURCHASE)
    .cte("lines")
)
owned_items = sa.select(*[one for one in _lines.c if one.key != "id"]).order_by(
    _lines.c.since, _lines.c.id
)

own_subscriptions = sa.select(subscriptions).where(
    of_customer(subscriptions), subscriptions.c.status != SubscriptionStatus.INCOMPLETE
)
own_grants = sa.select(grants).where(of_customer(grants), grants.c.revoked_at.is_(None))
# A key that its issuer never made and never will is nothing to show.
own_licenses = sa.select(licenses).where(
    of_customer(licenses),
    sa.or_(
        licenses.c.state.in_((LicenseState.PENDING, LicenseState.ACTIVE)),
        sa.and_(licenses.c.state == LicenseState.DISABLED, licenses.c.key.is_not(None)),
    ),
)
own_methods = sa.select(payment_methods).where(of_customer(payment_methods))

# Product ids a customer has anything to do with, bundles first as such, then what is in them.
_mine = sa.union(
    sa.select(_lines.c.product_id),
    own_subscriptions.with_only_columns(subscriptions.c.product_id),
    own_grants.with_only_columns(grants.c.product_id),
).cte("mine")
_parts = (
    sa.select(bundle_products.c.bundle_id, bundle_products.c.product_id)
    .where(bundle_products.c.store_id == STORE)
    .where(bundle_products.c.bundle_id.in_(sa.select(_mine.c.product_id)))
    .cte("parts")
)
_reach = sa.union(sa.select(_mine.c.product_id), sa.select(_parts.c.product_id)).cte("reach")

_files = (
    sa.select(files)
    .where(
        files.c.store_id == STORE,
        files.c.state == FileState.ACTIVE,
        files.c.product_id.in_(sa.select(_reach.c.product_id)),
    )
    .cte("own_files")
)
all_versions = (
    sa.select(file_versions)
    .select_from(
        _files.join(
            file_versions,
            sa.and_(file_versions.c.store_id == STORE, file_versions.c.file_id == _files.c.id),
        )
    )
    .order_by(file_versions.c.number.desc())
)

_ONE: sa.ColumnClause[int] = sa.literal_column("1")
_attached_methods = own_methods.where(payment_methods.c.detached_at.is_(None))

SECTIONS = sa.select(
    sa.exists(sa.select(_ONE).select_from(_lines)).label("purchases"),
    sa.exists(own_subscriptions.with_only_columns(_ONE)).label("subscriptions"),
    sa.exists(sa.select(_ONE).select_from(_files)).label("downloads"),
    sa.exists(own_licenses.with_only_columns(_ONE)).label("licenses"),
    sa.exists(_attached_methods.with_only_columns(_ONE)).label("methods"),
)


HOLDINGS: tuple[sa.Label[Any], ...] = (
    sa.exists(own_licenses.with_only_columns(_ONE)).label("has_licenses"),
    sa.exists(_attached_methods.with_only_columns(_ONE)).label("has_methods"),
    column(OwnedItem, owned_items, "owned"),
    column(Subscription, own_subscriptions, "subscriptions"),
    column(Grant, own_grants, "grants"),
)
"""The columns of ``Holdings``."""
