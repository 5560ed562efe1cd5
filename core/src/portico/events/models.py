"""Events, deliveries and audit entries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

MAX_ATTEMPTS = 10
"""After so many failures (about an hour and a half) a delivery waits for a person."""
GIVE_UP = timedelta(days=3)
"""How long a handler may put a delivery off with ``RetryLater``."""


class EventType(StrEnum):
    """What happened, told to plugins (and, later, to webhooks) by these names."""

    ORDER_PAID = "order.paid"
    ORDER_REFUNDED = "order.refunded"
    SUBSCRIPTION_CREATED = "subscription.created"
    SUBSCRIPTION_UPDATED = "subscription.updated"
    SUBSCRIPTION_CANCELED = "subscription.canceled"
    PAYMENT_FAILED = "payment.failed"
    PAYMENT_METHOD_UPDATED = "payment_method.updated"
    LICENSE_ISSUED = "license.issued"
    LICENSE_DISABLED = "license.disabled"
    LICENSE_REPLACED = "license.replaced"
    FILE_VERSION_ADDED = "file_version.added"
    FILE_REMOVED = "file.removed"
    CUSTOMER_SIGNED_IN = "customer.signed_in"
    CUSTOMER_EMAIL_CHANGED = "customer.email_changed"
    FILE_DOWNLOADED = "file.downloaded"
    CUSTOMER_MERGED = "customer.merged"
    """``data`` has ``from``, the id of the customer who is no more."""
    CUSTOMER_ERASED = "customer.erased"
    """``data`` has ``message_ids``, the Message-IDs of every mail to the customer."""


class Lane(IntEnum):
    """Delivery order: a lower lane is always claimed first."""

    INTERACTIVE = 0
    """Somebody waits for it: sign-in mails."""
    NORMAL = 10
    """Orders, licenses, receipts, provider webhooks."""
    BULK = 20
    """Newsletters, announcements."""


class DeliveryState(StrEnum):
    """``dead`` waits for a person; a delivery that succeeded is deleted."""

    PENDING = "pending"
    LEASED = "leased"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to do, written in the transaction that caused it.

    ``kind`` chooses the handler (see ``portico.worker``); ``key`` is its idempotency key.
    """

    id: str
    store_id: str | None
    kind: str
    key: str
    lane: Lane
    payload: dict[str, Any]
    state: DeliveryState
    attempts: int
    next_at: datetime
    lease_until: datetime | None
    leased_by: str | None
    last_error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what that touches money or access."""

    id: str
    store_id: str | None
    actor_type: str
    actor_id: str
    action: str
    subject_type: str
    subject_id: str
    data: dict[str, Any]
    created_at: datetime
    customer_id: str | None
