"""Sample subscriptions, payment methods, orders in full, and devices (see
``portico.themes.samples``)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portico.catalog.models import Interval
from portico.entitlements.models import Reason
from portico.invoices.models import BillingDetails, Invoice, InvoiceState
from portico.licenses.models import LicenseState
from portico.orders.models import (
    OrderKind,
    OrderState,
    RefundState,
)
from portico.sessions.models import Audience, Session
from portico.stores.models import Mode
from portico.subscriptions.models import (
    AttemptState,
    Cancellation,
    CancellationMode,
    ChangeKind,
    ChangeState,
    PaymentMethod,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
)
from portico.subscriptions.plans import Choice
from portico.themes.sample_data import (
    BOOK,
    CLUB,
    FAILED_PAYMENT,
    FONT,
    GRACE_END,
    ITEMS,
    MONTHLY,
    NEWS,
    NOW,
    ORDER,
    PAYMENT,
    REFUND,
    SPECIMEN,
    YEARLY,
    entitlement,
    license_of,
)
from portico.web.portal import pages as p
from portico.web.portal import subscription_pages as sp

METHOD = PaymentMethod(
    store_id="sto_1",
    id="pm_1",
    customer_id="cus_1",
    mode=Mode.LIVE,
    provider="payments_sandbox",
    provider_ref="pm_x",
    type="card",
    brand="visa",
    last4="4242",
    exp_month=4,
    exp_year=2028,
    is_default=True,
    detached_at=None,
    created_at=NOW,
)
SUBSCRIPTION = Subscription(
    store_id="sto_1",
    id="sub_1",
    number=1,
    customer_id="cus_1",
    product_id="pro_2",
    price_id="pri_2",
    description="Foundry Club",
    mode=Mode.LIVE,
    provider="payments_sandbox",
    provider_ref="su_1",
    status=SubscriptionStatus.ACTIVE,
    currency="EUR",
    amount=1200,
    quantity=1,
    interval=Interval.MONTH,
    interval_count=1,
    current_period_start=NOW,
    current_period_end=datetime(2026, 12, 3, tzinfo=UTC),
    trial_end=None,
    cancel_at=None,
    canceled_at=None,
    ended_at=None,
    past_due_since=None,
    payment_method_id="pm_1",
    created_at=datetime(2025, 6, 3, tzinfo=UTC),
    updated_at=NOW,
)
PAST_DUE = replace(SUBSCRIPTION, id="sub_2", status=SubscriptionStatus.PAST_DUE, past_due_since=NOW)
CANCELLED = replace(
    SUBSCRIPTION,
    id="sub_3",
    description="Web font hosting",
    cancel_at=datetime(2027, 6, 3, tzinfo=UTC),
)
ENDED = replace(
    SUBSCRIPTION,
    id="sub_4",
    description="Newsletter archive",
    status=SubscriptionStatus.CANCELED,
    ended_at=NOW,
)


INVOICE = Invoice(
    store_id="sto_1", id="inv_1", customer_id="cus_1", order_id=ORDER.id, subscription_id=None,
    mode=Mode.LIVE, provider="payments_sandbox", provider_ref="in_1", number="NW-0001",
    state=InvoiceState.PAID, currency="EUR", total=1200, amount_due=0, hosted_url=None,
    issued_at=NOW, due_at=None, paid_at=NOW, created_at=NOW, updated_at=NOW,
)  # fmt: skip
OWED = replace(
    INVOICE, id="inv_2", state=InvoiceState.OPEN, amount_due=1200, order_id=None, paid_at=None
)
DETAILS = BillingDetails(
    "Ada Beck", "Beck Type", "Lindenweg 4", "", "10115", "Berlin", "", "DE", "DE123456789"
)


def subscription_row(subscription: Subscription) -> sp.SubscriptionRow:
    """The row of a subscription, with its card."""
    until = GRACE_END if subscription.status is SubscriptionStatus.PAST_DUE else None
    return sp.SubscriptionRow(subscription, CLUB, METHOD, subscription.cancel_at or until)


def subscription_page(subscription: Subscription) -> sp.SubscriptionPage:
    """The page of a subscription."""
    live = subscription.status is not SubscriptionStatus.CANCELED
    cancellation = Cancellation(
        "sto_1",
        "can_1",
        subscription.id,
        "payments_sandbox",
        AttemptState.SUCCEEDED,
        CancellationMode.AT_PERIOD_END,
        None,
        "",
        NOW,
        None,
    )
    return sp.SubscriptionPage(
        row=subscription_row(subscription),
        orders=(replace(ORDER, total=1200), replace(ORDER, total=1200, state=OrderState.FAILED)),
        can_cancel=live and subscription.cancel_at is None,
        can_resume=subscription.cancel_at is not None,
        can_update_payment_method=live,
        cancellation=cancellation if subscription.cancel_at else None,
        can_change=subscription.status is SubscriptionStatus.ACTIVE,
        can_pause=subscription.status is SubscriptionStatus.ACTIVE,
        licenses=(license_of(306),) if live else (),
    )


def confirm_page() -> sp.SubscriptionPage:
    """A subscription whose payment waits for its owner's confirmation."""
    return replace(subscription_page(PAST_DUE), confirm=OWED)


def change_pages() -> Iterator[
    tuple[
        str,
        sp.ChangePage | sp.ChangePreviewPage | sp.PausePage | sp.OfferPage | sp.SubscriptionPage,
    ]
]:
    """Changing the plan, pausing, and the offer before cancelling."""
    row = subscription_row(SUBSCRIPTION)
    plans = (Choice(CLUB, MONTHLY, True), Choice(CLUB, YEARLY, False))
    yield "subscription-change", sp.ChangePage(row, plans, True, YEARLY.id, "1")
    yield (
        "subscription-change-error",
        sp.ChangePage(row, plans, True, MONTHLY.id, "0", "Choose a quantity between 1 and 1000."),
    )
    change = SubscriptionChange(
        "sto_1", "chg_1", SUBSCRIPTION.id, "payments_sandbox", ChangeKind.PLAN,
        ChangeState.PREVIEWED, NOW, NOW, price_id=YEARLY.id, quantity=2, due_now=11350,
        credit=650, next_amount=12000, next_at=datetime(2027, 11, 25, tzinfo=UTC), prorated_at=NOW,
    )  # fmt: skip
    yield "subscription-preview", sp.ChangePreviewPage(row, change, plans[1])
    ends = tuple((n, datetime(2026, 12, 3, tzinfo=UTC) + timedelta(days=30 * n)) for n in (1, 2, 3))
    yield "subscription-pause", sp.PausePage(row, ends)
    yield "subscription-offer", sp.OfferPage(row, 50, 3, 600, "We would love to keep you.")
    paused = replace(
        SUBSCRIPTION, paused_from=SUBSCRIPTION.current_period_end, resumes_at=GRACE_END
    )
    yield "subscription-paused", replace(subscription_page(paused), can_unpause=True)
    managed = replace(SUBSCRIPTION, managed_elsewhere=True, discounted_amount=600)
    refused = replace(change, state=ChangeState.FAILED, failure_message="Your card was declined.")
    page = subscription_page(managed)
    yield "subscription-managed", replace(page, can_cancel=False, change=refused)


def cancel_page(subscription: Subscription) -> sp.CancelPage:
    """The first step of cancelling."""
    return sp.CancelPage(
        row=subscription_row(subscription),
        ends_at=subscription.current_period_end,
        lose=("New typefaces of the club", "Downloads of Foundry Club"),
        keep=("Meridian Sans, desktop license, and its key",),
        ask_reason=True,
        retention="Going on a break? We can pause the club for three months instead.",
        retention_url="https://example.com/pause",
    )


def billing_page() -> p.BillingPage:
    """Two cards, invoices of two years."""
    other = replace(METHOD, id="pm_2", brand="mastercard", last4="4444", is_default=False)
    orders = (
        ORDER,
        replace(ORDER, id="ord_2", number=1043, kind=OrderKind.RENEWAL, total=1200),
        replace(ORDER, id="ord_3", number=988, state=OrderState.PARTIALLY_REFUNDED),
        replace(ORDER, id="ord_4", number=987, mode=Mode.TEST),
    )
    rows = (p.MethodRow(METHOD, (SUBSCRIPTION, CANCELLED), False), p.MethodRow(other, (), True))
    loose = replace(INVOICE, id="inv_3", number="NW-0003", order_id=None)
    return p.BillingPage(
        rows, orders, (2026, 2025), 2026, True, older_url="?before=ord_4",
        open_invoices=(
            p.InvoiceRow(OWED, True, True),
            p.InvoiceRow(OWED, True, True, True, PAST_DUE.description),
        ),
        other_invoices=(p.InvoiceRow(loose, True, False),),
        documents={ORDER.id: INVOICE.id},
        details=DETAILS,
        about={one.id: SUBSCRIPTION.description for one in orders},
    )  # fmt: skip


def details_pages() -> Iterator[tuple[str, p.BillingDetailsPage]]:
    """What stands on invoices: as it is, and not taken by the provider."""
    some = {"AT": "Austria", "DE": "Germany", "US": "United States"}
    yield "billing-details", p.BillingDetailsPage(DETAILS, countries=some)
    wrong = (p.FieldError("", "This is no VAT number."), p.FieldError("country", "Choose one."))
    yield "billing-details-error", p.BillingDetailsPage(BillingDetails(vat_id="12"), wrong, some)


def _session(name: str, days: int) -> Session:
    return Session(
        id=name,
        audience=Audience.CUSTOMER,
        store_id="sto_1",
        customer_id="cus_1",
        seller_id=None,
        user_agent="",
        ip="203.0.113.7",
        created_at=NOW,
        last_seen_at=NOW - timedelta(days=days),
        expires_at=NOW + timedelta(days=30),
    )


DEVICES = (
    p.Device(_session("s1", 0), "Firefox on Windows", True),
    p.Device(_session("s2", 3), "Safari on iPhone", False),
)


def purchase_page() -> p.PurchasePage:
    """An order of two things, with a payment that failed before one went through."""
    return p.PurchasePage(
        purchase=p.Purchase(ORDER, ITEMS, (NEWS, SPECIMEN), (license_of(304), license_of(305))),
        payments=(FAILED_PAYMENT, PAYMENT),
        refunds=(),
        payment_method=METHOD,
        entitlements=(entitlement(),),
        products={"pro_1": FONT, "pro_3": BOOK},
    )


def refunded_page() -> p.PurchasePage:
    """A test order that was paid back."""
    order = replace(ORDER, state=OrderState.REFUNDED, refunded=10800, mode=Mode.TEST)
    pending = replace(REFUND, id="ref_2", state=RefundState.PENDING, amount=8900)
    return p.PurchasePage(
        purchase=p.Purchase(order, ITEMS, (), (license_of(304, LicenseState.DISABLED),)),
        payments=(PAYMENT,),
        refunds=(REFUND, pending),
        payment_method=METHOD,
        entitlements=(),
        missing=(entitlement(Reason.REFUNDED, active=False),),
        products={"pro_1": FONT, "pro_3": BOOK},
    )
