"""Sample subscriptions, payment methods, orders in full, and devices (see
``portico.themes.samples``)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from portico.catalog.models import Interval
from portico.entitlements.models import Reason
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
    PaymentMethod,
    Subscription,
    SubscriptionStatus,
)
from portico.themes.sample_data import (
    BOOK,
    CLUB,
    FAILED_PAYMENT,
    FONT,
    GRACE_END,
    ITEMS,
    NEWS,
    NOW,
    ORDER,
    PAYMENT,
    REFUND,
    SPECIMEN,
    entitlement,
    license_of,
)
from portico.web.portal import pages as p

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


def subscription_row(subscription: Subscription) -> p.SubscriptionRow:
    """The row of a subscription, with its card."""
    until = GRACE_END if subscription.status is SubscriptionStatus.PAST_DUE else None
    return p.SubscriptionRow(subscription, CLUB, METHOD, subscription.cancel_at or until)


def subscription_page(subscription: Subscription) -> p.SubscriptionPage:
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
    return p.SubscriptionPage(
        row=subscription_row(subscription),
        orders=(replace(ORDER, total=1200), replace(ORDER, total=1200, state=OrderState.FAILED)),
        can_cancel=live and subscription.cancel_at is None,
        can_resume=subscription.cancel_at is not None,
        can_update_payment_method=live,
        cancellation=cancellation if subscription.cancel_at else None,
    )


def cancel_page(subscription: Subscription) -> p.CancelPage:
    """The first step of cancelling."""
    return p.CancelPage(
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
    return p.BillingPage(rows, orders, (2026, 2025), 2026, True, older_url="?before=ord_4")


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
