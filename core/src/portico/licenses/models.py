"""License keys."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from portico.stores.models import Mode


class LicenseState(StrEnum):
    """``pending`` waits for its issuer; ``replaced`` has given way to a newer key."""

    PENDING = "pending"
    ACTIVE = "active"
    DISABLED = "disabled"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class License:
    """A key that a customer received for one item of an order.

    ``grant_key`` names what the key is for (item and running number, or the key it replaces): it
    is unique, so that a repeated attempt never issues twice. ``key`` is None while pending.
    """

    store_id: str
    id: str
    number: int
    grant_key: str
    customer_id: str
    product_id: str
    order_id: str | None
    order_item_id: str | None
    mode: Mode
    issuer: str
    key: str | None
    state: LicenseState
    data: dict[str, Any]
    expires_at: datetime | None
    replaced_by: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PastItem:
    """A paid line of a purchase that gives a product: itself, or as a bundle."""

    item_id: str
    order_id: str
    customer_id: str
    quantity: int
    mode: Mode


@dataclass(frozen=True, slots=True)
class PastKeys:
    """Copies of a product that were sold, in so many lines, and what became of their keys."""

    lines: int
    due: int
    issued: int
    waiting: int
