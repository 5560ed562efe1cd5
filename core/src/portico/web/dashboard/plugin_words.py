"""What plugins do, in the words of a seller."""

from collections.abc import Callable, Iterator
from typing import Any

from portico.hooks.auth import AuthHooks
from portico.hooks.changes import SubscriptionChangeHooks
from portico.hooks.checkout import CheckoutHooks
from portico.hooks.dashboard import DashboardHooks
from portico.hooks.emails import EmailHooks
from portico.hooks.events import EventHooks
from portico.hooks.files import FileStorageHooks
from portico.hooks.imports import ImportHooks
from portico.hooks.invoices import InvoiceHooks
from portico.hooks.licenses import LicenseHooks
from portico.hooks.lifecycle import LifecycleHooks
from portico.hooks.loader import Registry
from portico.hooks.payment_methods import PaymentMethodHooks
from portico.hooks.portal import PortalHooks
from portico.hooks.subscriptions import SubscriptionHooks
from portico.i18n import N_

Hook = Callable[..., Any]

CAPABILITIES: dict[str, tuple[str, Hook]] = {
    "auth": (N_("Signing in"), AuthHooks.begin_sign_in),
    "payments": (N_("Taking payments"), CheckoutHooks.start_checkout),
    "storage": (N_("Keeping files"), FileStorageHooks.store_file),
    "email": (N_("Sending mails"), EmailHooks.send_email),
}
"""What one plugin of several does, by the name under which the store keeps its choice."""

_PROVIDES: tuple[tuple[Hook, str], ...] = (
    *((hook, label) for label, hook in CAPABILITIES.values()),
    (CheckoutHooks.refund_payment, N_("Refunds")),
    (PaymentMethodHooks.start_payment_method_update, N_("Updating payment methods")),
    (SubscriptionHooks.cancel_subscription, N_("Cancelling subscriptions")),
    (SubscriptionChangeHooks.change_subscription, N_("Changing plans")),
    (SubscriptionChangeHooks.pause_subscription, N_("Pausing subscriptions")),
    (SubscriptionChangeHooks.apply_retention_offer, N_("Discounts instead of cancelling")),
    (InvoiceHooks.invoice_document, N_("Invoices as PDF")),
    (InvoiceHooks.start_invoice_payment, N_("Paying open invoices")),
    (InvoiceHooks.update_billing_details, N_("Names and tax ids on invoices")),
    (LicenseHooks.issue_license, N_("Making license keys")),
    (EmailHooks.email_variables, N_("Variables for mails")),
    (PortalHooks.portal_pages, N_("Pages in the portal")),
    (PortalHooks.portal_panels, N_("Parts of the portal's pages")),
    (DashboardHooks.dashboard_pages, N_("Pages in the dashboard")),
    (DashboardHooks.dashboard_panels, N_("Parts of the dashboard's pages")),
    (EventHooks.on_event, N_("Acting on what happens")),
    (LifecycleHooks.jobs, N_("Work in the background")),
    (ImportHooks.importers, N_("Taking over what was sold elsewhere")),
    (LifecycleHooks.routes, N_("Web addresses of its own")),
)

DEPENDENTS = {
    "subscriptions": N_("Subscriptions"),
    "pending payments": N_("Pending payments"),
    "pending refunds": N_("Pending refunds"),
    "open invoices": N_("Open invoices"),
    "payment methods": N_("Payment methods"),
    "files": N_("Files"),
    "licenses": N_("License keys"),
    "deliveries": N_("Work under way"),
}
"""What a plugin looks after (see ``activation.dependents``)."""


def provided(registry: Registry, plugin: str) -> Iterator[str]:
    """What a plugin does."""
    for hook, words in _PROVIDES:
        if plugin in registry.names_answering(hook):
            yield words
