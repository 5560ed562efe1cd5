"""Turns what the library loaded into what templates show."""

from collections.abc import Iterable, Sequence

from portico.catalog.models import Product
from portico.library import service as library
from portico.library.models import Holdings
from portico.library.service import Shelf, access_deadline
from portico.licenses.models import License
from portico.orders.models import Order, OrderItem, OrderState
from portico.stores.models import Store
from portico.subscriptions.models import PaymentMethod, Subscription, SubscriptionStatus
from portico.web.portal.frame import note_sections
from portico.web.portal.here import Here
from portico.web.portal.pages import Download, Purchase
from portico.web.portal.subscription_pages import SubscriptionRow

ENDED = frozenset({SubscriptionStatus.CANCELED})


async def shelf_of(at: Here, holdings: Holdings) -> Shelf:
    """What the customer holds; the menu of the page then need not ask for it again."""
    shelf = await library.shelf(at.rt, at.store, holdings)
    note_sections(shelf.sections)
    return shelf


def downloads_of(shelf: Shelf, product_ids: Iterable[str]) -> tuple[Download, ...]:
    """The newest version of every file of the products that the customer may have now."""
    return tuple(
        Download(file.name, version, shelf.products[part])
        for product_id in dict.fromkeys(product_ids)
        for part in shelf.contents(product_id)
        for file, version in shelf.offered(part)
    )


def purchase_views(
    shelf: Shelf, items: Sequence[OrderItem], licenses: Sequence[License], orders: Sequence[Order]
) -> list[Purchase]:
    """Several orders of a page, each with what belongs to it."""
    of_order: dict[str | None, tuple[list[OrderItem], list[License]]] = {
        order.id: ([], []) for order in orders
    }
    for item in items:
        if item.order_id in of_order:
            of_order[item.order_id][0].append(item)
    for one in licenses:
        if one.order_id in of_order:
            of_order[one.order_id][1].append(one)
    return [
        Purchase(
            order,
            tuple(lines),
            _files_of(shelf, order, lines),
            tuple(keys),
        )
        for order, (lines, keys) in zip(orders, of_order.values(), strict=True)
    ]


def _files_of(shelf: Shelf, order: Order, lines: Sequence[OrderItem]) -> tuple[Download, ...]:
    # What was refunded may be owned through another order: then that one offers it.
    if order.state is OrderState.REFUNDED:
        return ()
    return downloads_of(shelf, [line.product_id for line in lines])


def paid_with(subscription: Subscription, methods: Sequence[PaymentMethod]) -> PaymentMethod | None:
    """The method a subscription is paid with: its own, or the provider's default."""
    for method in methods:
        if method.id == subscription.payment_method_id:
            return method
    if subscription.payment_method_id is not None:
        return None
    return next(
        (
            method
            for method in methods
            if method.is_default
            and method.detached_at is None
            and (method.provider, method.mode) == (subscription.provider, subscription.mode)
        ),
        None,
    )


def subscription_row(
    store: Store,
    subscription: Subscription,
    products: dict[str, Product],
    methods: Sequence[PaymentMethod],
) -> SubscriptionRow:
    """A subscription with its product, how it is paid, and when access ends, if it does."""
    ended = subscription.status in ENDED
    product = products[subscription.product_id]
    return SubscriptionRow(
        subscription,
        product,
        paid_with(subscription, methods),
        subscription.ended_at if ended else access_deadline(store, subscription, product),
    )
