"""Cancelling a subscription, and undoing it."""

from dataclasses import dataclass

from portico.hooks.checkout import SubscriptionReport
from portico.hooks.context import Context
from portico.hooks.markers import owner
from portico.subscriptions.models import Cancellation, Subscription


@dataclass(frozen=True, slots=True)
class CancellationRequest:
    """A customer cancels; ``cancellation`` says when it takes effect and, perhaps, why.

    ``proration_behavior`` is what to do about the rest of a period that ends at once, in Stripe's
    words: ``none``, ``create_prorations`` or ``always_invoice``.
    """

    cancellation: Cancellation
    subscription: Subscription
    proration_behavior: str = "none"


@dataclass(frozen=True, slots=True)
class Resumption:
    """A customer takes a cancellation back before it took effect."""

    cancellation: Cancellation
    subscription: Subscription


class SubscriptionHooks:
    """Changing a subscription at its provider."""

    @owner
    async def cancel_subscription(
        self, ctx: Context, request: CancellationRequest
    ) -> SubscriptionReport:
        """Cancel at the period's end or at once; cancelling twice changes nothing."""
        raise NotImplementedError

    @owner
    async def resume_subscription(self, ctx: Context, request: Resumption) -> SubscriptionReport:
        """Undo a cancellation that has not taken effect. ``Refused`` once it has."""
        raise NotImplementedError
