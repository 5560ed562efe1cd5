"""What one statement loads for the page of a record."""

from dataclasses import dataclass
from datetime import datetime

from portico.customers.models import Customer
from portico.emails.models import Email
from portico.events.models import DeliveryState
from portico.invoices.models import Invoice
from portico.licenses.models import License
from portico.orders.models import Dispute, Order, OrderItem, Payment, Refund
from portico.subscriptions.models import (
    Cancellation,
    PaymentMethod,
    Subscription,
    SubscriptionChange,
)


@dataclass(frozen=True, slots=True)
class ProductName:
    """A product by its name."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order and everything that hangs on it. ``orders`` is empty where there is none."""

    orders: tuple[Order, ...]
    customers: tuple[Customer, ...]
    items: tuple[OrderItem, ...]
    payments: tuple[Payment, ...]
    methods: tuple[PaymentMethod, ...]
    refunds: tuple[Refund, ...]
    invoices: tuple[Invoice, ...]
    disputes: tuple[Dispute, ...]
    licenses: tuple[License, ...]
    emails: tuple[Email, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionRecord:
    """A subscription; its newest orders; every attempt to cancel it, the newest first."""

    subscriptions: tuple[Subscription, ...]
    customers: tuple[Customer, ...]
    methods: tuple[PaymentMethod, ...]
    orders: tuple[Order, ...]
    cancellations: tuple[Cancellation, ...]
    changes: tuple[SubscriptionChange, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The delivery that is to bring a key: ``dead`` waits for a person."""

    state: DeliveryState
    attempts: int
    last_error: str | None
    next_at: datetime


@dataclass(frozen=True, slots=True)
class LicenseRecord:
    """A key, whose it is and what for, and what became of the last attempt to make it."""

    licenses: tuple[License, ...]
    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]
    products: tuple[ProductName, ...]
    waiting: tuple[Waiting, ...]
