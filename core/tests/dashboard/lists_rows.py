"""A shop with something in every list."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from portico.db import Command
from portico.db.columns import next_number
from portico.ids import new_id
from portico.licenses.models import LicenseState
from portico.licenses.tables import licenses
from portico.orders.models import PaymentState
from portico.orders.tables import payments
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.subscriptions.tables import payment_methods, subscriptions
from portico.testing import factories


@dataclasses.dataclass
class Shop:
    """Makes rows of one store, each one minute younger than the last."""

    rt: Runtime
    store: Store
    made: int = 0

    async def _add(self, table: sa.Table, prefix: str, **values: Any) -> str:
        row = {"store_id": self.store.id, "id": new_id(prefix)} | values
        if "number" in table.c:
            row.setdefault("number", next_number(table.name))
        await self.rt.db.run(Command(sa.insert(table).values(row)))
        return str(row["id"])

    async def order(self, email: str, product: Any, **changes: Any) -> Any:
        self.made += 1
        customer = await factories.make_customer(self.rt, self.store, email)
        at = self.rt.clock.now() - timedelta(days=1) + timedelta(minutes=self.made)
        return await factories.make_paid_order(
            self.rt, self.store, customer, product, **{"created_at": at, "paid_at": at} | changes
        )

    async def card(self, order: Any, last4: str) -> str:
        """The card that the order was paid with."""
        method = await self._add(
            payment_methods, "pm", customer_id=order.customer_id, mode=order.mode,
            provider="test", provider_ref=new_id("ref"), type="card", brand="visa", last4=last4,
            exp_month=1, exp_year=2030, is_default=True, created_at=order.created_at,
        )  # fmt: skip
        payment = factories.make_payment(
            order, "test", state=PaymentState.SUCCEEDED, provider_ref=new_id("ref"),
            payment_method_id=method,
        )  # fmt: skip
        await self.rt.db.run(Command(sa.insert(payments).values(dataclasses.asdict(payment))))
        return method

    async def license(self, order: Any, product: Any, key: str | None, **changes: Any) -> str:
        state = LicenseState.ACTIVE if key else LicenseState.PENDING
        fields = {
            "grant_key": new_id("g"), "customer_id": order.customer_id, "product_id": product.id,
            "order_id": order.id, "mode": order.mode, "issuer": "test_keys", "key": key,
            "state": state, "data": {}, "created_at": order.created_at,
        }  # fmt: skip
        return await self._add(licenses, "lic", **fields | changes)

    async def subscription(self, email: str, product: Any, **changes: Any) -> Any:
        customer = await factories.make_customer(self.rt, self.store, email)
        price = await factories.make_price(self.rt, self.store, product)
        made = factories.make_subscription(
            self.store, customer, price, product, "test_provider", provider_ref=new_id("ref"),
            **changes,
        )  # fmt: skip
        await self.rt.db.run(Command(sa.insert(subscriptions).values(dataclasses.asdict(made))))
        return made
