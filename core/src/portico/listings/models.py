"""Rows of the dashboard's lists, what they are narrowed to, and what a record's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from portico.catalog.models import Interval
from portico.licenses.models import LicenseState
from portico.orders.models import OrderKind, OrderState
from portico.stores.models import Mode
from portico.subscriptions.models import (
    SubscriptionStatus,
)

R_co = TypeVar("R_co", covariant=True)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


class Shape(NamedTuple):
    """Which of a list's statements it takes: each condition more is another statement."""

    newest_first: bool
    state: bool
    product: bool
    search: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to. ``mode`` None: both, which only a search may ask for.

    ``product_id`` is, of downloads, a file version's id.
    """

    q: str = ""
    mode: Mode | None = None
    state: StrEnum | None = None
    product_id: str = ""
    since: datetime = EVER
    until: datetime = NEVER


@dataclass(frozen=True, slots=True)
class Found(Generic[R_co]):
    """Rows in the order of the direction; ``capped`` when what was typed fits too much."""

    rows: Sequence[R_co]
    capped: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """What the text in a search box may stand for."""

    customer_ids: Sequence[str]
    method_ids: Sequence[str]
    license_ids: Sequence[str]
    number: int
    capped: bool


@dataclass(frozen=True, slots=True)
class OrderRow:
    """``description`` is the first line's, of ``lines`` in all."""

    id: str
    number: int
    kind: OrderKind
    mode: Mode
    state: OrderState
    currency: str
    total: int
    refunded: int
    created_at: datetime
    email: str
    name: str
    description: str | None
    lines: int


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """``last4`` is the card's that is charged, if the subscription names one."""

    id: str
    number: int
    mode: Mode
    status: SubscriptionStatus
    description: str
    currency: str
    amount: int
    quantity: int
    interval: Interval
    interval_count: int
    current_period_end: datetime
    trial_end: datetime | None
    cancel_at: datetime | None
    ended_at: datetime | None
    paused_from: datetime | None
    resumes_at: datetime | None
    created_at: datetime
    email: str
    name: str
    brand: str | None
    last4: str | None


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """``trouble`` says why the issuer gave no key, once the worker has given up."""

    id: str
    number: int
    mode: Mode
    state: LicenseState
    key: str | None
    issuer: str
    expires_at: datetime | None
    created_at: datetime
    email: str
    name: str
    product: str
    order_number: int | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class DownloadRow:
    """Somebody fetched a version of a file."""

    id: str
    created_at: datetime
    customer_id: str
    email: str
    name: str
    version_id: str
    product: str
    file: str
    filename: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class VersionCount:
    """How often a version of a file was fetched."""

    product_id: str
    product: str
    file_id: str
    file: str
    version_id: str
    filename: str
    label: str
    number: int
    created_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose by its name."""

    id: str
    name: str
