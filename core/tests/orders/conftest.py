"""A store whose payment provider says whatever a test wants it to say."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.api import (
    CancellationRequest,
    Checkout,
    CheckoutHooks,
    Context,
    Hint,
    InboundWebhook,
    Interval,
    Mode,
    Order,
    PaymentMethodHooks,
    PaymentMethodReport,
    PaymentReport,
    PaymentState,
    Plugin,
    Price,
    Redirect,
    RefundReport,
    RefundRequest,
    RefundState,
    Refused,
    Report,
    Resumption,
    Store,
    Subscription,
    SubscriptionHooks,
    SubscriptionReport,
    SubscriptionStatus,
    UpdateOutcome,
    UpdateRequest,
    hookimpl,
)
from portico.clock import FixedClock
from portico.customers import service as customers
from portico.customers.models import Customer
from portico.db import Query
from portico.orders import service as orders
from portico.orders.tables import order_items, product_orders
from portico.orders.tables import orders as orders_table
from portico.runtime import Runtime
from portico.subscriptions import service as subscriptions
from portico.subscriptions.tables import subscription_counts
from portico.subscriptions.tables import subscriptions as subscription_rows
from portico.testing.factories import make_price, make_product, make_store
from portico.worker import Worker
from quart import Quart

BUYER = "buyer@example.com"
CARD = PaymentMethodReport("card_1", "card", "visa", "4242", 12, 2034, is_default=True)


class Listed(NamedTuple):
    """An order of a product."""

    order_id: str
    product_id: str
    kind: str
    mode: str
    state: str
    created_at: datetime


class Counted(NamedTuple):
    """Subscriptions of a status."""

    store_id: str
    mode: str
    status: str
    total: int


LISTED = Query(Listed, sa.select(*[product_orders.c[name] for name in Listed._fields]))
TO_LIST = Query(
    Listed,
    sa.select(
        orders_table.c.id.label("order_id"), order_items.c.product_id, orders_table.c.kind,
        orders_table.c.mode, orders_table.c.state, orders_table.c.created_at,
    )
    .distinct()
    .join_from(orders_table, order_items, order_items.c.order_id == orders_table.c.id),
)  # fmt: skip
_kept = subscription_counts.c
KEPT = Query(
    Counted,
    sa.select(_kept.store_id, _kept.mode, _kept.status, _kept["count"].label("total")).where(
        _kept["count"] != 0
    ),
)
_key = (subscription_rows.c.store_id, subscription_rows.c.mode, subscription_rows.c.status)
COUNTED = Query(Counted, sa.select(*_key, sa.func.count().label("total")).group_by(*_key))


class Killed(BaseException):
    """Stands for a process that is killed: no ``except Exception`` sees it."""


class Fake(Plugin, CheckoutHooks, PaymentMethodHooks, SubscriptionHooks):
    """Reports what it is told to report; ``dies`` names hooks that work and then kill."""

    name, title = "fake", "Fake payments"

    def __init__(self) -> None:
        self.truth: dict[str, list[Report]] = {}
        self.started: list[str] = []
        self.refunds: dict[str, RefundReport] = {}
        self.subscription: SubscriptionReport | None = None
        self.outcome: UpdateOutcome | None = None
        self.dies: set[str] = set()
        self.fails: set[str] = set()
        self.calls: list[str] = []

    def _called(self, hook: str) -> None:
        self.calls.append(hook)
        if hook in self.fails:
            raise OSError("the provider does not answer")

    def _done(self, hook: str) -> None:
        if hook in self.dies:
            self.dies.discard(hook)
            raise Killed

    @hookimpl
    def checkout_modes(self) -> list[Mode]:
        return [Mode.TEST, Mode.LIVE]

    @hookimpl
    async def start_checkout(self, ctx: Context, checkout: Checkout) -> Redirect:
        self._called("start")
        ref = f"ref_{checkout.payment.idempotency_key}"
        self.started.append(ref)
        self._done("start")
        return Redirect("https://pay.example/", ref)

    @hookimpl
    async def read_back(self, ctx: Context, hint: Hint) -> list[Report]:
        self._called("read_back")
        return self.truth.get(hint.provider_ref, [])

    @hookimpl
    async def receive_webhook(self, ctx: Context, webhook: InboundWebhook) -> list[Hint]:
        self._called("webhook")
        if webhook.headers.get("signature") != "right":
            raise Refused("The signature is wrong.")
        return [Hint("payment", webhook.body.decode(), "evt_1")]

    @hookimpl
    async def refund_payment(self, ctx: Context, request: RefundRequest) -> RefundReport:
        self._called("refund")
        refund = request.refund
        report = self.refunds.setdefault(
            refund.idempotency_key,
            RefundReport(
                f"re_{len(self.refunds)}", request.payment.provider_ref or "",
                RefundState.SUCCEEDED, refund.amount, refund.currency, ctx.now(),
            ),
        )  # fmt: skip
        self._done("refund")
        return report

    @hookimpl
    async def cancel_subscription(
        self, ctx: Context, request: CancellationRequest
    ) -> SubscriptionReport:
        self._called("cancel")
        self._done("cancel")
        assert self.subscription is not None
        return self.subscription

    @hookimpl
    async def resume_subscription(self, ctx: Context, request: Resumption) -> SubscriptionReport:
        self._called("resume")
        assert self.subscription is not None
        return self.subscription

    @hookimpl
    async def start_payment_method_update(self, ctx: Context, request: UpdateRequest) -> Redirect:
        self._called("start_update")
        return Redirect("https://pay.example/", f"ref_{request.update.id}")

    @hookimpl
    async def finish_payment_method_update(
        self, ctx: Context, request: UpdateRequest
    ) -> UpdateOutcome | None:
        self._called("finish_update")
        return self.outcome


@pytest.fixture
def fake() -> Fake:
    return Fake()


@pytest.fixture
def portico_plugins(fake: Fake) -> Sequence[Plugin]:
    return (fake,)


@dataclass
class Shop:
    """What a test needs to buy, to report, and to look at what came of it."""

    rt: Runtime
    store: Store
    clock: FixedClock
    fake: Fake
    price: Price
    Killed: type[BaseException] = field(default=Killed)

    async def begin(self, price: Price | None = None) -> str:
        """Go to the provider's page; returns the payment's reference there."""
        await orders.start_checkout(self.rt, self.store, price or self.price, BUYER, locale="en")
        return self.fake.started[-1]

    def paid(self, ref: str, **changes: Any) -> PaymentReport:
        fields: dict[str, Any] = {
            "provider_ref": ref, "state": PaymentState.SUCCEEDED, "amount": 2000,
            "currency": "EUR", "mode": Mode.TEST, "at": self.clock.now(),
            "payment_method": CARD, "customer_ref": "cus_fake",
        }  # fmt: skip
        return PaymentReport(**fields | changes)

    def subscribed(self, **changes: Any) -> SubscriptionReport:
        fields: dict[str, Any] = {
            "provider_ref": "sub_fake", "status": SubscriptionStatus.ACTIVE,
            "current_period_start": self.clock.now(), "current_period_end": self.clock.now(),
            "payment_method": CARD,
        }  # fmt: skip
        return SubscriptionReport(**fields | changes)

    async def report(self, *reports: Report, **options: Any) -> None:
        await orders.apply_reports(self.rt, self.store, "fake", reports, **options)

    async def buy(self) -> Order:
        await self.report(self.paid(await self.begin()))
        return (await self.orders())[0]

    async def subscribe(self) -> Subscription:
        product = await make_product(self.rt, self.store)
        price = await make_price(self.rt, self.store, product, Interval.MONTH)
        ref = await self.begin(price)
        await self.report(self.paid(ref), self.subscribed(payment_ref=ref))
        return await self.subscription()

    async def work(self) -> None:
        await Worker(self.rt).drain()

    async def customer(self) -> Customer:
        found = await customers.by_email(self.rt, self.store.id, BUYER)
        assert found is not None
        return found

    async def orders(self) -> list[Order]:
        buyer = await self.customer()
        return await orders.of_customer(self.rt, self.store, buyer.id)

    async def subscription(self) -> Subscription:
        buyer = await self.customer()
        (found,) = await subscriptions.of_customer(self.rt, self.store.id, buyer.id)
        return found


@pytest_asyncio.fixture
async def shop(app: Quart, clock: FixedClock, fake: Fake) -> AsyncIterator[Shop]:
    rt: Runtime = app.extensions["portico"]
    store = await make_store(rt)
    product = await make_product(rt, store)
    yield Shop(rt, store, clock, fake, await make_price(rt, store, product))
    await what_is_kept_is_what_there_is(rt)


async def what_is_kept_is_what_there_is(rt: Runtime) -> None:
    """After any test here: lists and figures are read from tables that repeat others."""
    assert sorted(await rt.db.all(LISTED)) == sorted(await rt.db.all(TO_LIST))
    assert sorted(await rt.db.all(KEPT)) == sorted(await rt.db.all(COUNTED))
