"""Purchases that were begun elsewhere: a payment link, an invoice, another checkout."""

import structlog

from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.customers.service import InvalidEmail
from portico.hooks.checkout import OutsideItem, PaymentReport
from portico.ids import new_id
from portico.orders import queries
from portico.orders.language import locale_of
from portico.orders.listed import listed
from portico.orders.models import Order, OrderKind, OrderState, Payment, PaymentState
from portico.runtime import Runtime
from portico.stores.models import Store

_log = structlog.get_logger("portico.orders")


async def buyer(rt: Runtime, store: Store, report: PaymentReport) -> str | None:
    """Whose purchase a report is about; they are made where nobody has the address.

    None where it is no purchase, or not paid (yet).
    """
    purchase = report.purchase
    if purchase is None or report.state is not PaymentState.SUCCEEDED:
        return None
    if purchase.customer_id is not None:
        known = await customers.by_id(rt, store.id, purchase.customer_id)
        if known is not None:
            return known.id
    try:
        found = await customers.find_or_create(
            rt, store, purchase.email, name=purchase.name, locale=purchase.locale
        )
    except InvalidEmail:
        _log.warning("purchase_without_an_address", store=store.id, ref=report.provider_ref)
        return None
    return found.id


async def begin(
    rt: Runtime, store: Store, provider: str, customer_id: str, report: PaymentReport
) -> Payment | None:
    """The order and the payment of a purchase that core hears of for the first time.

    Inside the transaction of ``orders.reports``, under the customer's lock. None where it is no
    purchase, or the store has none of its prices.
    """
    if report.purchase is None or report.state is not PaymentState.SUCCEEDED:
        return None
    lines = [
        (one, price)
        for one in report.purchase.items
        if (price := await catalog.price_by_id(rt, store.id, one.price_id)) is not None
    ]
    if not lines:
        return None
    order = await _order(rt, store, provider, customer_id, report)
    for item, price in lines:
        await _item(rt, store, order, item, price.product_id)
    await listed(rt, store, order.id)
    return await rt.db.one(
        queries.ADD_PAYMENT,
        store_id=store.id,
        id=new_id("pay"),
        order_id=order.id,
        mode=order.mode,
        provider=provider,
        provider_ref=report.provider_ref,
        state=PaymentState.PENDING,
        amount=report.amount,
        currency=order.currency,
        payment_method_id=None,
        failure_message=None,
        idempotency_key=f"{provider}:{report.provider_ref}",
        created_at=order.created_at,
        updated_at=order.created_at,
    )


async def _order(
    rt: Runtime, store: Store, provider: str, customer_id: str, report: PaymentReport
) -> Order:
    customer = await customers.by_id(rt, store.id, customer_id)
    order = await rt.db.one(
        queries.ADD_ORDER,
        store_id=store.id,
        id=new_id("ord"),
        customer_id=customer_id,
        kind=OrderKind.PURCHASE,
        mode=report.mode,
        state=OrderState.PENDING,
        currency=report.currency.upper(),
        total=report.amount,
        refunded=0,
        provider=provider,
        locale=await locale_of(rt, store, customer) if customer else store.locale,
        subscription_id=None,
        created_at=report.at,
        paid_at=None,
    )
    assert order is not None  # an insert always returns its row
    return order


async def _item(
    rt: Runtime, store: Store, order: Order, item: OutsideItem, product_id: str
) -> None:
    product = await catalog.product_by_id(rt, store.id, product_id)
    await rt.db.run(
        queries.ADD_ITEM,
        store_id=store.id,
        id=new_id("itm"),
        order_id=order.id,
        product_id=product_id,
        price_id=item.price_id,
        description=product.name if product is not None else item.description,
        quantity=item.quantity,
        unit_amount=item.amount // max(item.quantity, 1),
        amount=item.amount,
    )
