"""What one statement loads for a page of the portal."""

from dataclasses import dataclass
from datetime import datetime

from portico.catalog.models import FileVersion, Price, Product
from portico.entitlements.models import Grant
from portico.entitlements.queries import OwnedItem
from portico.invoices.models import Invoice
from portico.licenses.models import License
from portico.orders.models import Order, OrderItem, Payment, Refund
from portico.subscriptions.models import (
    Cancellation,
    PaymentMethod,
    Subscription,
    SubscriptionChange,
)

LATEST = 5
"""Purchases that the overview shows."""
PAGE = 20
"""Orders on a page of a list."""


@dataclass(frozen=True, slots=True)
class Sections:
    """Which sections of the portal have something in them."""

    purchases: bool
    subscriptions: bool
    downloads: bool
    licenses: bool
    methods: bool

    @property
    def billing(self) -> bool:
        """Whether there are payment methods or invoices."""
        return self.methods or self.purchases or self.subscriptions


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything of a customer that access derives from."""

    has_licenses: bool
    has_methods: bool
    owned: tuple[OwnedItem, ...]
    subscriptions: tuple[Subscription, ...]
    grants: tuple[Grant, ...]

    def product_ids(self) -> set[str]:
        """The products that a customer has, or had, anything to do with."""
        return {
            one.product_id for some in (self.owned, self.subscriptions, self.grants) for one in some
        }


@dataclass(frozen=True, slots=True)
class DownloadsData(Holdings):
    """``versions`` are all there are of all files, the newest first."""

    versions: tuple[FileVersion, ...]


@dataclass(frozen=True, slots=True)
class OverviewData(Holdings):
    """The overview. ``orders`` are the latest purchases, one more than are shown."""

    orders: tuple[Order, ...]
    items: tuple[OrderItem, ...]
    licenses: tuple[License, ...]
    payment_methods: tuple[PaymentMethod, ...]
    to_confirm: tuple[Invoice, ...]


@dataclass(frozen=True, slots=True)
class PurchasesData(Holdings):
    """A page of purchases. ``orders`` is one more than are shown, where there are more."""

    orders: tuple[Order, ...]
    items: tuple[OrderItem, ...]
    licenses: tuple[License, ...]


@dataclass(frozen=True, slots=True)
class PurchaseData(PurchasesData):
    """One purchase. ``orders`` is empty where the customer has no such order."""

    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    payment_methods: tuple[PaymentMethod, ...]
    documents: tuple[Invoice, ...]
    """The provider's own invoices of it."""


@dataclass(frozen=True, slots=True)
class InvoiceData:
    """An order as a document. ``orders`` is empty where the customer has no such order."""

    sections: tuple[Sections, ...]
    orders: tuple[Order, ...]
    items: tuple[OrderItem, ...]
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionsData:
    """Subscriptions, with what is sold in them and how they are paid."""

    sections: tuple[Sections, ...]
    subscriptions: tuple[Subscription, ...]
    products: tuple[Product, ...]
    payment_methods: tuple[PaymentMethod, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionData(Holdings):
    """One subscription, ``subject``, empty where the customer has no such subscription.

    ``prices`` are the recurring ones its product is sold at; ``changes`` the latest attempts to
    change it, without previews.
    """

    subject: tuple[Subscription, ...]
    orders: tuple[Order, ...]
    payment_methods: tuple[PaymentMethod, ...]
    cancellations: tuple[Cancellation, ...]
    prices: tuple[Price, ...]
    changes: tuple[SubscriptionChange, ...]
    licenses: tuple[License, ...]


@dataclass(frozen=True, slots=True)
class LicensesData:
    """License keys, with what they are for and where they came from."""

    sections: tuple[Sections, ...]
    licenses: tuple[License, ...]
    products: tuple[Product, ...]
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class BillingData:
    """Payment methods and invoices. ``paid_at`` are the times of all invoices, for the years.

    ``documents`` are the provider's own invoices: of the orders of this page, those that are open,
    and those of no order.
    """

    sections: tuple[Sections, ...]
    payment_methods: tuple[PaymentMethod, ...]
    subscriptions: tuple[Subscription, ...]
    invoices: tuple[Order, ...]
    items: tuple[OrderItem, ...]
    documents: tuple[Invoice, ...]
    paid_at: tuple[datetime, ...]
