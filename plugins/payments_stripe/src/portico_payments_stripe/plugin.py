"""The plugin: what core asks of a payment provider, answered by Stripe."""

from pathlib import Path

from portico.api import (
    CheckoutHooks,
    DashboardHooks,
    LifecycleHooks,
    Mode,
    PaymentMethodHooks,
    Plugin,
    PluginTables,
    PortalHooks,
    SubscriptionHooks,
    hookimpl,
)

from portico_payments_stripe.client import api_base
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.tables import metadata


class StripePayments(
    Plugin,
    CheckoutHooks,
    PaymentMethodHooks,
    SubscriptionHooks,
    PortalHooks,
    DashboardHooks,
    LifecycleHooks,
):
    """Stripe's hosted pages take the money; this plugin reads back what is true there."""

    name, title, Settings = "payments_stripe", "Stripe", StripeSettings
    description = "Payments, subscriptions and refunds with your own Stripe account."
    weight = 200
    starts_on = False

    @hookimpl
    def checkout_modes(self) -> list[Mode]:
        return [Mode.TEST, Mode.LIVE]

    @hookimpl
    def form_action_origins(self) -> list[str]:
        base = api_base()
        ours = ["https://checkout.stripe.com", "https://billing.stripe.com"]
        return [*ours, base] if base else ours

    @hookimpl
    def tables(self) -> PluginTables:
        return PluginTables(metadata, Path(__file__).parent / "migrations" / "versions")
