"""What the templates of subscriptions get; see ``portico.web.portal.pages``."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from portico.catalog.models import Product
from portico.invoices.models import Invoice
from portico.licenses.models import License
from portico.orders.models import Order
from portico.subscriptions.models import (
    Cancellation,
    CancellationReason,
    PaymentMethod,
    Subscription,
    SubscriptionChange,
)
from portico.subscriptions.plans import Choice


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription in a list. ``access_until`` is set where access will end."""

    subscription: Subscription
    product: Product
    payment_method: PaymentMethod | None
    access_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionsPage:
    """All subscriptions, the ended ones last."""

    template: ClassVar[str] = "portal/subscriptions.html"
    subscriptions: tuple[SubscriptionRow, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionPage:
    """One subscription and what can be done with it."""

    template: ClassVar[str] = "portal/subscription.html"
    row: SubscriptionRow
    orders: tuple[Order, ...]
    can_cancel: bool
    can_resume: bool
    can_update_payment_method: bool
    cancellation: Cancellation | None = None
    can_change: bool = False
    can_pause: bool = False
    can_unpause: bool = False
    change: SubscriptionChange | None = None
    """The latest attempt to change it, where it is under way or has failed."""
    confirm: Invoice | None = None
    """What is owed, where the customer's bank only wants the payment confirmed."""
    licenses: tuple[License, ...] = ()
    """The keys that come with it."""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """The first step of a change: which plan, and how many. ``error`` says why it was not done."""

    template: ClassVar[str] = "portal/subscription_change.html"
    row: SubscriptionRow
    plans: tuple[Choice, ...]
    can_change_quantity: bool
    price_id: str
    quantity: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePreviewPage:
    """The second step: what it costs now and from then on. ``plan`` is the one chosen."""

    template: ClassVar[str] = "portal/subscription_preview.html"
    row: SubscriptionRow
    change: SubscriptionChange
    plan: Choice


@dataclass(frozen=True, slots=True)
class PausePage:
    """How long to pause: each choice is a number of months and when the subscription goes on."""

    template: ClassVar[str] = "portal/subscription_pause.html"
    row: SubscriptionRow
    choices: tuple[tuple[int, datetime], ...]


@dataclass(frozen=True, slots=True)
class OfferPage:
    """A discount, shown once to who is about to cancel. ``text`` is the seller's own."""

    template: ClassVar[str] = "portal/subscription_offer.html"
    row: SubscriptionRow
    percent_off: int
    months: int
    amount: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class CancelPage:
    """The first step of cancelling: what happens, what is lost, what stays.

    ``ends_at`` is None where it ends at once. ``retention`` is what the seller offers instead, in
    the seller's words.
    """

    template: ClassVar[str] = "portal/cancel.html"
    row: SubscriptionRow
    ends_at: datetime | None
    lose: tuple[str, ...]
    keep: tuple[str, ...]
    ask_reason: bool
    reasons: tuple[CancellationReason, ...] = tuple(CancellationReason)
    reason: str = ""
    comment: str = ""
    error: str | None = None
    retention: str = ""
    retention_url: str = ""
