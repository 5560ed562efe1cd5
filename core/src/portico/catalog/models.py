"""What a store sells."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ProductState(StrEnum):
    """An archived product is no longer sold; those who bought it keep it."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class PriceType(StrEnum):
    """As Stripe's ``price.type``."""

    ONE_TIME = "one_time"
    RECURRING = "recurring"


class Interval(StrEnum):
    """As Stripe's ``price.recurring.interval``."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class FileState(StrEnum):
    """A removed file is offered to nobody; its bytes and history stay."""

    ACTIVE = "active"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Product:
    """Something a store sells. A bundle is a product that contains other products."""

    store_id: str
    id: str
    number: int
    slug: str
    name: str
    description: str
    state: ProductState
    downloads_after_cancellation: bool
    older_versions: bool
    license_issuer: str | None
    license_settings: dict[str, Any]
    confirmation_message: str
    created_at: datetime
    subscription_rules: dict[str, Any] = field(default_factory=dict)
    """What differs from the store's rules; see ``portico.subscriptions.rules``."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a product costs: once, or every ``interval_count`` intervals."""

    store_id: str
    id: str
    product_id: str
    type: PriceType
    currency: str
    unit_amount: int
    interval: Interval | None
    interval_count: int
    trial_days: int
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProductFile:
    """A file of a product; its bytes are in its versions."""

    store_id: str
    id: str
    product_id: str
    name: str
    position: int
    state: FileState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One set of bytes, and the storage plugin that keeps them. ``size`` is in bytes."""

    store_id: str
    id: str
    file_id: str
    number: int
    label: str
    notes: str
    filename: str
    content_type: str
    size: int
    sha256: str
    storage: str
    storage_key: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OfferedVersion:
    """A version of a file that a product offers, with what a page shows beside it."""

    product_id: str
    file_name: str
    position: int
    version: FileVersion


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product in a seller's list, with its active files and its sales."""

    id: str
    slug: str
    name: str
    state: ProductState
    created_at: datetime
    files: int
    sales: int


@dataclass(frozen=True, slots=True)
class BundlePart:
    """A product inside a bundle."""

    bundle_id: str
    product_id: str
