"""Access of a customer, from what the database holds."""

from portico.entitlements import service as entitlements
from portico.entitlements.models import Reason
from portico.runtime import Runtime
from portico.testing.factories import (
    make_customer,
    make_paid_order,
    make_product,
    make_store,
)


async def test_access_follows_what_was_bought_given_and_taken(runtime: Runtime) -> None:
    store = await make_store(runtime)
    buyer, stranger = [await make_customer(runtime, store) for _ in range(2)]
    font, book = [await make_product(runtime, store) for _ in range(2)]
    bundle = await make_product(runtime, store, bundle_of=(font.id, book.id))
    order = await make_paid_order(runtime, store, buyer, bundle)

    found = {
        one.product_id: one for one in await entitlements.for_customer(runtime, store, buyer.id)
    }
    assert {key: (one.active, one.reason) for key, one in found.items()} == {
        bundle.id: (True, Reason.BOUGHT),
        font.id: (True, Reason.IN_BUNDLE),
        book.id: (True, Reason.IN_BUNDLE),
    }
    assert found[font.id].order_id == order.id
    assert await entitlements.for_customer(runtime, store, stranger.id) == []

    taken = await entitlements.withdraw(
        runtime, store, buyer.id, font.id, reason="shared it", by="seller:sel_1"
    )
    gone = await entitlements.for_product(runtime, store, buyer.id, font.id)
    assert gone is not None and gone.reason is Reason.WITHDRAWN
    assert await entitlements.revoke(runtime, store, taken.id, by="seller:sel_1")
    assert not await entitlements.revoke(runtime, store, taken.id, by="seller:sel_1")
    back = await entitlements.for_product(runtime, store, buyer.id, font.id)
    assert back is not None and back.active

    await entitlements.give(runtime, store, stranger.id, book.id, reason="prize", by="cli")
    (given,) = await entitlements.for_customer(runtime, store, stranger.id)
    assert (given.product_id, given.reason) == (book.id, Reason.GRANTED)


async def test_access_in_another_store_does_not_count(runtime: Runtime) -> None:
    store, other = [await make_store(runtime) for _ in range(2)]
    buyer = await make_customer(runtime, store)
    await make_paid_order(runtime, store, buyer, await make_product(runtime, store))
    assert await entitlements.for_customer(runtime, other, buyer.id) == []
