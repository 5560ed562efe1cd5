"""The provider's own records."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from portico.api import DisputeState, Interval, PaymentState, SubscriptionStatus

from portico_payments_sandbox.cards import Behaviour


class Purpose(StrEnum):
    """What a visit to the card page is for."""

    PAYMENT = "payment"
    UPDATE = "update"


class CheckoutState(StrEnum):
    """``confirming`` waits for the card's owner to approve (3-D Secure)."""

    OPEN = "open"
    CONFIRMING = "confirming"
    COMPLETE = "complete"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class SandboxCustomer:
    """A person who pays."""

    id: str
    store_id: str
    customer_id: str
    email: str
    created_at: datetime
    billing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Method:
    """A card. The number itself is not kept."""

    id: str
    store_id: str
    customer: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    behaviour: Behaviour
    is_default: bool
    detached_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Checkout:
    """A visit to the card page: to pay, or to give a new card.

    ``amount`` is due today and ``period_amount`` every period, both in minor units. ``interval``
    is None for a one-time payment. ``subscription`` is what an update is for.
    """

    id: str
    store_id: str
    idempotency_key: str
    purpose: Purpose
    state: CheckoutState
    customer: str
    method: str | None
    amount: int
    currency: str
    description: str
    return_url: str
    cancel_url: str
    interval: Interval | None
    interval_count: int
    trial_days: int
    period_amount: int
    quantity: int
    subscription: str | None
    failure: str | None
    created_at: datetime
    expires_at: datetime
    price: str | None = None


@dataclass(frozen=True, slots=True)
class SandboxSubscription:
    """What renews. ``periods`` counts those begun since ``anchor_at``; ``attempts`` the failed
    charges of ``open_payment``, which is tried again at ``next_attempt_at``.

    ``price`` is core's id of what is charged. ``balance`` is added to the next invoice, or taken
    off it where it is below zero. While it is ``paused`` periods go by unpaid. A ``scheduled`` one
    is changed by its seller only.
    """

    id: str
    store_id: str
    customer: str
    checkout: str
    method: str
    status: SubscriptionStatus
    description: str
    amount: int
    currency: str
    quantity: int
    interval: Interval
    interval_count: int
    anchor_at: datetime
    periods: int
    current_period_start: datetime
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at: datetime | None
    canceled_at: datetime | None
    ended_at: datetime | None
    next_attempt_at: datetime | None
    attempts: int
    open_payment: str | None
    fail_next: bool
    created_at: datetime
    price: str | None = None
    balance: int = 0
    percent_off: int = 0
    discount_ends_at: datetime | None = None
    paused: bool = False
    resumes_at: datetime | None = None
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class SandboxPayment:
    """Money collected, or not. The first payment of a checkout has the checkout's id."""

    id: str
    store_id: str
    customer: str
    subscription: str | None
    method: str | None
    state: PaymentState
    amount: int
    currency: str
    failure: str | None
    created_at: datetime
    updated_at: datetime
    is_change: bool = False


@dataclass(frozen=True, slots=True)
class SandboxRefund:
    """Money paid back; in the sandbox that always succeeds at once."""

    id: str
    store_id: str
    payment: str
    idempotency_key: str
    amount: int
    currency: str
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SandboxChange:
    """A change that was made, by the key it was asked with: it is not made twice."""

    id: str
    store_id: str
    subscription: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SandboxDispute:
    """A payment that the customer's bank wants back."""

    id: str
    store_id: str
    payment: str
    state: DisputeState
    amount: int
    currency: str
    reason: str
    created_at: datetime
    due_by: datetime


@dataclass(frozen=True, slots=True)
class SandboxEvent:
    """What happened, for the seller to read. ``kind`` and ``ref`` are also the hint core gets."""

    id: str
    store_id: str
    type: str
    kind: str
    ref: str
    created_at: datetime
