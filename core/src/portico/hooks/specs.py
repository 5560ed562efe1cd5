"""Every spec class, in the order of the documentation."""

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
from portico.hooks.payment_methods import PaymentMethodHooks
from portico.hooks.portal import PortalHooks
from portico.hooks.subscriptions import SubscriptionHooks

SPECS: tuple[type, ...] = (
    AuthHooks,
    CheckoutHooks,
    PaymentMethodHooks,
    SubscriptionHooks,
    SubscriptionChangeHooks,
    InvoiceHooks,
    FileStorageHooks,
    LicenseHooks,
    EmailHooks,
    PortalHooks,
    DashboardHooks,
    EventHooks,
    ImportHooks,
    LifecycleHooks,
)
