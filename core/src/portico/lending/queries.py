"""What core lets plugins read, and the little they may write, of its own tables."""

import sqlalchemy as sa

from portico.catalog.models import FileState, FileVersion, Price, Product, ProductState
from portico.catalog.tables import file_versions, files, prices, products
from portico.customers.models import Customer
from portico.customers.tables import customers, provider_customers
from portico.db import Command, Query, insert_or_ignore
from portico.orders.models import PAID, Order, OrderItem, OrderKind, Payment, Refund
from portico.orders.tables import order_items, orders, payments, refunds
from portico.sessions.models import SignInAttempt
from portico.sessions.tables import sign_in_attempts
from portico.subscriptions.models import PaymentMethod, Subscription, SubscriptionStatus
from portico.subscriptions.tables import payment_methods, subscriptions

_store = sa.bindparam("store_id", type_=sa.Text)
_id = sa.bindparam("id", type_=sa.Text)
_customer = sa.bindparam("customer_id", type_=sa.Text)
_provider = sa.bindparam("provider", type_=sa.Text)
_ref = sa.bindparam("provider_ref", type_=sa.Text)

COUNT_PURCHASES = Query(
    int,
    sa.select(sa.func.count())
    .select_from(orders)
    .where(
        orders.c.store_id == _store,
        orders.c.customer_id == _customer,
        orders.c.mode == sa.bindparam("mode", type_=orders.c.mode.type),
        orders.c.kind == OrderKind.PURCHASE,
        orders.c.state.in_(PAID),
    ),
)
ORDER = Query(Order, sa.select(orders).where(orders.c.store_id == _store, orders.c.id == _id))
ORDER_BY_NUMBER = Query(
    Order,
    sa.select(orders).where(
        orders.c.store_id == _store, orders.c.number == sa.bindparam("number", type_=sa.BigInteger)
    ),
)
ORDERS_OF_CUSTOMER = Query(
    Order,
    sa.select(orders)
    .where(
        orders.c.store_id == _store,
        orders.c.customer_id == _customer,
        orders.c.mode == sa.bindparam("mode", type_=orders.c.mode.type),
        orders.c.paid_at.is_not(None),
    )
    .order_by(orders.c.created_at.desc(), orders.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
ITEMS = Query(
    OrderItem,
    sa.select(order_items)
    .where(order_items.c.store_id == _store, order_items.c.order_id == _id)
    .order_by(order_items.c.id),
)
PAYMENT = Query(
    Payment,
    sa.select(payments).where(
        payments.c.store_id == _store,
        payments.c.provider == _provider,
        payments.c.provider_ref == _ref,
    ),
)
REFUND = Query(
    Refund,
    sa.select(refunds).where(
        refunds.c.store_id == _store,
        refunds.c.provider == _provider,
        refunds.c.provider_ref == _ref,
    ),
)

CUSTOMER = Query(
    Customer, sa.select(customers).where(customers.c.store_id == _store, customers.c.id == _id)
)
LINK = Command(
    insert_or_ignore(provider_customers).values(
        store_id=_store, provider=_provider, provider_ref=_ref, customer_id=_customer
    )
)
REFS = Query(
    str,
    sa.select(provider_customers.c.provider_ref)
    .where(
        provider_customers.c.store_id == _store,
        provider_customers.c.provider == _provider,
        provider_customers.c.customer_id == _customer,
    )
    .order_by(provider_customers.c.provider_ref),
)

_owned = (subscriptions.c.store_id == _store, subscriptions.c.provider == _provider)
SUBSCRIPTION = Query(
    Subscription, sa.select(subscriptions).where(*_owned, subscriptions.c.id == _id)
)
SUBSCRIPTION_BY_REF = Query(
    Subscription, sa.select(subscriptions).where(*_owned, subscriptions.c.provider_ref == _ref)
)
LIVE_SUBSCRIPTIONS = Query(
    Subscription,
    sa.select(subscriptions)
    .where(
        *_owned,
        subscriptions.c.status != SubscriptionStatus.CANCELED,
        subscriptions.c.id > sa.bindparam("after", type_=sa.Text),
    )
    .order_by(subscriptions.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
PAYMENT_METHODS = Query(
    PaymentMethod,
    sa.select(payment_methods)
    .where(
        payment_methods.c.store_id == _store,
        payment_methods.c.provider == _provider,
        payment_methods.c.customer_id == _customer,
        payment_methods.c.detached_at.is_(None),
    )
    .order_by(payment_methods.c.is_default.desc(), payment_methods.c.id),
)

PRODUCT = Query(
    Product, sa.select(products).where(products.c.store_id == _store, products.c.id == _id)
)
PRICE = Query(Price, sa.select(prices).where(prices.c.store_id == _store, prices.c.id == _id))
SOLD = Query(
    Product,
    sa.select(products)
    .where(products.c.store_id == _store, products.c.state == ProductState.ACTIVE)
    .order_by(products.c.name, products.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
PRICES_SOLD = Query(
    Price,
    sa.select(prices)
    .where(prices.c.store_id == _store, prices.c.active)
    .order_by(prices.c.created_at, prices.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer)),
)
_newer = file_versions.alias("newer")
NEWEST_VERSIONS = Query(
    FileVersion,
    sa.select(file_versions)
    .join(
        files,
        sa.and_(
            files.c.store_id == file_versions.c.store_id, files.c.id == file_versions.c.file_id
        ),
    )
    .where(
        file_versions.c.store_id == _store,
        files.c.product_id == _id,
        files.c.state == FileState.ACTIVE,
        file_versions.c.number
        == sa.select(sa.func.max(_newer.c.number))
        .where(
            _newer.c.store_id == file_versions.c.store_id,
            _newer.c.file_id == file_versions.c.file_id,
        )
        .scalar_subquery(),
    )
    .order_by(files.c.position, files.c.id),
)

# An attempt of a seller belongs to no store; each of a plugin's attempts names it as its method.
_attempt = (
    sign_in_attempts.c.method == sa.bindparam("method", type_=sa.Text),
    sa.or_(
        sign_in_attempts.c.store_id == _store,
        sa.and_(sign_in_attempts.c.store_id.is_(None), _store.is_(None)),
    ),
)
ATTEMPT = Query(
    SignInAttempt, sa.select(sign_in_attempts).where(*_attempt, sign_in_attempts.c.id == _id)
)
LATEST_ATTEMPT = Query(
    SignInAttempt,
    sa.select(sign_in_attempts)
    .where(
        *_attempt,
        sign_in_attempts.c.audience
        == sa.bindparam("audience", type_=sign_in_attempts.c.audience.type),
        sign_in_attempts.c.device == sa.bindparam("device", type_=sa.Text),
    )
    .order_by(sign_in_attempts.c.id.desc())
    .limit(1),
)
COUNT_TRY = Query(
    int,
    sa.update(sign_in_attempts)
    .where(*_attempt, sign_in_attempts.c.id == _id)
    .values(tries=sign_in_attempts.c.tries + 1)
    .returning(sign_in_attempts.c.tries),
)
