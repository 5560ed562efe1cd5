"""What the dashboard shows of customers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portico.entitlements.models import Effect
from portico.stores.models import Mode


class Subscribed(StrEnum):
    """Customers with a subscription that is paid for, or one whose payment fails."""

    ACTIVE = "active"
    PAST_DUE = "past_due"


class SignedIn(StrEnum):
    """Customers who have used the portal, or have not."""

    EVER = "ever"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of customers is narrowed to. ``q`` is what somebody typed into the search box."""

    q: str = ""
    subscribed: Subscribed | None = None
    signed_in: SignedIn | None = None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A line of the list. Purchases and subscriptions are those of the store's mode."""

    id: str
    number: int
    email: str
    name: str
    created_at: datetime
    signed_in_at: datetime | None
    erased_at: datetime | None
    purchases: int
    subscribed: bool
    past_due: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """What somebody has paid less what went back, in minor units, in one currency and mode."""

    mode: Mode
    currency: str
    amount: int
    orders: int


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A seller's decision about access that is in force, and who made it."""

    id: str
    product_id: str
    effect: Effect
    reason: str
    by_email: str | None
    created_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """A download, in the file that an export is."""

    id: str
    file_version_id: str
    created_at: datetime


class EventKind(StrEnum):
    """What an entry of a timeline is about."""

    MAIL = "mail"
    DOWNLOAD = "download"
    PAYMENT = "payment"
    REFUND = "refund"
    SUBSCRIPTION = "subscription"
    CANCELLATION = "cancellation"
    SUBSCRIPTION_ENDED = "subscription_ended"
    LICENSE = "license"
    GRANT = "grant"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """One thing that happened. What ``title`` and ``detail`` say depends on the kind.

    ``id`` is the record's, of which several may tell of one; ``number`` is an order's.
    ``by_email`` is the seller who did it.
    """

    at: datetime
    kind: EventKind
    id: str
    title: str | None
    detail: str | None
    state: str | None
    number: int | None
    amount: int | None
    currency: str | None
    mode: str | None
    actor_type: str | None
    by_email: str | None

    @property
    def cursor(self) -> str:
        """Where the entry stands; ``service.timeline`` takes it back."""
        return f"{self.at.isoformat()}~{self.kind}~{self.id}"
