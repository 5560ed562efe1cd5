"""The records behind the sample pages (see ``portico.themes.samples``)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portico.catalog.models import FileVersion, Interval, Price, PriceType, Product, ProductState
from portico.customers.models import Customer
from portico.entitlements.models import Entitlement, Reason
from portico.licenses.models import License, LicenseState
from portico.orders.models import (
    Order,
    OrderItem,
    OrderKind,
    OrderState,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from portico.stores.models import Mode, Store
from portico.web.portal import pages as p

NOW = datetime(2026, 11, 20, 13, 32, tzinfo=UTC)
GRACE_END = datetime(2026, 12, 14, 12, 0, tzinfo=UTC)
LONG = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft "
    "typefaces, complete desktop and web family with extended language support"
)

STORE = Store(
    id="sto_1",
    number=1,
    slug="northwind",
    name="Northwind Type",
    mode=Mode.LIVE,
    currency="EUR",
    locale="en",
    timezone="Europe/Berlin",
    support_email="hello@northwind.example",
    domain=None,
    domain_verified_at=None,
    theme="default",
    theme_settings={},
    settings={},
    plugins_version=1,
    catalog_version=1,
    created_at=NOW,
)
CUSTOMER = Customer("sto_1", "cus_1", 1, "customer@example.com", "Ada Sample", "en", {}, NOW, NOW)
BILLED_CUSTOMER = replace(
    CUSTOMER,
    billing={"name": "Ada Sample", "line1": "1 Sample Street", "city": "Hamburg", "country": "DE"},
)


def product(number: int, slug: str, name: str, description: str = "") -> Product:
    """A product of the sample store."""
    return Product(
        store_id="sto_1",
        id=f"pro_{number}",
        number=number,
        slug=slug,
        name=name,
        description=description,
        state=ProductState.ACTIVE,
        downloads_after_cancellation=False,
        older_versions=True,
        license_issuer="licenses",
        license_settings={},
        confirmation_message="",
        created_at=NOW,
    )


FONT = product(1, "meridian", "Meridian Sans, desktop license", "Twelve weights with true italics.")
CLUB = product(2, "club", "Foundry Club", "Every typeface we release, while you are a member.")
BOOK = product(3, "specimen", "Specimen book, PDF")

ONCE = Price("sto_1", "pri_1", "pro_1", PriceType.ONE_TIME, "EUR", 8900, None, 1, 0, True, NOW)
MONTHLY = Price(
    "sto_1", "pri_2", "pro_2", PriceType.RECURRING, "EUR", 1200, Interval.MONTH, 1, 0, True, NOW
)
YEARLY = replace(MONTHLY, id="pri_3", unit_amount=12000, interval=Interval.YEAR, trial_days=14)

ORDER = Order(
    store_id="sto_1",
    id="ord_1042",
    number=1042,
    customer_id="cus_1",
    kind=OrderKind.PURCHASE,
    mode=Mode.LIVE,
    state=OrderState.PAID,
    currency="EUR",
    total=10800,
    refunded=0,
    provider="payments_sandbox",
    locale="en",
    subscription_id=None,
    created_at=datetime(2026, 11, 2, 9, 4, tzinfo=UTC),
    paid_at=datetime(2026, 11, 2, 9, 5, tzinfo=UTC),
)
ITEMS = (
    OrderItem("sto_1", "oit_1", ORDER.id, "pro_1", "pri_1", FONT.name, 1, 8900, 8900),
    OrderItem("sto_1", "oit_2", ORDER.id, "pro_3", None, BOOK.name, 1, 1900, 1900),
)
PAYMENT = Payment(
    store_id="sto_1",
    id="pay_1",
    order_id=ORDER.id,
    mode=Mode.LIVE,
    provider="payments_sandbox",
    provider_ref="pi_1",
    state=PaymentState.SUCCEEDED,
    amount=10800,
    currency="EUR",
    payment_method_id="pm_1",
    failure_message=None,
    idempotency_key="k1",
    created_at=NOW,
    updated_at=NOW,
)
FAILED_PAYMENT = replace(
    PAYMENT,
    id="pay_0",
    state=PaymentState.FAILED,
    failure_message="Your bank declined the card.",
)
REFUND = Refund(
    store_id="sto_1",
    id="ref_1",
    order_id=ORDER.id,
    payment_id="pay_1",
    mode=Mode.LIVE,
    provider="payments_sandbox",
    provider_ref="re_1",
    state=RefundState.SUCCEEDED,
    amount=1900,
    currency="EUR",
    reason=None,
    idempotency_key="k2",
    created_at=NOW,
    updated_at=NOW,
)


def version(number: int, file_id: str, label: str, notes: str = "") -> FileVersion:
    """A version of a file."""
    return FileVersion(
        store_id="sto_1",
        id=f"ver_{file_id}_{number}",
        file_id=file_id,
        number=number,
        label=label,
        notes=notes,
        filename="meridian.zip",
        content_type="application/zip",
        size=4_234_567 * number,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        storage="files_local",
        storage_key="k",
        created_at=datetime(2026, 11, 18, tzinfo=UTC) - timedelta(days=90 * (4 - number)),
    )


NEWS = p.Download(
    "Meridian Sans", version(4, "fil_1", "4.2", "Adds Vietnamese and small capitals"), FONT
)
SPECIMEN = p.Download("Specimen book", version(1, "fil_2", ""), BOOK)
OLDER = tuple(
    p.Download("Meridian Sans", version(number, "fil_1", f"{number}.0"), FONT) for number in (3, 2)
)


def license_of(number: int, state: LicenseState = LicenseState.ACTIVE) -> License:
    """A key of the font."""
    key = f"8F2C-91AB-77D0-E{number:03d}"
    return License(
        store_id="sto_1",
        id=f"lic_{number}",
        number=number,
        grant_key=f"oit_1:{number}",
        customer_id="cus_1",
        product_id="pro_1",
        order_id=ORDER.id,
        order_item_id="oit_1",
        mode=Mode.LIVE,
        issuer="licenses",
        key=None if state is LicenseState.PENDING else key,
        state=state,
        data={},
        expires_at=datetime(2027, 6, 3, tzinfo=UTC) if number % 2 else None,
        replaced_by=None,
        created_at=NOW,
    )


_TWO = (
    replace(ORDER, id="ord_1017", number=1017, total=1900, mode=Mode.TEST),
    replace(ORDER, id="ord_988", number=988, total=2400, refunded=2400, state=OrderState.REFUNDED),
)
PURCHASES = (
    p.Purchase(
        replace(ORDER, total=8900), ITEMS[:1], (NEWS,), (license_of(304), license_of(305))
    ),
    p.Purchase(_TWO[0], ITEMS[1:], (SPECIMEN,)),
    p.Purchase(
        replace(ORDER, id="ord_990", number=990), ITEMS, (NEWS, SPECIMEN),
        (license_of(306, LicenseState.PENDING),),
    ),
    p.Purchase(_TWO[1], (replace(ITEMS[1], description="Icon set"),)),
)  # fmt: skip


def long_purchase() -> p.Purchase:
    """A purchase whose names are longer than any line."""
    items = (replace(ITEMS[0], description=LONG),)
    order = replace(ORDER, total=123_456_789_00)
    return p.Purchase(order, items, (replace(NEWS, file_name=LONG),), (license_of(304),))


def entitlement(reason: Reason = Reason.BOUGHT, *, active: bool = True) -> Entitlement:
    """Whether the customer has the font, and why."""
    until = NOW if reason in (Reason.SUBSCRIPTION_ENDED, Reason.SUBSCRIBED) else None
    return Entitlement("pro_1", active, reason, ORDER.id, "sub_1", NOW, until)


_REFUSING = {
    Reason.REFUNDED,
    Reason.SUBSCRIPTION_ENDED,
    Reason.PAYMENT_FAILED,
    Reason.WITHDRAWN,
}


def refused(reason: Reason) -> p.DownloadGroup:
    """A product with or without files, for each reason there is."""
    active = reason not in _REFUSING
    return p.DownloadGroup(FONT, entitlement(reason, active=active), (NEWS,) if active else (), {})


def download_groups() -> tuple[p.DownloadGroup, ...]:
    """Files with older versions, a book, and something that is over."""
    return (
        p.DownloadGroup(FONT, entitlement(), (NEWS,), {"fil_1": OLDER}),
        p.DownloadGroup(BOOK, entitlement(Reason.SUBSCRIBED), (SPECIMEN,), {}),
        p.DownloadGroup(CLUB, entitlement(Reason.SUBSCRIPTION_ENDED, active=False), (), {}),
    )


def license_rows() -> tuple[p.LicenseRow, ...]:
    """A key in every state."""
    states = enumerate(LicenseState, start=300)
    return tuple(
        p.LicenseRow(license_of(number, state), FONT, ORDER, state is LicenseState.ACTIVE)
        for number, state in states
    )
