"""Keys for what was bought before the product had any."""

from dataclasses import dataclass

from portico.actors import actor
from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.events import service as events
from portico.events.models import Delivery, Lane
from portico.ids import new_id
from portico.licenses import queries
from portico.licenses.models import PastItem
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store

_PAGE = 100


MOST = 50
"""Purchases that a page looks at; what is counted once the question before keys are made
is shown looks at more."""
MOST_COUNTED = 10_000
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class Progress:
    """Copies of a product that were sold, and how many of them have a key or wait for one.

    With ``more`` there are more purchases than were looked at.
    """

    due: int
    issued: int
    waiting: int
    running: bool
    more: bool

    @property
    def missing(self) -> int:
        """Copies for which no key is under way."""
        return max(self.due - self.issued - self.waiting, 0)


async def progress(rt: Runtime, store: Store, product_id: str, most: int = MOST) -> Progress:
    """How many keys of past purchases there are, and whether the worker is making more.

    Looks at ``most`` purchases; at all of them while keys are made.
    """
    running = await events.is_waiting(rt, _key(product_id))
    bundles = await catalog.bundles_with(rt, store.id, product_id)
    row = await rt.db.one(
        queries.PAST_KEYS, store_id=store.id, product_id=product_id,
        product_ids=[product_id, *bundles], limit=_ALL if running else most,
    )  # fmt: skip
    if row is None:
        raise LookupError("a statement that always gives one row gave none")
    return Progress(
        row.due, row.issued, row.waiting, running or row.waiting > 0,
        more=not running and row.lines >= most,
    )  # fmt: skip


def _key(product_id: str) -> str:
    return f"past_licenses:{product_id}"


async def start(rt: Runtime, store: Store, product_id: str, *, by: str) -> None:
    """Have the worker see that every copy that was sold has a key. Repeatable."""
    actor_type, actor_id = actor(by)
    async with rt.db.transaction():
        await events.put(
            rt, "past_licenses", _key(product_id), {"product_id": product_id}, store_id=store.id,
            lane=Lane.BULK,
        )  # fmt: skip
        await events.audit(
            rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id,
            action="license.past", subject_type="product", subject_id=product_id,
        )  # fmt: skip


async def deliver(rt: Runtime, delivery: Delivery) -> None:
    """The worker's handler. Repeatable: each copy has a grant key of its own."""
    store = await stores.by_id(rt, delivery.store_id) if delivery.store_id else None
    if store is None:
        return
    product_id = str(delivery.payload["product_id"])
    product = await catalog.product_by_id(rt, store.id, product_id)
    if product is None or product.license_issuer is None:
        return  # switched off again meanwhile
    after = ""
    while page := await rt.db.all(
        queries.PAST_ITEMS, store_id=store.id, product_id=product_id, after=after, limit=_PAGE
    ):
        async with rt.db.transaction():
            for item in page:
                await _add(rt, store, product, item)
        after = page[-1].item_id


async def _add(rt: Runtime, store: Store, product: Product, item: PastItem) -> None:
    for copy in range(1, item.quantity + 1):
        license_id = await rt.db.one(
            queries.ADD, store_id=store.id, id=new_id("lic"),
            grant_key=f"{item.item_id}:{product.id}:{copy}", customer_id=item.customer_id,
            product_id=product.id, order_id=item.order_id, order_item_id=item.item_id,
            mode=item.mode, issuer=product.license_issuer, created_at=rt.clock.now(),
        )  # fmt: skip
        if license_id is not None:
            await events.put(
                rt, "license", f"license:{license_id}", {"license_id": license_id},
                store_id=store.id, lane=Lane.BULK,
            )  # fmt: skip
