"""The hosted card page: where people pay, and where they give a new card.

It works without JavaScript, knows test cards only, and stores no card number.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from portico.api import (
    Answer,
    Context,
    NotFound,
    Page,
    PaymentState,
    Request,
    SeeOther,
    SubscriptionStatus,
)

from portico_payments_sandbox import billing, ledger, queries
from portico_payments_sandbox.cards import (
    NOT_CONFIRMED,
    TEST_CARDS,
    Behaviour,
    CardErrors,
    charge_error,
    read_card,
)
from portico_payments_sandbox.models import (
    Checkout,
    CheckoutState,
    Method,
    Purpose,
    SandboxPayment,
)

_OPEN = (CheckoutState.OPEN, CheckoutState.CONFIRMING)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with the field ``name``."""

    name: str
    text: str


async def pay(ctx: Context, request: Request) -> Answer:
    """The page to pay on."""
    return await _visit(ctx, request, Purpose.PAYMENT)


async def update(ctx: Context, request: Request) -> Answer:
    """The page to give a new card on."""
    return await _visit(ctx, request, Purpose.UPDATE)


async def _visit(ctx: Context, request: Request, purpose: Purpose) -> Answer:
    checkout = await ledger.get_checkout(ctx, request.params["id"])
    if checkout is None or checkout.purpose is not purpose:
        return NotFound()
    if checkout.state in _OPEN and checkout.expires_at <= ctx.now():
        await _move(ctx, checkout, CheckoutState.CANCELED)
        return SeeOther(checkout.return_url)
    if checkout.state not in _OPEN:
        return SeeOther(checkout.return_url)
    if request.method != "POST":
        return await _page(ctx, checkout, typed=_test_card(ctx, request.query.get("card", "")))
    match request.form.get("step", "pay"):
        case "cancel":
            await _move(ctx, checkout, CheckoutState.CANCELED)
            return SeeOther(checkout.cancel_url)
        case "approve" if checkout.state is CheckoutState.CONFIRMING:
            return await _confirmed(ctx, checkout)
        case "decline" if checkout.state is CheckoutState.CONFIRMING:
            await _move(ctx, checkout, CheckoutState.OPEN, failure=NOT_CONFIRMED)
            return SeeOther(request.path)
        case "pay" if checkout.state is CheckoutState.OPEN:
            return await _pay(ctx, request, checkout)
    return SeeOther(request.path)


async def _pay(ctx: Context, request: Request, checkout: Checkout) -> Answer:
    """What was typed: wrong, declined, to be confirmed, or good."""
    try:
        card = read_card(request.form, ctx.now())
    except CardErrors as wrong:
        errors = [FieldError(name, text) for name, text in wrong.errors.items()]
        return await _page(ctx, checkout, errors, _kept(request))
    failure = charge_error(card.behaviour, card.exp_month, card.exp_year, ctx.now(), present=True)
    if failure is not None:
        await _move(ctx, checkout, CheckoutState.OPEN, failure=failure)
        return await _page(ctx, checkout, [FieldError("number", failure)], _kept(request))
    async with ctx.db.transaction():
        method = await ledger.keep_card(ctx, checkout.customer, card)
        if card.behaviour is Behaviour.ASKS:
            await _move(ctx, checkout, CheckoutState.CONFIRMING, method=method)
        else:
            await _complete(ctx, checkout, method)
    return SeeOther(request.path if card.behaviour is Behaviour.ASKS else checkout.return_url)


async def _confirmed(ctx: Context, checkout: Checkout) -> Answer:
    method = await ledger.get_method(ctx, checkout.method) if checkout.method else None
    assert method is not None  # a checkout waits for confirmation of a card it has
    async with ctx.db.transaction():
        await _complete(ctx, checkout, method)
    return SeeOther(checkout.return_url)


async def _complete(ctx: Context, checkout: Checkout, method: Method) -> None:
    """All that a completed page causes, in one transaction and once."""
    if not await _move(ctx, checkout, CheckoutState.COMPLETE, method=method):
        return
    if checkout.purpose is Purpose.PAYMENT:
        await ledger.make_default(ctx, method)
        await _collect(ctx, checkout, method)
    else:
        await _replace_card(ctx, checkout, method)


async def _collect(ctx: Context, checkout: Checkout, method: Method) -> None:
    now = ctx.now()
    begun = billing.begin(ctx, checkout, method) if checkout.interval is not None else None
    if begun is not None:
        await ctx.db.run(queries.ADD_SUBSCRIPTION, **ledger.row(begun))
    payment = SandboxPayment(
        id=checkout.id,
        store_id=checkout.store_id,
        customer=checkout.customer,
        subscription=begun.id if begun is not None else None,
        method=method.id,
        state=PaymentState.SUCCEEDED,
        amount=checkout.amount,
        currency=checkout.currency,
        failure=None,
        created_at=now,
        updated_at=now,
    )
    await ctx.db.run(queries.ADD_PAYMENT, **ledger.row(payment))
    await ledger.tell(ctx, "payment", payment.id, payment.state.value)


async def _replace_card(ctx: Context, checkout: Checkout, method: Method) -> None:
    """Charge one subscription to the new card, or all; it is the default where it is for all."""
    store_id = checkout.store_id
    if checkout.subscription is not None:
        wanted = [checkout.subscription]
    else:
        every = await ctx.db.all(
            queries.SUBSCRIPTIONS_OF, store_id=store_id, customer=checkout.customer
        )
        wanted = [one.id for one in every if one.status is not SubscriptionStatus.CANCELED]
    await ledger.make_default(ctx, method)
    for subscription_id in wanted:
        await billing.pay_with(ctx, subscription_id, method)


async def _move(
    ctx: Context,
    checkout: Checkout,
    state: CheckoutState,
    *,
    method: Method | None = None,
    failure: str | None = None,
) -> bool:
    """Move on, unless somebody (another tab) has ended it meanwhile."""
    async with ctx.db.transaction():
        moved = await ctx.db.run(
            queries.MOVE_CHECKOUT,
            store_id=checkout.store_id,
            the_id=checkout.id,
            new_state=state,
            new_method=method.id if method else None,
            new_failure=failure,
        )
        if moved and state is CheckoutState.CANCELED and checkout.purpose is Purpose.PAYMENT:
            await ledger.tell(ctx, "payment", checkout.id, "canceled")
    return bool(moved)


async def _page(
    ctx: Context,
    checkout: Checkout,
    errors: list[FieldError] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Page:
    confirming = checkout.state is CheckoutState.CONFIRMING
    method = None
    if confirming and checkout.method is not None:
        method = await ledger.get_method(ctx, checkout.method)
    return Page(
        "payments_sandbox/confirm.html" if confirming else "payments_sandbox/pay.html",
        "Sandbox",
        {
            "checkout": checkout,
            "method": method,
            # With an amount it is what is owed: a new card, or a confirmation, pays it.
            "updating": checkout.purpose is Purpose.UPDATE and not checkout.amount,
            "cards": TEST_CARDS,
            "errors": errors or [],
            "failure": checkout.failure if not errors else None,
            "typed": {"number": "", "expiry": "", "cvc": "", "holder": "", **(typed or {})},
        },
        status=422 if errors else 200,
    )


def _kept(request: Request) -> dict[str, str]:
    """What need not be typed again. Number and security code are: browsers keep pages."""
    return {name: request.form.get(name, "") for name in ("expiry", "holder")}


def _test_card(ctx: Context, number: str) -> dict[str, str]:
    """The fields filled in for a test card; a number that is none fills in nothing."""
    card = next((one for one in TEST_CARDS if one.number == number), None)
    if card is None:
        return {}
    expiry = f"12 / {(ctx.now().year + 3) % 100:02}"
    return {"number": card.grouped, "expiry": expiry, "cvc": "123"}
