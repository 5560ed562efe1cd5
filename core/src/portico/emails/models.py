"""Mails a store sends, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class EmailKind(StrEnum):
    """What core's own mails are for. A plugin's mails are of the kind ``<plugin>.<name>``."""

    SIGN_IN = "sign_in"
    SELLER_SIGN_IN = "seller_sign_in"
    CONFIRMATION = "confirmation"
    RENEWAL_RECEIPT = "renewal_receipt"
    PAYMENT_FAILED = "payment_failed"
    REFUND = "refund"
    CANCELLATION = "cancellation"
    CANCELLATION_UNDONE = "cancellation_undone"
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGED = "email_changed"
    SELLER_INVITATION = "seller_invitation"


class EmailState(StrEnum):
    """What became of a mail. ``bounced``: the server refused the address for good."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class EmailTemplate:
    """A seller's own text for a kind of mail: for one product, or (None) for the whole store."""

    store_id: str
    id: str
    product_id: str | None
    kind: str
    locale: str | None
    enabled: bool
    subject: str
    body: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Email:
    """One mail: queued, then sent (or not). It holds no secret; those are minted when it is sent.

    ``params`` are the ids and plain values its template needs. ``message_id`` stays the same over
    retries, so that a mail server or reader can tell a repeat.
    """

    id: str
    store_id: str | None
    customer_id: str | None
    order_id: str | None
    kind: str
    locale: str
    to_address: str
    message_id: str
    subject: str | None
    params: dict[str, Any]
    state: EmailState
    attempts: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None
