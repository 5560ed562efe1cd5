"""What follows, in one transaction, from an order being paid for the first time."""

from calendar import monthrange
from dataclasses import replace
from datetime import datetime, timedelta

from portico.catalog import service as catalog
from portico.catalog.models import Interval, Price, PriceType
from portico.customers import service as customers
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.events import service as events
from portico.events.models import EventType
from portico.figures import days
from portico.hooks.checkout import PaymentReport
from portico.ids import new_id
from portico.licenses import due
from portico.orders import queries
from portico.orders.listed import listed
from portico.orders.models import Order, OrderItem, OrderKind, OrderState
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.subscriptions import counts
from portico.subscriptions import queries as subscription_queries
from portico.subscriptions.models import Subscription, SubscriptionStatus
from portico.subscriptions.reports import Batch


async def order_paid(
    rt: Runtime,
    store: Store,
    batch: Batch,
    order: Order,
    report: PaymentReport,
    method_id: str | None,
) -> None:
    """Mark the order paid; make its subscription, its licenses, its mail and its event.

    Inside the transaction that marks the payment, under the customer's lock.
    """
    total = amount_of(order.total, report)
    paid = replace(order, state=OrderState.PAID, total=total, paid_at=report.at)
    await rt.db.run(
        queries.CHANGE_ORDER,
        store_id=store.id,
        order_id=order.id,
        new_state=paid.state,
        new_total=paid.total,
        new_refunded=paid.refunded,
        new_paid_at=paid.paid_at,
    )
    await listed(rt, store, order.id)
    await days.changed(rt, store, paid.mode, paid.paid_at)
    items = await rt.db.all(queries.ITEMS, store_id=store.id, order_id=order.id)
    if order.kind is OrderKind.PURCHASE:
        paid = await _begin_subscription(rt, store, batch, paid, items, report, method_id)
        await _fulfil(rt, store, paid, items)
    else:
        await _mail(rt, store, EmailKind.RENEWAL_RECEIPT, paid)
    await _tell(rt, store, batch, paid, items)


def amount_of(asked: int, report: PaymentReport) -> int:
    """What was paid: a tax may have come on top of what was asked for, a discount off it."""
    return report.amount if report.discount else max(asked, report.amount)


async def _fulfil(rt: Runtime, store: Store, order: Order, items: list[OrderItem]) -> None:
    """Licenses; or, where none is due, the confirmation that the last license would queue."""
    ids = sorted({item.product_id for item in items})
    products = await catalog.products_by_ids(rt, store.id, ids)
    if not await due.prepare(rt, store, order, items, products):
        await _mail(rt, store, EmailKind.CONFIRMATION, order)


async def _mail(rt: Runtime, store: Store, kind: EmailKind, order: Order) -> None:
    customer = await customers.by_id(rt, store.id, order.customer_id)
    if customer is not None:
        await emails.queue(
            rt,
            store,
            kind,
            customer.email,
            params={"order_id": order.id},
            locale=order.locale,
            customer_id=customer.id,
            order_id=order.id,
            key=f"{kind}:{order.id}",
        )


async def _tell(
    rt: Runtime, store: Store, batch: Batch, order: Order, items: list[OrderItem]
) -> None:
    await events.publish(
        rt,
        store,
        EventType.ORDER_PAID,
        order.id,
        {
            "number": order.number,
            "kind": order.kind.value,
            "customer_id": order.customer_id,
            "subscription_id": order.subscription_id,
            "product_ids": [item.product_id for item in items],
            "total": order.total,
            "currency": order.currency,
            "mode": order.mode.value,
        },
    )
    await events.audit(
        rt,
        store_id=store.id,
        actor_type="plugin",
        actor_id=batch.provider,
        action="order.paid",
        subject_type="order",
        subject_id=order.id,
        data={"total": order.total, "currency": order.currency},
    )


async def _begin_subscription(
    rt: Runtime,
    store: Store,
    batch: Batch,
    order: Order,
    items: list[OrderItem],
    report: PaymentReport,
    method_id: str | None,
) -> Order:
    """The subscription that a recurring price begins; returns the order that points to it."""
    for item in items:
        price = await catalog.price_by_id(rt, store.id, item.price_id) if item.price_id else None
        if price is not None and price.type is PriceType.RECURRING:
            begun = await _add_subscription(rt, store, batch, order, item, price, report, method_id)
            await rt.db.run(
                queries.LINK_SUBSCRIPTION,
                store_id=store.id,
                order_id=order.id,
                new_subscription_id=begun.id,
            )
            return replace(order, subscription_id=begun.id)
    return order


async def _add_subscription(
    rt: Runtime,
    store: Store,
    batch: Batch,
    order: Order,
    item: OrderItem,
    price: Price,
    report: PaymentReport,
    method_id: str | None,
) -> Subscription:
    now = rt.clock.now()
    trial_end = report.at + timedelta(days=price.trial_days) if price.trial_days else None
    interval = price.interval or Interval.MONTH
    begun = await rt.db.one(
        subscription_queries.ADD_SUBSCRIPTION,
        store_id=store.id,
        id=new_id("sub"),
        customer_id=order.customer_id,
        product_id=item.product_id,
        price_id=price.id,
        description=item.description,
        mode=order.mode,
        provider=batch.provider,
        provider_ref=report.subscription_ref,
        status=SubscriptionStatus.TRIALING if trial_end else SubscriptionStatus.ACTIVE,
        currency=order.currency,
        amount=price.unit_amount * item.quantity,
        quantity=item.quantity,
        interval=interval,
        interval_count=price.interval_count,
        current_period_start=report.at,
        current_period_end=trial_end or add_interval(report.at, interval, price.interval_count),
        trial_end=trial_end,
        cancel_at=None,
        canceled_at=None,
        ended_at=None,
        past_due_since=None,
        payment_method_id=method_id,
        created_at=now,
        updated_at=now,
    )
    assert begun is not None  # an insert always returns its row
    batch.touched.add(begun.id)
    await counts.moved(rt, store, None, begun)
    await events.publish(
        rt,
        store,
        EventType.SUBSCRIPTION_CREATED,
        begun.id,
        {
            "customer_id": begun.customer_id,
            "product_id": begun.product_id,
            "order_id": order.id,
            "status": begun.status.value,
            "mode": begun.mode.value,
        },
    )
    return begun


def add_interval(start: datetime, interval: Interval, count: int) -> datetime:
    """``count`` intervals after ``start``; a month without that day ends on its last."""
    if interval is Interval.DAY:
        return start + timedelta(days=count)
    if interval is Interval.WEEK:
        return start + timedelta(weeks=count)
    months = start.month - 1 + (12 * count if interval is Interval.YEAR else count)
    year, month = start.year + months // 12, months % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
