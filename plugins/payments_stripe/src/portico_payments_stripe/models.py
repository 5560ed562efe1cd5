"""What the plugin keeps of what Stripe said, one class per table."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portico.api import Mode


@dataclass(frozen=True, slots=True)
class Account:
    """A store's Stripe account in one mode, and how talking to it goes.

    ``webhook_id`` is the endpoint that was made there for ``webhook_url``. ``event_cursor`` is the
    newest event that polling has seen. ``problem`` is what the seller has to mend (the key, a
    permission), ``failing_since`` since when Stripe has not answered.
    """

    store_id: str
    mode: Mode
    id: str
    name: str
    webhook_id: str | None
    webhook_url: str | None
    event_cursor: str | None
    last_event_at: datetime | None
    reconciled_at: datetime | None
    failing_since: datetime | None
    problem: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StripeCustomer:
    """One of the customers (``cus_…``) that Stripe knows a person by."""

    store_id: str
    mode: Mode
    id: str
    customer_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PriceMap:
    """A price of Stripe's (``price_…``) and the store's price it sells.

    ``ours`` tells that this plugin made it there, for checkouts that begin in the portal.
    ``tax_behavior`` is Stripe's, which cannot be changed afterwards.
    """

    store_id: str
    mode: Mode
    id: str
    product: str
    price_id: str
    product_id: str
    tax_behavior: str
    ours: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PaymentRef:
    """What core calls the payment that a PaymentIntent or an invoice of Stripe's belongs to."""

    store_id: str
    id: str
    payment_ref: str


@dataclass(frozen=True, slots=True)
class MethodUpdate:
    """A visit to Stripe's page for a new payment method; ``default_before`` is the method that
    was the customer's default when it began. For visits that Stripe itself cannot be asked about.
    """

    store_id: str
    id: str
    mode: Mode
    customer: str
    default_before: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event that has been worked through: sent again, it causes nothing."""

    store_id: str
    id: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Dispute:
    """A charge that a customer's bank looks into; amounts in minor units."""

    store_id: str
    id: str
    mode: Mode
    payment_ref: str | None
    amount: int
    currency: str
    reason: str
    status: str
    due_by: datetime | None
    created_at: datetime
    updated_at: datetime


class SyncState(StrEnum):
    """How far a reconciliation is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Sync:
    """One reconciliation with Stripe: where it is (``phase`` and, in it, ``cursor``), how many
    records it has ``seen`` and how many of them it found to differ (``repaired``)."""

    store_id: str
    id: str
    mode: Mode
    state: SyncState
    phase: str
    cursor: str | None
    since: datetime | None
    seen: int
    repaired: int
    problem: str | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None
