"""Which keys are due: of an order that is paid, and of a subscription that goes on to another
product or to more copies."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.customers.models import Customer
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.events import service as events
from portico.ids import new_id
from portico.licenses import queries
from portico.licenses.models import License, LicenseState
from portico.orders.language import locale_of
from portico.orders.models import Order, OrderItem, OrderKind
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.subscriptions.models import Subscription

_SUBSCRIPTION = "sub_"


async def prepare(
    rt: Runtime,
    store: Store,
    order: Order,
    items: Sequence[OrderItem],
    products: Iterable[Product],
) -> int:
    """Write down the keys that a paid order is due; the worker has them issued.

    Call it inside the transaction that makes the order paid. ``products`` are those of the items;
    what a bundle contains is looked up. Returns how many keys the order waits for: at 0 the
    caller queues the confirmation mail itself, else the last key does. Repeatable.
    """
    if order.kind is not OrderKind.PURCHASE:
        return 0
    licensed = await _licensed_parts(rt, store, list(products))
    for item in items:
        for product in licensed.get(item.product_id, ()):
            for copy in range(1, item.quantity + 1):
                await _add(
                    rt, store, product, f"{item.id}:{product.id}:{copy}", order.customer_id,
                    order.mode, rt.clock.now(), order_id=order.id, order_item_id=item.id,
                )  # fmt: skip
    return await waiting(rt, order)


async def prepare_change(rt: Runtime, store: Store, old: Subscription, new: Subscription) -> int:
    """Write down the keys that a subscription is due once its plan or quantity is another.

    The new product's, or those of the copies that were added; what has had a key by way of this
    subscription gets none again. The old product's keys stay as they do after a cancellation.
    Call it inside the transaction of the change. Returns how many keys there are to come: at 0
    the caller queues the mail about the change itself, else the last key does. Repeatable.
    """
    same = new.product_id == old.product_id
    if same and new.quantity <= old.quantity:
        return 0
    product = await catalog.product_by_id(rt, store.id, new.product_id)
    licensed = await _licensed_parts(rt, store, [product] if product is not None else [])
    now, added = rt.clock.now(), 0
    for part in licensed.get(new.product_id, ()):
        held = await rt.db.one(
            queries.HELD, store_id=store.id, customer_id=new.customer_id, product_id=part.id,
            subscription_id=new.id, prefix=_prefix(new.id),
        )  # fmt: skip
        before = max(held or 0, old.quantity if same else 0)
        for copy in range(before + 1, new.quantity + 1):
            await _add(
                rt, store, part, f"{new.id}:{part.id}:{copy}", new.customer_id, new.mode, now
            )
            added += 1
    return added


def _prefix(subscription_id: str) -> str:
    """Begins the grant keys of what a subscription became due by a change."""
    return f"{subscription_id}:"


async def _licensed_parts(
    rt: Runtime, store: Store, products: Sequence[Product]
) -> dict[str, list[Product]]:
    """For each product the products that a key is due for: itself, and what it contains."""
    parts = await catalog.bundle_parts(rt, store.id, [product.id for product in products])
    inside = {part for contents in parts.values() for part in contents}
    known = {product.id: product for product in products}
    if inside:
        found = await catalog.products_by_ids(rt, store.id, sorted(inside))
        known |= {product.id: product for product in found}
    return {
        product.id: [
            known[one]
            for one in (product.id, *parts.get(product.id, ()))
            if known[one].license_issuer is not None
        ]
        for product in products
    }


async def _add(
    rt: Runtime,
    store: Store,
    product: Product,
    grant_key: str,
    customer_id: str,
    mode: Mode,
    at: datetime,
    *,
    order_id: str | None = None,
    order_item_id: str | None = None,
) -> None:
    license_id = await rt.db.one(
        queries.ADD, store_id=store.id, id=new_id("lic"), grant_key=grant_key,
        customer_id=customer_id, product_id=product.id, order_id=order_id,
        order_item_id=order_item_id, mode=mode, issuer=product.license_issuer, created_at=at,
    )  # fmt: skip
    if license_id is not None:
        await events.put(
            rt, "license", f"license:{license_id}", {"license_id": license_id}, store_id=store.id,
        )  # fmt: skip


# The mails that wait for keys


async def waiting(rt: Runtime, order: Order) -> int:
    """How many keys of an order are still to come."""
    found = await rt.db.one(queries.WAITING, store_id=order.store_id, order_id=order.id)
    return found or 0


async def confirm(rt: Runtime, store: Store, order: Order, customer: Customer, key: str) -> None:
    """Queue the mail about an order; with the same ``key``, once."""
    await emails.queue(
        rt, store, EmailKind.CONFIRMATION, customer.email, params={"order_id": order.id},
        locale=order.locale, customer_id=customer.id, order_id=order.id, key=key,
    )  # fmt: skip


async def tell_change(
    rt: Runtime, store: Store, customer: Customer, one: License, *, early: bool = False
) -> None:
    """Queue the mail about a change that ``one`` is due by, once no key of it is to come any more;
    ``early``: as it is now. Changes nothing for a key that no change is behind."""
    if not one.grant_key.startswith(_SUBSCRIPTION):
        return
    subscription_id = one.grant_key.partition(":")[0]
    together = await rt.db.all(
        queries.TOGETHER, store_id=store.id, customer_id=customer.id, created_at=one.created_at,
        prefix=_prefix(subscription_id),
    )  # fmt: skip
    if not early and any(key.state is LicenseState.PENDING for key in together):
        return
    ids = [key.id for key in together if key.state is LicenseState.ACTIVE]
    change = f"subscription_changed:{subscription_id}:{one.created_at.isoformat()}"
    await emails.queue(
        rt, store, EmailKind.SUBSCRIPTION_CHANGED, customer.email,
        params={"subscription_id": subscription_id, "license_ids": ids},
        locale=await locale_of(rt, store, customer), customer_id=customer.id,
        key=change if ids and not early else f"{change}:early",
    )  # fmt: skip
