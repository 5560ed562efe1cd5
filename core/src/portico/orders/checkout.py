"""Buying: commit the attempt, ask the provider for its page, commit what it calls the attempt."""

from dataclasses import dataclass

import structlog

from portico.activation import service as activation
from portico.catalog import service as catalog
from portico.catalog.models import Price, Product, ProductState
from portico.customers import service as customers
from portico.customers.models import Customer
from portico.hooks.checkout import Checkout, CheckoutHooks, Hint, Redirect
from portico.hooks.errors import ActionRequired, Refused
from portico.i18n import N_
from portico.ids import new_id
from portico.orders import hints, queries
from portico.orders.listed import listed
from portico.orders.models import (
    Order,
    OrderItem,
    OrderKind,
    OrderState,
    Payment,
    PaymentState,
)
from portico.orders.reports import apply_reports, lock_customer
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import portal_url

MAX_QUANTITY = 1000
_NOT_SOLD = N_("This is not sold any more.")
_NO_PROVIDER = N_("This store cannot take payments at the moment. Nothing was charged.")
_NO_ANSWER = N_("The payment page could not be opened. Nothing was charged; please start again.")
_log = structlog.get_logger("portico.orders")


@dataclass(frozen=True, slots=True)
class _Begun:
    """A checkout that has been written down."""

    customer: Customer
    order: Order
    item: OrderItem
    payment: Payment


async def start_checkout(
    rt: Runtime,
    store: Store,
    price: Price,
    email: str,
    *,
    quantity: int = 1,
    locale: str,
    name: str = "",
    signed_in_as: str | None = None,
) -> str:
    """Write down an order and its payment; returns the URL of the provider's payment page.

    ``signed_in_as`` is the id of the customer whose session it is, if there is one.

    Raises InvalidEmail; Refused where it is not sold, nobody takes payments in the store's mode,
    or the provider refuses or does not answer; the provider's ActionRequired.
    """
    product = await _sold(rt, store, price, quantity)
    provider = await _provider(rt, store)
    begun = await _begin(rt, store, provider, product, price, email, quantity, locale, name)
    try:
        redirect = await rt.hooks.owner(
            store,
            provider,
            CheckoutHooks.start_checkout,
            _subject(rt, store, begun, price, product, begun.customer.id == signed_in_as),
            locale=locale,
        )
    except Exception as error:
        await give_up_checkout(rt, store, begun.payment)
        if isinstance(error, (Refused, ActionRequired)):
            raise
        _log.warning("checkout_failed", store=store.id, plugin=provider, exc_info=True)
        raise Refused(_NO_ANSWER) from error
    await _name(rt, store, begun.payment, redirect)
    return redirect.url


async def finish_checkout(rt: Runtime, store: Store, payment_id: str) -> Order:
    """After the customer came back: ask the provider how it went. Repeatable.

    LookupError where there is no such payment. If the provider does not answer, the order is as
    it was before; the worker asks again.
    """
    payment = await rt.db.one(queries.PAYMENT, store_id=store.id, id=payment_id)
    if payment is None:
        raise LookupError("there is no such payment")
    if payment.state is not PaymentState.SUCCEEDED and payment.provider_ref is not None:
        try:
            await read_truth(rt, store, payment.provider, Hint("payment", payment.provider_ref))
        except Exception:
            _log.warning("checkout_not_read_back", payment=payment.id, exc_info=True)
    order = await rt.db.one(queries.ORDER, store_id=store.id, id=payment.order_id)
    assert order is not None  # a foreign key says so
    return order


async def read_truth(rt: Runtime, store: Store, provider: str, hint: Hint) -> None:
    """Ask the provider what is true of what the hint names, and write it down."""
    read_at = rt.clock.now()
    reports = await rt.hooks.owner(store, provider, CheckoutHooks.read_back, hint)
    await apply_reports(rt, store, provider, reports, read_at=read_at)


async def give_up_checkout(rt: Runtime, store: Store, payment: Payment) -> None:
    """Nobody can pay a payment whose page was never opened. Changes nothing otherwise."""
    async with rt.db.transaction():
        order = await rt.db.one(queries.ORDER, store_id=store.id, id=payment.order_id)
        assert order is not None  # a foreign key says so
        await lock_customer(rt, store, order.customer_id)
        given_up = await rt.db.run(
            queries.GIVE_UP_PAYMENT,
            store_id=store.id,
            payment_id=payment.id,
            new_failure_message=None,
            new_updated_at=rt.clock.now(),
        )
        if given_up:
            await rt.db.run(queries.FAIL_ORDER, store_id=store.id, order_id=order.id)
            await listed(rt, store, order.id)


async def _sold(rt: Runtime, store: Store, price: Price, quantity: int) -> Product:
    product = await catalog.product_by_id(rt, store.id, price.product_id)
    if product is None or product.state is not ProductState.ACTIVE or not price.active:
        raise Refused(_NOT_SOLD)
    if not 1 <= quantity <= MAX_QUANTITY:
        raise Refused(N_("Choose a quantity between 1 and 1000."))
    return product


async def _provider(rt: Runtime, store: Store) -> str:
    """The store's payment plugin, if it works in the store's mode."""
    chosen = await activation.chosen(rt, store, CheckoutHooks.start_checkout, setting="payments")
    modes = rt.registry.contributed(CheckoutHooks.checkout_modes)
    if chosen is None or store.mode not in modes.get(chosen, ()):
        raise Refused(_NO_PROVIDER)
    return chosen


async def _begin(
    rt: Runtime,
    store: Store,
    provider: str,
    product: Product,
    price: Price,
    email: str,
    quantity: int,
    locale: str,
    name: str,
) -> _Begun:
    # A trial costs nothing today; the provider collects the first period when it is over.
    amount = 0 if price.trial_days else price.unit_amount * quantity
    now = rt.clock.now()
    async with rt.db.transaction():
        if not await activation.hold(rt, store, provider):
            raise Refused(_NO_PROVIDER)
        customer = await customers.find_or_create(rt, store, email, name=name)
        order = await rt.db.one(
            queries.ADD_ORDER,
            store_id=store.id,
            id=new_id("ord"),
            customer_id=customer.id,
            kind=OrderKind.PURCHASE,
            mode=store.mode,
            state=OrderState.PENDING,
            currency=price.currency,
            total=amount,
            refunded=0,
            provider=provider,
            locale=locale,
            subscription_id=None,
            created_at=now,
            paid_at=None,
        )
        assert order is not None  # an insert always returns its row
        item = OrderItem(
            store_id=store.id,
            id=new_id("itm"),
            order_id=order.id,
            product_id=product.id,
            price_id=price.id,
            description=product.name,
            quantity=quantity,
            unit_amount=price.unit_amount,
            amount=amount,
        )
        await _add_item(rt, item)
        await listed(rt, store, order.id)
        payment = await _add_payment(rt, provider, order)
        await hints.put_attempt(rt, store.id, hints.Attempt.PAYMENT, payment.id)
    return _Begun(customer, order, item, payment)


async def _add_item(rt: Runtime, item: OrderItem) -> None:
    await rt.db.run(
        queries.ADD_ITEM,
        store_id=item.store_id,
        id=item.id,
        order_id=item.order_id,
        product_id=item.product_id,
        price_id=item.price_id,
        description=item.description,
        quantity=item.quantity,
        unit_amount=item.unit_amount,
        amount=item.amount,
    )


async def _add_payment(rt: Runtime, provider: str, order: Order) -> Payment:
    payment_id = new_id("pay")
    payment = await rt.db.one(
        queries.ADD_PAYMENT,
        store_id=order.store_id,
        id=payment_id,
        order_id=order.id,
        mode=order.mode,
        provider=provider,
        provider_ref=None,
        state=PaymentState.PENDING,
        amount=order.total,
        currency=order.currency,
        payment_method_id=None,
        failure_message=None,
        idempotency_key=payment_id,
        created_at=order.created_at,
        updated_at=order.created_at,
    )
    assert payment is not None  # an insert always returns its row
    return payment


def _subject(
    rt: Runtime, store: Store, begun: _Begun, price: Price, product: Product, signed_in: bool
) -> Checkout:
    return Checkout(
        payment=begun.payment,
        order=begun.order,
        items=(begun.item,),
        price=price,
        customer=begun.customer,
        return_url=portal_url(rt.settings, store, f"buy/return?payment={begun.payment.id}"),
        cancel_url=portal_url(rt.settings, store, f"buy/{product.slug}"),
        signed_in=signed_in,
    )


async def _name(rt: Runtime, store: Store, payment: Payment, redirect: Redirect) -> None:
    named = await rt.db.run(
        queries.NAME_PAYMENT,
        store_id=store.id,
        payment_id=payment.id,
        new_provider_ref=redirect.provider_ref,
        new_updated_at=rt.clock.now(),
    )
    if not named:
        # It was given up while its page was being opened, which took too long.
        raise Refused(_NO_ANSWER)


__all__ = [
    "MAX_QUANTITY",
    "finish_checkout",
    "give_up_checkout",
    "read_truth",
    "start_checkout",
]
