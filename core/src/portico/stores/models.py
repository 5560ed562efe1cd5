"""What the rest of the system knows of a store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Mode(StrEnum):
    """Whether money is real. Nothing of one mode is ever counted with the other."""

    TEST = "test"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Store:
    """One seller's shop: its name, its words, its look.

    ``plugins_version`` changes with every change of its plugins or their settings, and
    ``catalog_version`` with every change of its products and files, so that what is kept in
    memory about them is known to be current.
    """

    id: str
    number: int
    slug: str
    name: str
    mode: Mode
    currency: str
    locale: str
    timezone: str
    support_email: str | None
    domain: str | None
    domain_verified_at: datetime | None
    theme: str
    theme_settings: dict[str, Any]
    settings: dict[str, Any]
    plugins_version: int
    catalog_version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoreImage:
    """A picture of a store as PNG; its id is a hash of it."""

    store_id: str
    id: str
    content: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ImageUse:
    """A picture, whether it is in use, and the settings of its store's theme."""

    store_id: str
    id: str
    unused_since: datetime | None
    theme_settings: dict[str, str]


SECTIONS = ("purchases", "subscriptions", "downloads", "licenses", "billing")
"""Sections of the portal that a store may leave out. The overview and the settings stay."""


@dataclass(frozen=True, slots=True)
class CancellationRules:
    """How customers may cancel, named as Stripe's portal configuration names it."""

    mode: str = "at_period_end"
    """``at_period_end`` or ``immediately``."""
    cancellation_reason: bool = True
    """Whether the reason is asked; it is never required."""
    proration_behavior: str = "none"
    """``none``, ``create_prorations`` or ``always_invoice``: what the payment plugin does about
    the rest of a period that ends at once."""
    retention: str = ""
    """What the seller offers instead, shown once before the customer cancels."""
    retention_url: str = ""
    retention_percent_off: int = 0
    """A discount for who stays, as in Stripe's ``retention.coupon_offer``; 0 for none."""
    retention_months: int = 3
    """How long the discount lasts."""


@dataclass(frozen=True, slots=True)
class UpdateRules:
    """What customers may change, named as Stripe's ``features.subscription_update`` names it."""

    price: bool = True
    """Whether they may change to another recurring price."""
    quantity: bool = False
    proration_behavior: str = "create_prorations"
    """``none``, ``create_prorations`` or ``always_invoice``: what becomes of the rest of a paid
    period when the plan is changed."""
    pause_months: int = 0
    """How long a customer may pause at most; 0: not at all."""


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """The parts of ``Store.settings`` that the portal reads."""

    session_days: int = 30
    grace_days: int = 14
    sections: tuple[str, ...] = SECTIONS
    languages: tuple[str, ...] = ()
    """Those that customers may choose; empty: every one that core speaks."""
    data_download: bool = True
    """Whether customers may download what is known about them."""
    data_erasure: bool = True
    """Whether customers may have it erased themselves."""
    privacy_url: str | None = None
    terms_url: str | None = None
    imprint: str = ""
    withdraw_access_while_disputed: bool = False
    """Whether a customer whose bank takes a payment back is without what it paid for: until the
    dispute is won."""
    cancellation: CancellationRules = field(default_factory=CancellationRules)
    subscription_update: UpdateRules = field(default_factory=UpdateRules)

    @classmethod
    def of(cls, store: Store) -> "PortalSettings":
        """The store's portal settings, defaults where it has set nothing."""
        given = store.settings.get("portal")
        if not given:
            return _DEFAULT_SETTINGS
        raw = dict(given)
        rules = CancellationRules(**raw.pop("cancellation", {}))
        updates = UpdateRules(**raw.pop("subscription_update", {}))
        raw |= {name: tuple(raw[name]) for name in ("sections", "languages") if name in raw}
        return cls(**raw, cancellation=rules, subscription_update=updates)

    def offered(self, known: Sequence[str]) -> tuple[str, ...]:
        """The languages of ``known`` that customers may choose; never none."""
        return tuple(one for one in known if one in self.languages) or tuple(known)


_DEFAULT_SETTINGS = PortalSettings()
