"""What a customer may change a subscription to, by the rules of its product and the store."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portico.catalog import service as catalog
from portico.catalog.models import Interval, Price, PriceType, Product, ProductState
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.orders.checkout import MAX_QUANTITY
from portico.orders.paid import add_interval
from portico.runtime import Runtime
from portico.stores.models import PortalSettings, Store
from portico.subscriptions.models import (
    ChangeKind,
    ChangeState,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
)
from portico.subscriptions.rules import rules_of

NOT_NOW = N_("This subscription cannot be changed at the moment.")
_NOT_OFFERED = N_("This plan is not offered any more. Choose another one.")
_SAME = N_("This is the plan that you have. Choose another one.")
_QUANTITY = N_("Choose a quantity between 1 and 1000.")
_RUNNING = (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING)


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan that a customer may change to; ``current`` is the one they have."""

    product: Product
    price: Price
    current: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be changed. ``plans`` begins with the product's own."""

    plans: tuple[Choice, ...]
    quantity: bool

    @property
    def any(self) -> bool:
        """Whether there is something to change at all."""
        return self.quantity or any(not one.current for one in self.plans)


def can_change(subscription: Subscription) -> bool:
    """Whether plan, pause and offers can be talked about as things stand: it runs, is paid, and
    goes on."""
    return (
        subscription.status in _RUNNING
        and subscription.cancel_at is None
        and subscription.paused_from is None
        and subscription.provider_ref is not None
        and not subscription.managed_elsewhere
    )


def pause_lengths(store: Store, product: Product | None, subscription: Subscription) -> list[int]:
    """How many months a customer may pause for: whole periods, for one that begins in a pause is
    never paid for."""
    steps = {Interval.MONTH: 1, Interval.YEAR: 12}
    step = steps.get(subscription.interval, 0) * subscription.interval_count or 1
    return list(range(step, rules_of(store, product).pause_months + 1, step))


async def choices(rt: Runtime, store: Store, subscription: Subscription) -> Choices:
    """The plans a customer may change to, by the rules of the product and the store."""
    product = await catalog.product_by_id(rt, store.id, subscription.product_id)
    if product is None:
        return Choices((), False)
    rules = rules_of(store, product)
    if not rules.change_price:
        return Choices((), rules.change_quantity)
    others = await catalog.products_by_ids(rt, store.id, rules.switch_to)
    offered = [one for one in others if one.state is ProductState.ACTIVE and one.id != product.id]
    plans = [
        Choice(one, price, price.id == subscription.price_id)
        for one in (product, *sorted(offered, key=lambda one: one.name))
        for price in await catalog.prices_of(rt, store, one.id)
        if price.type is PriceType.RECURRING and price.currency == subscription.currency
    ]
    return Choices(tuple(plans), rules.change_quantity)


async def chosen(
    rt: Runtime, store: Store, subscription: Subscription, offered: Choices, price_id: str
) -> Choice | None:
    """The plan with that price; None where it is not offered.

    The one they have may stay as it is where only the quantity is changed, sold or not.
    """
    found = next((one for one in offered.plans if one.price.id == price_id), None)
    if found is not None or not offered.quantity or price_id != subscription.price_id:
        return found
    price = await catalog.price_by_id(rt, store.id, price_id)
    product = await catalog.product_by_id(rt, store.id, subscription.product_id)
    return Choice(product, price, current=True) if price and product else None


async def offered(
    rt: Runtime, store: Store, subscription: Subscription, price_id: str, quantity: int
) -> Price:
    """The price of a plan that may be chosen. Refused, in words, where it may not."""
    found = await choices(rt, store, subscription)
    plan = await chosen(rt, store, subscription, found, price_id)
    if plan is None:
        raise Refused(_NOT_OFFERED)
    price = plan.price
    if quantity != subscription.quantity and not found.quantity:
        raise Refused(NOT_NOW)
    if not 1 <= quantity <= MAX_QUANTITY:
        raise Refused(_QUANTITY)
    if (price.id, quantity) == (subscription.price_id, subscription.quantity):
        raise Refused(_SAME)
    return price


def may_offer(
    store: Store, subscription: Subscription, made: Iterable[SubscriptionChange], now: datetime
) -> bool:
    """Whether the store has a discount for who stays, and this one has not had it before.

    ``made`` are the changes of the subscription so far. A discount that is over before the next
    payment is no offer.
    """
    rules = PortalSettings.of(store).cancellation
    if not rules.retention_percent_off or not can_change(subscription):
        return False
    lasts = add_interval(now, Interval.MONTH, rules.retention_months)
    had = (ChangeState.PENDING, ChangeState.SUCCEEDED)
    taken = any(one.kind is ChangeKind.RETENTION and one.state in had for one in made)
    return not taken and subscription.discounted_amount is None and subscription.charged_at < lasts
