"""Buying, refunds, and what a provider reports about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portico.catalog.models import Price
from portico.customers.models import Customer
from portico.hooks.context import Context
from portico.hooks.markers import contribution, owner
from portico.invoices.models import InvoiceState
from portico.orders.models import (
    DisputeState,
    Order,
    OrderItem,
    OrderKind,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from portico.stores.models import Mode
from portico.subscriptions.models import SubscriptionStatus


@dataclass(frozen=True, slots=True)
class Checkout:
    """One attempt to buy. ``payment`` is what the provider has to collect.

    ``price`` says whether it renews. ``return_url`` is where the customer comes back to, paid or
    not; core then asks ``read_back``. ``customer.email`` is what the buyer typed.
    """

    payment: Payment
    order: Order
    items: Sequence[OrderItem]
    price: Price
    customer: Customer
    return_url: str
    cancel_url: str
    signed_in: bool = False
    """Whether it is the customer who buys, proven by a session: only they may see what the provider
    keeps of them, such as their cards. Anybody can type an address."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the customer to ``url``; ``provider_ref`` is what the provider calls the attempt."""

    url: str
    provider_ref: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Pay back ``refund.amount`` of ``payment``; ``payment.provider_ref`` is the provider's."""

    refund: Refund
    payment: Payment


@dataclass(frozen=True, slots=True)
class PaymentMethodReport:
    """A payment method as the provider has it now."""

    provider_ref: str
    type: str
    brand: str
    last4: str
    exp_month: int | None = None
    exp_year: int | None = None
    is_default: bool = False
    detached: bool = False


@dataclass(frozen=True, slots=True)
class OutsideItem:
    """A line of a purchase that was begun elsewhere: a price of the store, and what was paid."""

    price_id: str
    quantity: int
    amount: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class OutsidePurchase:
    """A purchase that core did not begin: a payment link, an invoice, another checkout.

    ``customer_id`` is the store's customer, where the plugin knows them; else they are found by
    ``email``, or made. ``locale`` is their language, if it is known.
    """

    email: str
    items: Sequence[OutsideItem]
    name: str = ""
    customer_id: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentReport:
    """A payment as the provider has it now.

    ``provider_ref`` is what ``start_checkout`` returned, or a renewal's own reference; a renewal
    names its ``subscription_ref`` and core makes the order for it, of the kind ``order_kind``:
    ``renewal``, or ``change`` for what a change of plan costs. With ``purchase`` core makes
    the order of a payment that it did not begin, once it has succeeded; of one that it knows, the
    field changes nothing. ``discount`` is what the provider took off what core asked for, such as
    a promotion code (minor units); without one, less than what was asked for is not counted.
    """

    provider_ref: str
    state: PaymentState
    amount: int
    currency: str
    mode: Mode
    at: datetime
    failure_message: str | None = None
    payment_method: PaymentMethodReport | None = None
    customer_ref: str | None = None
    subscription_ref: str | None = None
    discount: int = 0
    purchase: OutsidePurchase | None = None
    order_kind: OrderKind = OrderKind.RENEWAL


@dataclass(frozen=True, slots=True)
class SubscriptionReport:
    """A subscription as the provider has it now, in Stripe's states.

    ``payment_ref`` is the checkout it was bought in. ``cancel_at`` is set while it is going to
    end; ``ended_at`` once it has. ``price_id`` is core's id of the price it is charged by, where
    the provider knows; ``product_id`` is core's id of its product, which may have no one price.
    ``amount`` is the price of a period (of all ``quantity``), and
    ``discounted_amount`` what it costs with the discounts in force, until ``discount_ends_at`` or
    for good. ``paused`` means that nothing is collected, until ``resumes_at`` or until somebody
    ends the pause. ``managed_elsewhere``: a schedule decides what comes next, so that customers
    can change nothing.
    """

    provider_ref: str
    status: SubscriptionStatus
    current_period_start: datetime
    current_period_end: datetime
    payment_ref: str | None = None
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    payment_method: PaymentMethodReport | None = None
    amount: int | None = None
    quantity: int | None = None
    price_id: str | None = None
    discounted_amount: int | None = None
    discount_ends_at: datetime | None = None
    paused: bool = False
    resumes_at: datetime | None = None
    managed_elsewhere: bool = False
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class RefundReport:
    """A refund as the provider has it now; ``payment_ref`` is the payment it pays back."""

    provider_ref: str
    payment_ref: str
    state: RefundState
    amount: int
    currency: str
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """An invoice as the provider has it now; drafts are not reported.

    ``number`` is the provider's. ``payment_ref`` is the payment that paid it, ``subscription_ref``
    what it is for, ``customer_ref`` the provider's name of the customer: one of them says whose it
    is. ``amount_due`` is what is left to pay. ``hosted_url`` is a page about it at the provider.
    """

    provider_ref: str
    number: str
    state: InvoiceState
    total: int
    amount_due: int
    currency: str
    mode: Mode
    at: datetime
    payment_ref: str | None = None
    subscription_ref: str | None = None
    customer_ref: str | None = None
    hosted_url: str | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DisputeReport:
    """A charge that the customer's bank takes back, as the provider has it now.

    The seller is told. With ``withdraw_access``, or by the store's own rule, the customer does not
    have what the payment paid for while it is open and once it is lost. ``reason`` is a word of
    the provider's, and ``due_by`` the last moment to answer.
    """

    provider_ref: str
    payment_ref: str
    state: DisputeState
    amount: int
    currency: str
    at: datetime
    withdraw_access: bool = False
    reason: str | None = None
    due_by: datetime | None = None


Report = (
    PaymentReport | SubscriptionReport | RefundReport | PaymentMethodReport | DisputeReport
    | InvoiceReport
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hint:
    """Something changed at the provider: a ``payment``, ``subscription``, ``invoice``...

    Hints about one thing that wait together are read back once; of their ``event_id`` the last
    one's is kept.
    """

    kind: str
    provider_ref: str
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class InboundWebhook:
    """A webhook as it arrived: the raw body, headers with lower-case names."""

    headers: Mapping[str, str]
    body: bytes
    remote_ip: str


class CheckoutHooks:
    """A payment provider. Core owns the states of orders and payments; plugins report."""

    @contribution
    def checkout_modes(self) -> list[Mode]:
        """The modes this provider can be used in."""
        return []

    @contribution
    def form_action_origins(self) -> list[str]:
        """Origins outside this installation that a submitted form may lead to (for the CSP)."""
        return []

    @owner
    async def start_checkout(self, ctx: Context, checkout: Checkout) -> Redirect:
        """Prepare the provider's payment page. ``payment.idempotency_key`` makes it repeatable."""
        raise NotImplementedError

    @owner
    async def read_back(self, ctx: Context, hint: Hint) -> list[Report]:
        """Read the truth about what the hint names, and all that hangs on it, from the provider.

        Reports are applied in their order; applying one twice changes nothing.
        """
        raise NotImplementedError

    @owner
    async def receive_webhook(self, ctx: Context, webhook: InboundWebhook) -> list[Hint]:
        """Verify a webhook and say what to read back. ``Refused`` answers 400."""
        raise NotImplementedError

    @owner
    async def refund_payment(self, ctx: Context, request: RefundRequest) -> RefundReport:
        """Pay back; repeatable by ``refund.idempotency_key``."""
        raise NotImplementedError
