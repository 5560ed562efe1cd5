"""Orders and the attempts to pay or pay back. Amounts are integers in minor units."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portico.stores.models import Mode


class OrderKind(StrEnum):
    """A renewal is an order too: the invoice of one period of a subscription. A change is what
    another plan or quantity costs in the middle of a period."""

    PURCHASE = "purchase"
    RENEWAL = "renewal"
    CHANGE = "change"


class OrderState(StrEnum):
    """Where the money of an order stands."""

    PENDING = "pending"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    FAILED = "failed"


SOLD = (OrderState.PAID, OrderState.PARTIALLY_REFUNDED)
"""States in which what was bought is the customer's."""
PAID = (*SOLD, OrderState.REFUNDED)
"""States of what was paid, even if the money went back."""


class PaymentState(StrEnum):
    """As Stripe's ``payment_intent.status``, without the states only a card form can be in."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class RefundState(StrEnum):
    """As Stripe's ``refund.status``."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeState(StrEnum):
    """Whether the customer's bank still looks into it, and if not, who keeps the money."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Order:
    """A purchase or a renewal."""

    store_id: str
    id: str
    number: int
    customer_id: str
    kind: OrderKind
    mode: Mode
    state: OrderState
    currency: str
    total: int
    refunded: int
    provider: str | None
    locale: str
    subscription_id: str | None
    created_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order, with the words and the price of that day."""

    store_id: str
    id: str
    order_id: str
    product_id: str
    price_id: str | None
    description: str
    quantity: int
    unit_amount: int
    amount: int


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to collect an order's money."""

    store_id: str
    id: str
    order_id: str
    mode: Mode
    provider: str
    provider_ref: str | None
    state: PaymentState
    amount: int
    currency: str
    payment_method_id: str | None
    failure_message: str | None
    idempotency_key: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """One attempt to pay back a payment, in whole or in part."""

    store_id: str
    id: str
    order_id: str
    payment_id: str
    mode: Mode
    provider: str
    provider_ref: str | None
    state: RefundState
    amount: int
    currency: str
    reason: str | None
    idempotency_key: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A charge that the customer's bank takes back, or wants to."""

    store_id: str
    id: str
    order_id: str
    payment_id: str
    mode: Mode
    provider: str
    provider_ref: str
    state: DisputeState
    amount: int
    currency: str
    reason: str | None
    due_by: datetime | None
    opened_at: datetime
    updated_at: datetime
