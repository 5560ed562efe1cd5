"""Rows of a store, written straight into the tables, so that a page is tested on known data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from portico import tables
from portico.activation.models import Activation
from portico.catalog.models import FileState, Interval, ProductState
from portico.db import Command, Database
from portico.ids import new_id
from portico.licenses.models import LicenseState
from portico.orders.models import OrderKind, OrderState, PaymentState
from portico.stores.models import Mode
from portico.subscriptions.models import SubscriptionStatus

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Rows:
    """Collects rows and writes them in one transaction. Every method returns the row's id."""

    def __init__(self, store_id: str = "", number: int = 2000) -> None:
        self.store_id = store_id or new_id("st")
        self.rows: list[tuple[sa.Table, dict[str, Any]]] = []
        self.names: dict[str, str] = {}
        self._number = number

    def add(self, table: sa.Table, prefix: str, **values: Any) -> str:
        row: dict[str, Any] = {"id": new_id(prefix)}
        if "store_id" in table.c:
            row["store_id"] = self.store_id
        if "number" in table.c:
            self._number += 1
            row["number"] = self._number
        row.update(values)
        self.rows.append((table, row))
        return str(row["id"])

    async def write(self, database: Database) -> None:
        """Write what was collected since the last time."""
        async with database.transaction():
            for table, row in self.rows:
                await database.run(Command(sa.insert(table).values(row)))
        self.rows.clear()

    def store(self, slug: str = "demo", **values: Any) -> str:
        return self.add(
            tables.stores.stores, "st",
            **{"id": self.store_id, "slug": slug, "name": "Northwind Type", "mode": Mode.TEST,
               "currency": "EUR", "locale": "en", "timezone": "Europe/Berlin",
               "support_email": "help@example.com", "theme": "default", "theme_settings": {},
               "settings": {}, "plugins_version": 1, "created_at": NOW - timedelta(days=900)}
            | values,
        )  # fmt: skip

    def plugin(self, name: str, state: Activation = Activation.ON) -> None:
        row = {"store_id": self.store_id, "plugin": name, "state": state, "settings": {}}
        self.rows.append((tables.activation.store_plugins, row | {"updated_at": NOW}))

    def customer(self, email: str = "customer@example.com", **values: Any) -> str:
        row = {
            "email": email, "name": "Ada", "billing": {}, "created_at": NOW - timedelta(days=800),
            "last_seen_at": NOW - timedelta(days=30), "locale": None,
        } | values  # fmt: skip
        return self.add(tables.customers.customers, "cus", **row)

    def product(self, name: str, **values: Any) -> str:
        row = {
            "slug": name.lower().replace(" ", "-"), "name": name, "description": "",
            "state": ProductState.ACTIVE, "downloads_after_cancellation": False,
            "older_versions": True, "license_issuer": None, "license_settings": {},
            "confirmation_message": "", "created_at": NOW - timedelta(days=850),
        } | values  # fmt: skip
        product_id = self.add(tables.catalog.products, "prod", **row)
        self.names[product_id] = name
        return product_id

    def file(
        self, product: str, name: str, versions: int = 1, **values: Any
    ) -> tuple[str, list[str]]:
        """A file with that many versions, the newest last: (file id, version ids)."""
        row = {
            "product_id": product, "name": name, "position": 0, "state": FileState.ACTIVE,
            "created_at": NOW - timedelta(days=700),
        } | values  # fmt: skip
        file_id = self.add(tables.catalog.files, "file", **row)
        ids = [
            self.add(
                tables.catalog.file_versions,
                "ver",
                file_id=file_id,
                number=number,
                label=f"{number}.0",
                notes="Adds small capitals",
                filename=f"{name}-{number}.zip",
                content_type="application/zip",
                size=1234567,
                sha256="a" * 64,
                storage="files_local",
                storage_key=new_id("key"),
                created_at=NOW - timedelta(days=100 - number),
            )
            for number in range(1, versions + 1)
        ]
        return file_id, ids

    def order(self, customer: str, *products: str, total: int = 8900, **values: Any) -> str:
        created = values.pop("created_at", NOW - timedelta(days=60))
        row = {
            "customer_id": customer, "kind": OrderKind.PURCHASE, "mode": Mode.TEST,
            "state": OrderState.PAID, "currency": "EUR", "total": total, "refunded": 0,
            "provider": "payments_sandbox", "locale": "en", "subscription_id": None,
            "created_at": created, "paid_at": created,
        } | values  # fmt: skip
        order_id = self.add(tables.orders.orders, "ord", **row)
        for product in products:
            self.add(
                tables.orders.order_items, "item",
                order_id=order_id, product_id=product, price_id=None, quantity=1,
                description=self.names[product], unit_amount=total, amount=total,
            )  # fmt: skip
        return order_id

    def payment(self, order: str, **values: Any) -> str:
        row = {
            "order_id": order, "mode": Mode.TEST, "provider": "payments_sandbox",
            "provider_ref": new_id("ref"), "state": PaymentState.SUCCEEDED, "amount": 8900,
            "currency": "EUR", "payment_method_id": None, "failure_message": None,
            "idempotency_key": new_id("key"), "created_at": NOW, "updated_at": NOW,
        } | values  # fmt: skip
        return self.add(tables.orders.payments, "pay", **row)

    def license(self, customer: str, product: str, order: str | None, **values: Any) -> str:
        row = {
            "grant_key": new_id("grant"), "customer_id": customer, "product_id": product,
            "order_id": order, "order_item_id": None, "mode": Mode.TEST, "issuer": "licenses",
            "key": new_id("KEY").upper(), "state": LicenseState.ACTIVE, "data": {},
            "expires_at": None, "replaced_by": None, "created_at": NOW - timedelta(days=60),
        } | values  # fmt: skip
        return self.add(tables.licenses.licenses, "lic", **row)

    def method(self, customer: str, **values: Any) -> str:
        row = {
            "customer_id": customer, "mode": Mode.TEST, "provider": "payments_sandbox",
            "provider_ref": new_id("pm"), "type": "card", "brand": "visa", "last4": "4242",
            "exp_month": 12, "exp_year": 2030, "is_default": True, "detached_at": None,
            "created_at": NOW - timedelta(days=60),
        } | values  # fmt: skip
        return self.add(tables.subscriptions.payment_methods, "pm", **row)

    def subscription(self, customer: str, product: str, **values: Any) -> str:
        row: Mapping[str, Any] = {
            "customer_id": customer, "product_id": product, "price_id": None,
            "description": "Foundry Club, monthly", "mode": Mode.TEST,
            "provider": "payments_sandbox", "provider_ref": new_id("sub"),
            "status": SubscriptionStatus.ACTIVE, "currency": "EUR", "amount": 1200, "quantity": 1,
            "interval": Interval.MONTH, "interval_count": 1,
            "current_period_start": NOW - timedelta(days=10),
            "current_period_end": NOW + timedelta(days=20), "trial_end": None, "cancel_at": None,
            "canceled_at": None, "ended_at": None, "past_due_since": None,
            "payment_method_id": None, "created_at": NOW - timedelta(days=200), "updated_at": NOW,
        } | values  # fmt: skip
        return self.add(tables.subscriptions.subscriptions, "sub", **row)
