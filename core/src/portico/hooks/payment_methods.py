"""Payment methods: giving a new one, removing one."""

from dataclasses import dataclass

from portico.customers.models import Customer
from portico.hooks.checkout import Redirect, Report
from portico.hooks.context import Context
from portico.hooks.markers import owner
from portico.subscriptions.models import PaymentMethod, PaymentMethodUpdate, Subscription


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """A customer wants to pay another way, for one subscription or (None) for all of them.

    ``return_url`` is where they come back to; ``cancel_url`` where a page leads back that they
    leave without giving anything.
    """

    update: PaymentMethodUpdate
    customer: Customer
    subscription: Subscription | None
    return_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class UpdateOutcome:
    """What came of an update. ``reports`` say what is true now, open payments included.

    ``succeeded``: the new method is in use. A payment that its owner has to confirm is no failure:
    the report of it says so, and the portal leads there. ``message`` is for the customer when it
    did not succeed; without one, the customer gave up and nothing has changed.
    """

    succeeded: bool
    reports: list[Report]
    message: str | None = None


class PaymentMethodHooks:
    """Changing how a customer pays."""

    @owner
    async def start_payment_method_update(self, ctx: Context, request: UpdateRequest) -> Redirect:
        """Prepare the provider's page for a new payment method."""
        raise NotImplementedError

    @owner
    async def finish_payment_method_update(
        self, ctx: Context, request: UpdateRequest
    ) -> UpdateOutcome | None:
        """After the customer came back: read the truth, make the method the default, retry what
        is owed. None while the provider does not know yet."""
        raise NotImplementedError

    @owner
    async def remove_payment_method(self, ctx: Context, method: PaymentMethod) -> None:
        """Forget a payment method. ``Refused`` where something is still paid with it."""
        raise NotImplementedError
