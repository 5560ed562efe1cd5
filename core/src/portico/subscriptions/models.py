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
    discounted_amount: int | None = None
    """What a period costs while a discount lasts, in minor units."""
    discount_ends_at: datetime | None = None
    """None, with a discount: it lasts as long as the subscription."""
    paused_from: datetime | None = None
    """Set while nothing is collected: what was paid for lasts until then."""
    resumes_at: datetime | None = None
    """When a pause ends by itself; None, while paused: when somebody ends it."""
    managed_elsewhere: bool = False
    """A schedule at the provider decides what comes next: customers can change nothing."""

    @property
    def charged_at(self) -> datetime:
        """When the next period begins and is paid for."""
        in_trial = self.status is SubscriptionStatus.TRIALING and self.trial_end is not None
        return self.trial_end if in_trial and self.trial_end else self.current_period_end

    @property
    def next_amount(self) -> int:
        """What the next period costs, in minor units: less while a discount lasts."""
        if self.discounted_amount is None:
            return self.amount
        lasts = self.discount_ends_at is None or self.discount_ends_at > self.charged_at
        return self.discounted_amount if lasts else self.amount


class ChangeKind(StrEnum):
    """What an attempt changes about a subscription."""

    PLAN = "plan"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    RETENTION = "retention"
    """A discount for who was about to cancel."""


class ChangeState(StrEnum):
    """A change of plan is ``previewed`` until the customer has seen what it costs."""

    PREVIEWED = "previewed"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """One attempt to change a subscription; its id is the idempotency key.

    A ``plan`` change has ``price_id``, ``quantity`` and ``proration_behavior`` (in Stripe's words:
    ``none``, ``create_prorations`` or ``always_invoice``), and once it was previewed the amounts,
    in minor units, and ``prorated_at``, the moment they hold for. A ``pause`` has ``resumes_at``,
    a ``retention`` offer ``percent_off`` and ``months``.
    """

    store_id: str
    id: str
    subscription_id: str
    provider: str
    kind: ChangeKind
    state: ChangeState
    created_at: datetime
    updated_at: datetime
    price_id: str | None = None
    quantity: int | None = None
    proration_behavior: str | None = None
    prorated_at: datetime | None = None
    due_now: int | None = None
    credit: int | None = None
    next_amount: int | None = None
    next_at: datetime | None = None
    resumes_at: datetime | None = None
    percent_off: int | None = None
    months: int | None = None
    failure_message: str | None = None


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
