"""Telling everybody who may have a file that there is a new version of it."""

from typing import NamedTuple

from portico.actors import actor
from portico.catalog import service as catalog
from portico.customers.models import Customer
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.entitlements import queries, service
from portico.events import service as events
from portico.events.models import Delivery, Lane
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Mode, Store

_PAGE = 100
_KINDS = tuple(queries.HOLDINGS)
MOST = 50
"""Purchases (and subscriptions, and grants) that a page looks at to count buyers; what is counted
once the question before the mails is shown looks at more."""
MOST_COUNTED = 10_000


class Likely(NamedTuple):
    """How many customers; with ``more`` there are more than were looked at."""

    customers: int
    more: bool


async def count_likely(rt: Runtime, store: Store, product_id: str, most: int = MOST) -> Likely:
    """How many customers have a purchase, subscription or grant that gives the product.

    A few of them may not be told: each one's access is looked at when the mail is written. Looks
    at ``most`` of each, so that it takes no longer the better a product sells.
    """
    row = await rt.db.one(
        queries.COUNT_LIKELY, store_id=store.id, modes=_modes(store), limit=most,
        product_ids=await _givers(rt, store, product_id),
    )  # fmt: skip
    if row is None:
        raise LookupError("a statement that always gives one row gave none")
    return Likely(row.customers, max(row.orders, row.subscriptions, row.grants) >= most)


async def _givers(rt: Runtime, store: Store, product_id: str) -> list[str]:
    """The product, and the bundles it is in."""
    return [product_id, *await catalog.bundles_with(rt, store.id, product_id)]


def _modes(store: Store) -> list[Mode]:
    return sorted({Mode.LIVE, store.mode})


async def announce(rt: Runtime, store: Store, product_id: str, version_id: str, *, by: str) -> None:
    """Have the worker mail everybody who may download the version; nobody gets the mail twice."""
    actor_type, actor_id = actor(by)
    async with rt.db.transaction():
        await events.put(
            rt, "file_news", f"file_news:{version_id}",
            {"product_id": product_id, "version_id": version_id}, store_id=store.id,
            lane=Lane.BULK,
        )  # fmt: skip
        await events.audit(
            rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id,
            action="file.announce", subject_type="file_version", subject_id=version_id,
        )  # fmt: skip


async def deliver(rt: Runtime, delivery: Delivery) -> None:
    """The worker's handler: one step of the walk through what gives the product.

    Repeatable: each mail has a key of its own.
    """
    store = await stores.by_id(rt, delivery.store_id) if delivery.store_id else None
    product_id, version_id = delivery.payload["product_id"], delivery.payload["version_id"]
    if store is None:
        return
    version = await catalog.version_by_id(rt, store.id, product_id, version_id)
    if version is None:
        return
    kind, after = delivery.payload.get("kind", _KINDS[0]), delivery.payload.get("after", "")
    found = await rt.db.all(
        queries.HOLDINGS[kind], store_id=store.id, modes=_modes(store), after=after, limit=_PAGE,
        product_ids=await _givers(rt, store, product_id),
    )  # fmt: skip
    ids = sorted({one.customer_id for one in found if one.customer_id})
    for customer in await rt.db.all(queries.HOLDERS, store_id=store.id, customer_ids=ids):
        entitlement = await service.for_product(rt, store, customer.id, product_id)
        if entitlement is not None and entitlement.active:
            await _tell(rt, store, customer, version_id)
    if len(found) == _PAGE:
        await _go_on(rt, delivery, kind, found[-1].id)
    elif kind != _KINDS[-1]:
        await _go_on(rt, delivery, _KINDS[_KINDS.index(kind) + 1], "")


async def _go_on(rt: Runtime, delivery: Delivery, kind: str, after: str) -> None:
    """The next step is a delivery of its own: a worker that is killed repeats one step only."""
    version_id = delivery.payload["version_id"]
    await events.put(
        rt, "file_news", f"file_news:{version_id}:{kind}:{after}",
        {**delivery.payload, "kind": kind, "after": after}, store_id=delivery.store_id,
        lane=Lane.BULK,
    )  # fmt: skip


async def _tell(rt: Runtime, store: Store, customer: Customer, version_id: str) -> None:
    if not emails.plausible_address(customer.email):
        return  # erased, or imported without one
    await emails.queue(
        rt, store, EmailKind.FILE_VERSION, customer.email, params={"file_version_id": version_id},
        locale=customer.locale or store.locale, customer_id=customer.id, lane=Lane.BULK,
        key=f"{EmailKind.FILE_VERSION}:{version_id}:{customer.id}",
    )  # fmt: skip
