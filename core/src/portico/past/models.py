"""What was sold elsewhere before: the records that ``ctx.past`` takes in.

``ref`` is what the plugin's provider calls a thing. Amounts are integers in minor units of ISO
4217, times aware.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portico.catalog.models import Interval
from portico.orders.models import OrderKind, PaymentState, RefundState
from portico.stores.models import Mode
from portico.subscriptions.models import SubscriptionStatus


class PastKind(StrEnum):
    """What may be taken in. Products and prices are asked for by their ids, for core keeps no
    reference of theirs; all else by the provider's reference."""

    PRODUCT = "product"
    PRICE = "price"
    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class PastProduct:
    """A product; one that is not ``active`` is archived: it is not sold, but stays with buyers.

    ``bundle_of`` are the ids of the store's products that it contains.
    """

    ref: str
    name: str
    description: str
    active: bool
    created_at: datetime
    bundle_of: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PastPrice:
    """A price of a product of the store."""

    ref: str
    product_id: str
    currency: str
    unit_amount: int
    interval: Interval | None
    interval_count: int
    trial_days: int
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PastCustomer:
    """A customer of the provider's. Those with the same address become one person.

    One that is not ``known`` there is a guest, of whom ``ref`` is a name for this call only.
    """

    ref: str
    email: str
    name: str
    created_at: datetime
    locale: str | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class PastMethod:
    """A payment method that the provider keeps for a customer of the store."""

    ref: str
    customer_id: str
    mode: Mode
    type: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    is_default: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PastSubscription:
    """A subscription as it is now, in the fields of ``SubscriptionReport``; ``method_ref`` is a
    payment method taken in before it."""

    ref: str
    customer_id: str
    product_id: str
    price_id: str | None
    description: str
    mode: Mode
    status: SubscriptionStatus
    currency: str
    amount: int
    quantity: int
    interval: Interval
    interval_count: int
    current_period_start: datetime
    current_period_end: datetime
    created_at: datetime
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    method_ref: str | None = None
    discounted_amount: int | None = None
    discount_ends_at: datetime | None = None
    paused: bool = False
    resumes_at: datetime | None = None
    managed_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class PastItem:
    """A line of an order."""

    product_id: str
    price_id: str | None
    description: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order with its one payment; ``ref`` is the payment's.

    With ``subscription_ref`` it is what a period of that subscription cost.
    """

    ref: str
    customer_id: str
    mode: Mode
    kind: OrderKind
    state: PaymentState
    currency: str
    total: int
    items: Sequence[PastItem]
    created_at: datetime
    paid_at: datetime | None
    subscription_ref: str | None = None
    method_ref: str | None = None
    failure_message: str | None = None


@dataclass(frozen=True, slots=True)
class PastRefund:
    """Money that went back, of the payment ``payment_ref``."""

    ref: str
    payment_ref: str
    state: RefundState
    currency: str
    amount: int
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: ids by reference (of what was there already, too), and of what was not
    taken in, why not, in words."""

    ids: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """What the store has under a reference. Where money or a state is no matter, it is 0 or ""."""

    ref: str
    amount: int
    currency: str
    state: str
