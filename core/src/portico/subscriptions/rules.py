"""What holds for subscriptions: the store's rules, and what a product has in place of them."""

from dataclasses import dataclass
from typing import Any

from portico.catalog.models import Product
from portico.stores.models import PortalSettings, Store
from portico.subscriptions.models import CancellationMode


@dataclass(frozen=True, slots=True)
class SubscriptionRules:
    """``grace_days`` is how long access lasts while a payment is owed.

    ``change_price``, ``change_quantity``: what customers may change; ``switch_to`` are the ids of
    other products whose prices they may change to. ``pause_months`` is how long they may pause,
    0: not at all.
    """

    mode: CancellationMode
    cancellation_reason: bool
    grace_days: int
    change_price: bool
    change_quantity: bool
    pause_months: int
    switch_to: tuple[str, ...]


def rules_of(store: Store, product: Product | None) -> SubscriptionRules:
    """The rules of a product's subscriptions; None for those of the store."""
    settings = PortalSettings.of(store)
    own: dict[str, Any] = product.subscription_rules if product is not None else {}
    updates = settings.subscription_update
    return SubscriptionRules(
        CancellationMode(own.get("mode", settings.cancellation.mode)),
        own.get("cancellation_reason", settings.cancellation.cancellation_reason),
        own.get("grace_days", settings.grace_days),
        own.get("change_price", updates.price),
        own.get("change_quantity", updates.quantity),
        own.get("pause_months", updates.pause_months),
        tuple(own.get("switch_to", ())),
    )
