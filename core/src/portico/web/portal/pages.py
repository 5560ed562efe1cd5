"""What each portal template gets: the contract between the portal and its themes.

A template ``portal/<name>.html`` is rendered with one ``page`` of the class named here and, on
every page, with: ``frame`` (``Frame``), ``_`` and ``ngettext``, ``portal(path)`` (a link inside
the portal), ``static(path)``, ``slot(name)`` (plugins' panels) and the filters ``money``,
``date``, ``datetime``, ``filesize``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from portico.catalog.models import FileVersion, Price, Product
from portico.customers.models import Customer
from portico.entitlements.models import Entitlement
from portico.invoices.models import BillingDetails, Invoice
from portico.licenses.models import License
from portico.orders.models import Order, OrderItem, Payment, Refund
from portico.sessions.models import Session
from portico.subscriptions.models import PaymentMethod, Subscription
from portico.web.portal.mailed_pages import DataErasePage, EmailChangePage, UnsubscribePage
from portico.web.portal.subscription_pages import (
    CancelPage,
    ChangePage,
    ChangePreviewPage,
    OfferPage,
    PausePage,
    SubscriptionPage,
    SubscriptionRow,
    SubscriptionsPage,
)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with the field ``name`` and what to do."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The form for the address. ``notice`` says why the reader is here again."""

    template: ClassVar[str] = "portal/sign_in.html"
    email: str = ""
    next_path: str = ""
    notice: str | None = None
    errors: tuple[FieldError, ...] = ()
    wait_seconds: int = 0
    method_template: str | None = None


@dataclass(frozen=True, slots=True)
class SignInSentPage:
    """The same for known and unknown addresses. ``masked_email`` as in a•••@example.com."""

    template: ClassVar[str] = "portal/sign_in_sent.html"
    email: str
    masked_email: str
    minutes: int
    accepts_code: bool
    error: str | None = None
    exhausted: bool = False


@dataclass(frozen=True, slots=True)
class SignInLinkPage:
    """The page a link opens: nothing is used up before the button is pressed."""

    template: ClassVar[str] = "portal/sign_in_link.html"
    token: str
    masked_email: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file as a customer may download it."""

    file_name: str
    version: FileVersion
    product: Product


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order in a list, with the two things people come for."""

    order: Order
    items: tuple[OrderItem, ...]
    downloads: tuple[Download, ...] = ()
    licenses: tuple[License, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """The one thing that needs action: a payment that did not go through.

    ``confirm`` is its invoice, where the customer's bank only wants it confirmed.
    """

    subscription: Subscription
    access_until: datetime | None
    confirm: Invoice | None = None


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """The first page after signing in."""

    template: ClassVar[str] = "portal/overview.html"
    alert: Alert | None
    news: tuple[Download, ...]
    purchases: tuple[Purchase, ...]
    more_purchases: bool
    subscriptions: tuple[SubscriptionRow, ...]


@dataclass(frozen=True, slots=True)
class PurchasesPage:
    """Everything bought, newest first; renewals are under Billing."""

    template: ClassVar[str] = "portal/purchases.html"
    purchases: tuple[Purchase, ...]
    newer_url: str | None = None
    older_url: str | None = None


@dataclass(frozen=True, slots=True)
class PurchasePage:
    """One purchase. ``missing`` says why something bought is not (or no longer) offered."""

    template: ClassVar[str] = "portal/purchase.html"
    purchase: Purchase
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    payment_method: PaymentMethod | None
    entitlements: tuple[Entitlement, ...]
    missing: tuple[Entitlement, ...] = ()
    documents: tuple[Invoice, ...] = ()
    """The provider's own invoices of it, for which it has a document."""
    products: dict[str, Product] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """A printable invoice or receipt of an order."""

    template: ClassVar[str] = "portal/invoice.html"
    order: Order
    items: tuple[OrderItem, ...]
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    customer: Customer


@dataclass(frozen=True, slots=True)
class PaymentMethodWaitPage:
    """Back from the provider, which does not know yet; the page reloads itself."""

    template: ClassVar[str] = "portal/payment_wait.html"
    title: str
    text: str
    reload_seconds: int = 3


@dataclass(frozen=True, slots=True)
class DownloadGroup:
    """The files of one product, newest versions first; ``older`` maps a file's id to the rest.

    ``entitlement`` says why; where it is not active, ``downloads`` is empty.
    """

    product: Product
    entitlement: Entitlement
    downloads: tuple[Download, ...]
    older: dict[str, tuple[Download, ...]]


@dataclass(frozen=True, slots=True)
class DownloadsPage:
    """Every file the customer may have."""

    template: ClassVar[str] = "portal/downloads.html"
    groups: tuple[DownloadGroup, ...]


@dataclass(frozen=True, slots=True)
class FileMissingPage:
    """The file should be there and is not; the store has been told."""

    template: ClassVar[str] = "portal/file_missing.html"
    file_name: str


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """A key and where it came from."""

    license: License
    product: Product
    order: Order | None
    can_replace: bool


@dataclass(frozen=True, slots=True)
class LicensesPage:
    """All license keys."""

    template: ClassVar[str] = "portal/licenses.html"
    licenses: tuple[LicenseRow, ...]


@dataclass(frozen=True, slots=True)
class ReplaceLicensePage:
    """Explains that the old key stops working, before it does."""

    template: ClassVar[str] = "portal/license_replace.html"
    row: LicenseRow


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A payment method and what is paid with it. ``removable`` is False while something is."""

    method: PaymentMethod
    subscriptions: tuple[Subscription, ...]
    removable: bool


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice of a payment provider, and what can be done with it now.

    ``confirm``: to pay it is to confirm a payment that is under way. ``about``: the subscription
    that it is for, if any.
    """

    invoice: Invoice
    has_document: bool
    can_pay: bool
    confirm: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class BillingPage:
    """Payment methods and invoices (purchases and renewals), by year."""

    template: ClassVar[str] = "portal/billing.html"
    methods: tuple[MethodRow, ...]
    invoices: tuple[Order, ...]
    years: tuple[int, ...]
    year: int | None
    can_add: bool
    newer_url: str | None = None
    older_url: str | None = None
    open_invoices: tuple[InvoiceRow, ...] = ()
    """The provider's invoices that are still to be paid."""
    other_invoices: tuple[InvoiceRow, ...] = ()
    """Those that are paid and of no order here."""
    documents: dict[str, str] = field(default_factory=dict)
    """Ids of the provider's invoices, by the order's id."""
    about: dict[str, str] = field(default_factory=dict)
    """What was bought, by the order's id."""
    details: BillingDetails = field(default_factory=BillingDetails)


@dataclass(frozen=True, slots=True)
class BillingDetailsPage:
    """What the customer wants on invoices. An error without a name is the provider's.

    ``countries``: names by code, in the order of the reader's language.
    """

    template: ClassVar[str] = "portal/billing_details.html"
    details: BillingDetails
    errors: tuple[FieldError, ...] = ()
    countries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that is signed in. ``label`` such as "Firefox on Windows"."""

    session: Session
    label: str
    current: bool


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """Address, language, devices."""

    template: ClassVar[str] = "portal/settings.html"
    customer: Customer
    devices: tuple[Device, ...]
    pending_email: str | None = None
    email: str = ""
    errors: tuple[FieldError, ...] = ()
    new_versions: bool = True
    """Whether the customer wants mails about new versions of files."""
    data_download: bool = True
    data_erasure: bool = True
    """Whether the store lets customers download what it knows of them, and have it deleted."""


@dataclass(frozen=True, slots=True)
class BuyPage:
    """The page of a product with its prices and one field for the address."""

    template: ClassVar[str] = "portal/buy.html"
    product: Product
    prices: tuple[Price, ...]
    price_id: str
    email: str = ""
    errors: tuple[FieldError, ...] = ()
    test_mode: bool = False


@dataclass(frozen=True, slots=True)
class BoughtPage:
    """After paying: what was bought, and that the mail is on its way.

    ``state`` is ``paid``, ``waiting`` (the page reloads itself) or ``failed``.
    """

    template: ClassVar[str] = "portal/bought.html"
    state: str
    order: Order
    items: tuple[OrderItem, ...]
    masked_email: str
    message_html: str = ""
    failure_message: str | None = None
    retry_url: str | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Something is not there, not allowed or not working: what happened and what to do."""

    template: ClassVar[str] = "portal/error.html"
    status: int
    title: str
    text: str
    action_label: str | None = None
    action_url: str | None = None


@dataclass(frozen=True, slots=True)
class TextPage:
    """A text of the seller's, such as the imprint: paragraphs of lines."""

    template: ClassVar[str] = "portal/text.html"
    title: str
    paragraphs: tuple[tuple[str, ...], ...]


Page = (
    SignInPage | SignInSentPage | SignInLinkPage | OverviewPage | PurchasesPage | PurchasePage
    | InvoicePage | SubscriptionsPage | SubscriptionPage | ChangePage | ChangePreviewPage
    | PausePage | OfferPage | CancelPage | PaymentMethodWaitPage
    | DownloadsPage | FileMissingPage | LicensesPage | ReplaceLicensePage | BillingPage
    | BillingDetailsPage | SettingsPage | UnsubscribePage | EmailChangePage | DataErasePage
    | BuyPage | BoughtPage | ErrorPage | TextPage
)  # fmt: skip
