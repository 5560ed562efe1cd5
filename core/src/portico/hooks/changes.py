"""Changing a subscription: another plan or quantity, a pause, a discount for who stays."""

from dataclasses import dataclass
from datetime import datetime

from portico.catalog.models import Price
from portico.hooks.checkout import Report, SubscriptionReport
from portico.hooks.context import Context
from portico.hooks.markers import owner
from portico.subscriptions.models import Subscription, SubscriptionChange


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """Charge ``subscription`` by ``price`` from now on, ``change.quantity`` times.

    ``change.proration_behavior`` says what becomes of the period that was paid, in Stripe's words:
    ``none``, ``create_prorations`` (on the next invoice) or ``always_invoice`` (at once).
    ``change.prorated_at`` is None in a preview, and then what the preview answered.
    """

    change: SubscriptionChange
    subscription: Subscription
    price: Price


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a change will cost. Amounts are minor units of the subscription's currency, with tax.

    ``due_now`` is charged when the customer confirms. ``credit`` is what the unused rest of the
    old plan is worth, 0 where it is not credited; it is part of ``due_now`` or ``next_amount``
    already. ``next_amount`` is charged at ``next_at``. ``prorated_at`` is the moment that all of
    this holds for.
    """

    due_now: int
    credit: int
    next_amount: int
    next_at: datetime
    prorated_at: datetime


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """Collect nothing for ``subscription``, or again; ``change.resumes_at`` ends a pause."""

    change: SubscriptionChange
    subscription: Subscription


@dataclass(frozen=True, slots=True)
class RetentionOffer:
    """The customer stays for ``change.percent_off`` percent less, ``change.months`` long."""

    change: SubscriptionChange
    subscription: Subscription


class SubscriptionChangeHooks:
    """Changes that customers make to a running subscription.

    Each hook is optional: customers are offered what the subscription's provider answers. Every
    request is repeatable by ``change.id``, and made once however often it is sent.
    """

    @owner
    async def preview_subscription_change(
        self, ctx: Context, request: ChangeRequest
    ) -> ChangePreview:
        """What a change would cost, changing nothing. ``Refused`` where it cannot be made."""
        raise NotImplementedError

    @owner
    async def change_subscription(self, ctx: Context, request: ChangeRequest) -> list[Report]:
        """Make the change, and charge what is due now.

        Reports the subscription, then what was charged (``order_kind`` is ``change``). ``Refused``
        where the payment fails: then nothing has changed. ``ActionRequired`` where the customer
        has to confirm the payment first.
        """
        raise NotImplementedError

    @owner
    async def pause_subscription(self, ctx: Context, request: PauseRequest) -> SubscriptionReport:
        """Collect nothing for periods that begin from now on, until ``change.resumes_at``."""
        raise NotImplementedError

    @owner
    async def unpause_subscription(self, ctx: Context, request: PauseRequest) -> SubscriptionReport:
        """Collect again, beginning with the next period."""
        raise NotImplementedError

    @owner
    async def apply_retention_offer(
        self, ctx: Context, request: RetentionOffer
    ) -> SubscriptionReport:
        """Give the discount on every invoice of the coming months."""
        raise NotImplementedError
