"""Subscriptions and payment methods, in Stripe's words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portico.catalog.models import Interval
from portico.stores.models import Mode


class SubscriptionStatus(StrEnum):
    """As Stripe's ``subscription.status``."""

    INCOMPLETE = "incomplete"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"


class CancellationMode(StrEnum):
    """As Stripe's portal ``subscription_cancel.mode``."""

    AT_PERIOD_END = "at_period_end"
    IMMEDIATELY = "immediately"


class CancellationReason(StrEnum):
    """As Stripe's ``cancellation_details.feedback``."""

    CUSTOMER_SERVICE = "customer_service"
    LOW_QUALITY = "low_quality"
    MISSING_FEATURES = "missing_features"
    OTHER = "other"
    SWITCHED_SERVICE = "switched_service"
    TOO_COMPLEX = "too_complex"
    TOO_EXPENSIVE = "too_expensive"
    UNUSED = "unused"


class AttemptState(StrEnum):
    """An attempt to change something at a provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A product paid for by the period."""

    store_id: str
    id: str
    number: int
    customer_id: str
    product_id: str
    price_id: str | None
    description: str
    mode: Mode
    provider: str
    provider_ref: str | None
    status: SubscriptionStatus
    currency: str
    amount: int
    quantity: int
    interval: Interval
    interval_count: int
    current_period_start: datetime
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at: datetime | None
    canceled_at: datetime | None
    ended_at: datetime | None
    past_due_since: datetime | None
    payment_method_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A card (or other method) that a provider keeps for a customer."""

    store_id: str
    id: str
    customer_id: str
    mode: Mode
    provider: str
    provider_ref: str
    type: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    is_default: bool
    detached_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentMethodUpdate:
    """One attempt of a customer to give a new payment method."""

    store_id: str
    id: str
    customer_id: str
    subscription_id: str | None
    mode: Mode
    provider: str
    provider_ref: str | None
    state: AttemptState
    payment_method_id: str | None
    failure_message: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Cancellation:
    """One attempt to cancel a subscription, or (``undone_at``) its undoing."""

    store_id: str
    id: str
    subscription_id: str
    provider: str
    state: AttemptState
    cancel_mode: CancellationMode
    reason: CancellationReason | None
    comment: str
    created_at: datetime
    undone_at: datetime | None
