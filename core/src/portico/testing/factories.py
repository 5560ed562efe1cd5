"""Makes stores, customers, products and paid orders for tests, in one line each."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from portico.catalog import service as catalog
from portico.catalog.models import Interval, Price, Product
from portico.customers import service as customers
from portico.customers.models import Customer
from portico.db import Command
from portico.db.columns import next_number
from portico.hooks.licenses import LicenseGrant
from portico.hooks.plugin import PluginSettings
from portico.ids import new_id
from portico.licenses.models import License, LicenseState
from portico.orders.listed import listed
from portico.orders.models import (
    Order,
    OrderItem,
    OrderKind,
    OrderState,
    Payment,
    PaymentState,
)
from portico.orders.tables import order_items, orders, payments
from portico.runtime import Runtime
from portico.sessions.models import AttemptState, Audience, SignInAttempt
from portico.sessions.tables import sign_in_attempts
from portico.stores import service as stores
from portico.stores.models import Store
from portico.subscriptions import counts
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.subscriptions.tables import subscriptions

__all__ = [
    "add_subscription", "make_attempt", "make_customer", "make_grant", "make_order",
    "make_paid_order", "make_payment", "make_price", "make_product", "make_store",
    "make_subscription",
]  # fmt: skip

_count = itertools.count(1)


async def make_store(rt: Runtime, slug: str | None = None, **options: Any) -> Store:
    """A store in test mode with every plugin on, also those that ``starts_on`` keeps off."""
    slug = slug or f"store-{next(_count)}"
    options.setdefault("plugins", set(rt.registry.plugins))
    return await stores.create(rt, slug=slug, name=slug.title(), by="test", **options)


async def make_customer(rt: Runtime, store: Store, email: str | None = None) -> Customer:
    """A customer of the store."""
    address = email or f"customer-{next(_count)}@example.com"
    async with rt.db.transaction():
        return await customers.find_or_create(rt, store, address, name="Ada Example")


async def make_product(rt: Runtime, store: Store, **options: Any) -> Product:
    """A product without a price."""
    slug = options.pop("slug", None) or f"product-{next(_count)}"
    options.setdefault("name", slug.title())
    return await catalog.create_product(rt, store, slug=slug, by="test", **options)


async def make_price(
    rt: Runtime, store: Store, product: Product, interval: Interval | None = None, **options: Any
) -> Price:
    """A price of 20.00; a recurring one with an ``interval``."""
    options.setdefault("unit_amount", 2000)
    options.setdefault("currency", store.currency)
    options.setdefault("by", "test")
    return await catalog.add_price(rt, store, product.id, interval=interval, **options)


def make_order(
    store: Store, customer: Customer, price: Price, product: Product, **changes: Any
) -> tuple[Order, list[OrderItem]]:
    """An unpaid order of one product, as core would hand it to a plugin; it is not stored."""
    fields: dict[str, Any] = {
        "store_id": store.id, "id": new_id("ord"), "number": next(_count) + 5000,
        "customer_id": customer.id, "kind": OrderKind.PURCHASE, "mode": store.mode,
        "state": OrderState.PENDING, "currency": price.currency, "total": price.unit_amount,
        "refunded": 0, "provider": None, "locale": store.locale, "subscription_id": None,
        "created_at": store.created_at, "paid_at": None,
    }  # fmt: skip
    order = Order(**(fields | changes))
    item = OrderItem(
        store_id=store.id, id=new_id("itm"), order_id=order.id, product_id=product.id,
        price_id=price.id, description=product.name, quantity=1, unit_amount=price.unit_amount,
        amount=price.unit_amount,
    )  # fmt: skip
    return order, [item]


def make_payment(order: Order, provider: str, **changes: Any) -> Payment:
    """An attempt to collect an order's money; it is not stored."""
    payment_id = new_id("pay")
    fields: dict[str, Any] = {
        "store_id": order.store_id, "id": payment_id, "order_id": order.id, "mode": order.mode,
        "provider": provider, "provider_ref": None, "state": PaymentState.PENDING,
        "amount": order.total, "currency": order.currency, "payment_method_id": None,
        "failure_message": None, "idempotency_key": payment_id, "created_at": order.created_at,
        "updated_at": order.created_at,
    }  # fmt: skip
    return Payment(**(fields | changes))


async def make_paid_order(
    rt: Runtime,
    store: Store,
    customer: Customer,
    product: Product,
    *,
    price: Price | None = None,
    provider: str | None = None,
    **changes: Any,
) -> Order:
    """A stored order that is paid; with a ``provider``, its payment too."""
    price = price or await make_price(rt, store, product)
    now = rt.clock.now()
    paid = {"state": OrderState.PAID, "created_at": now, "paid_at": now, "provider": provider}
    order, items = make_order(store, customer, price, product, **(paid | changes))
    row: dict[str, Any] = _row(order) | {"number": next_number("orders")}
    async with rt.db.transaction():
        await rt.db.run(Command(sa.insert(orders).values(row)))
        for item in items:
            await rt.db.run(Command(sa.insert(order_items).values(_row(item))))
        await listed(rt, store, order.id)
        if provider is not None:
            payment = make_payment(
                order, provider, state=PaymentState.SUCCEEDED, provider_ref=new_id("ref")
            )
            await rt.db.run(Command(sa.insert(payments).values(_row(payment))))
    return order


def make_subscription(
    store: Store, customer: Customer, price: Price, product: Product, provider: str, **changes: Any
) -> Subscription:
    """A running subscription, as core would hand it to a plugin; it is not stored."""
    start = store.created_at
    fields: dict[str, Any] = {
        "store_id": store.id, "id": new_id("sub"), "number": next(_count) + 5000,
        "customer_id": customer.id, "product_id": product.id, "price_id": price.id,
        "description": product.name, "mode": store.mode, "provider": provider,
        "provider_ref": None, "status": SubscriptionStatus.ACTIVE, "currency": price.currency,
        "amount": price.unit_amount, "quantity": 1, "interval": price.interval or Interval.MONTH,
        "interval_count": price.interval_count, "current_period_start": start,
        "current_period_end": start, "trial_end": None, "cancel_at": None, "canceled_at": None,
        "ended_at": None, "past_due_since": None, "payment_method_id": None, "created_at": start,
        "updated_at": start,
    }  # fmt: skip
    return Subscription(**(fields | changes))


async def add_subscription(rt: Runtime, store: Store, subscription: Subscription) -> None:
    """Store what ``make_subscription`` made, and count it."""
    async with rt.db.transaction():
        await rt.db.run(Command(sa.insert(subscriptions).values(_row(subscription))))
        await counts.moved(rt, store, None, subscription)


def make_grant(
    store: Store, customer: Customer, product: Product, settings: PluginSettings, issuer: str,
    **changes: Any,
) -> LicenseGrant:  # fmt: skip
    """A license key that is due, as core would ask for it; it is not stored."""
    license_id = new_id("lic")
    pending = License(
        store_id=store.id, id=license_id, number=next(_count) + 5000,
        grant_key=f"test:{license_id}", customer_id=customer.id, product_id=product.id,
        order_id=None, order_item_id=None, mode=store.mode, issuer=issuer, key=None,
        state=LicenseState.PENDING, data={}, expires_at=None, replaced_by=None,
        created_at=store.created_at,
    )  # fmt: skip
    fields: dict[str, Any] = {
        "license": pending, "product": product, "customer": customer, "order": None,
        "settings": settings,
    }  # fmt: skip
    return LicenseGrant(**(fields | changes))


async def make_attempt(
    rt: Runtime,
    store: Store | None,
    method: str,
    *,
    email: str,
    subject_id: str | None,
    audience: Audience = Audience.CUSTOMER,
    **changes: Any,
) -> SignInAttempt:
    """A stored attempt to sign in, as core makes one before it asks the plugin."""
    now = rt.clock.now()
    fields: dict[str, Any] = {
        "id": new_id("att"), "audience": audience, "store_id": store.id if store else None,
        "email": email, "subject_id": subject_id, "method": method, "device": new_id("dev"),
        "next_path": "", "locale": "en", "ip": "192.0.2.1", "state": AttemptState.PENDING,
        "tries": 0, "created_at": now, "expires_at": now + timedelta(minutes=30),
    }  # fmt: skip
    attempt = SignInAttempt(**(fields | changes))
    await rt.db.run(Command(sa.insert(sign_in_attempts).values(_row(attempt))))
    return attempt


def _row(record: Any) -> dict[str, Any]:
    return {one.name: getattr(record, one.name) for one in dataclasses.fields(record)}
