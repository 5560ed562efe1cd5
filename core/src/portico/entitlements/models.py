"""Access and its reasons."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Effect(StrEnum):
    """What a seller decided by hand."""

    GRANT = "grant"
    WITHDRAW = "withdraw"


class Reason(StrEnum):
    """Why a customer has (or no longer has) a product."""

    BOUGHT = "bought"
    SUBSCRIBED = "subscribed"
    IN_BUNDLE = "in_bundle"
    GRANTED = "granted"
    AFTER_CANCELLATION = "after_cancellation"
    REFUNDED = "refunded"
    SUBSCRIPTION_ENDED = "subscription_ended"
    PAYMENT_FAILED = "payment_failed"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Grant:
    """A seller's decision to give or take a product, whatever was paid."""

    store_id: str
    id: str
    customer_id: str
    product_id: str
    effect: Effect
    reason: str
    granted_by: str
    created_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Whether a customer may use a product now, and the record that decides it.

    ``until`` is when access ends as things stand; None means for ever (or not at all).
    """

    product_id: str
    active: bool
    reason: Reason
    order_id: str | None
    subscription_id: str | None
    since: datetime
    until: datetime | None
