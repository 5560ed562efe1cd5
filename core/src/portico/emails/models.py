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
    SUBSCRIPTION_CHANGED = "subscription_changed"
    EMAIL_CHANGE = "email_change"
    EMAIL_CHANGED = "email_changed"
    DATA_ERASURE = "data_erasure"
    CARD_EXPIRING = "card_expiring"
    FILE_VERSION = "file_version"
    SELLER_INVITATION = "seller_invitation"
    SENDER_CHECK = "sender_check"


class EmailState(StrEnum):
    """What became of a mail. ``deferred``: it is tried again. ``bounced``: the server refused
    it for good. ``failed``: it was given up, and waits for a person."""

    QUEUED = "queued"
    DEFERRED = "deferred"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"


class Cause(StrEnum):
    """Why a mail is put off, or was never taken."""

    GREYLISTED = "greylisted"
    BUSY = "busy"
    FULL = "full"
    UNREACHABLE = "unreachable"
    SETTINGS = "settings"
    """The server's address, user, password or sender: a person has to put it right."""
    NO_TRANSPORT = "no_transport"
    PACE = "pace"
    """The store's own limit of mails per minute."""
    ERROR = "error"
    """Something broke on our side."""
    REFUSED = "refused"
    NOT_WANTED = "not_wanted"


class TextFormat(StrEnum):
    """What a seller's text is written in."""

    MARKDOWN = "markdown"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class EmailTemplate:
    """A seller's own text for a kind of mail: for one product, or (None) for the whole store.

    A change is a new row; of those for one kind, product and language the one in force is
    ``enabled``, and none where the default was put back. ``saved_by`` is an actor.
    """

    store_id: str
    id: str
    product_id: str | None
    kind: str
    locale: str | None
    enabled: bool
    subject: str
    body: str
    format: TextFormat
    saved_by: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Email:
    """One mail: queued, then sent (or not). It holds no secret; those are minted when it is sent.

    ``params`` are the ids and plain values its template needs. ``message_id`` stays the same over
    retries, so that a mail server or reader can tell a repeat. ``error`` and ``response`` are what
    the server said; ``cause`` says why it is put off in a word (``Cause``), ``next_at`` until when.
    ``history`` has each attempt: ``{"at", "state", "words", "cause"}``, times in ISO 8601.
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
    response: str | None
    cause: str | None
    next_at: datetime | None
    history: list[dict[str, Any]]
