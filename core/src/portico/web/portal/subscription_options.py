"""What can be done with a subscription now, by its state, the store's rules and its provider."""

from portico.catalog.models import Product
from portico.hooks.changes import SubscriptionChangeHooks
from portico.library.models import SubscriptionData
from portico.subscriptions import plans
from portico.subscriptions.models import Subscription
from portico.subscriptions.rules import rules_of
from portico.web.portal.here import Here
from portico.web.portal.provider import offers


async def _product(at: Here, subject: Subscription) -> Product:
    return (await at.rt.catalog.of(at.store, [subject.product_id]))[subject.product_id].product


async def may_change(at: Here, data: SubscriptionData) -> bool:
    """Whether there is a change to offer; told from what the page has loaded."""
    subject = data.subject[0]
    if not plans.can_change(subject) or not await offers(
        at, subject.provider, SubscriptionChangeHooks.change_subscription
    ):
        return False
    rules = rules_of(at.store, await _product(at, subject))
    others = any(
        one.id != subject.price_id and one.currency == subject.currency for one in data.prices
    )
    return rules.change_quantity or (rules.change_price and bool(others or rules.switch_to))


async def may_pause(at: Here, subject: Subscription) -> bool:
    """Whether a pause can be offered."""
    return (
        plans.can_change(subject)
        and bool(plans.pause_lengths(at.store, await _product(at, subject), subject))
        and await offers(at, subject.provider, SubscriptionChangeHooks.pause_subscription)
    )


async def may_unpause(at: Here, subject: Subscription) -> bool:
    """Whether there is a pause that the customer may end."""
    paused = subject.paused_from is not None and not subject.managed_elsewhere
    return paused and await offers(
        at, subject.provider, SubscriptionChangeHooks.unpause_subscription
    )


async def may_offer(at: Here, data: SubscriptionData) -> bool:
    """Whether to show the store's discount to a customer who wants to cancel."""
    subject = data.subject[0]
    now = at.rt.clock.now()
    return plans.may_offer(at.store, subject, data.changes, now) and await offers(
        at, subject.provider, SubscriptionChangeHooks.apply_retention_offer
    )
