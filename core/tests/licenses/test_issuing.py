"""Keys for paid orders: each once, whatever happens in between."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa
from portico.db import Query
from portico.emails.tables import emails
from portico.events import service as events
from portico.events.tables import outbox
from portico.hooks.errors import Refused, RetryLater
from portico.licenses import due
from portico.licenses import service as licenses
from portico.licenses.models import LicenseState
from portico.orders.models import OrderItem, OrderKind
from portico.orders.tables import order_items
from portico.testing import factories
from portico.worker import Worker

ITEMS = Query(OrderItem, sa.select(order_items).where(order_items.c.order_id == sa.bindparam("o")))
MAILS = Query(dict, sa.select(emails.c.params).where(emails.c.kind == "confirmation"))
EVENTS = Query(dict, sa.select(outbox.c.payload).where(outbox.c.kind == "event"))
WAITING = Query(
    str, sa.select(outbox.c.key).where(outbox.c.kind == "license").order_by(outbox.c.key)
)


async def buy(rt, store, customer, product, quantity=1, **changes):
    """A paid order whose licenses are prepared in one transaction."""
    order = await factories.make_paid_order(rt, store, customer, product, **changes)
    items = [
        dataclasses.replace(item, quantity=quantity) for item in await rt.db.all(ITEMS, o=order.id)
    ]
    async with rt.db.transaction():
        await due.prepare(rt, store, order, items, [product])
    return order, items


async def types(rt):
    return sorted(one["type"] for one in await rt.db.all(EVENTS))


async def test_a_key_is_due_for_each_copy_and_issued_by_the_worker(
    runtime, store, customer, product, worker, issuer
):
    order, (item,) = await buy(runtime, store, customer, product, quantity=3)
    due = await licenses.of_order(runtime, store.id, order.id)
    assert [one.grant_key for one in due] == [f"{item.id}:{product.id}:{n}" for n in (1, 2, 3)]
    assert {one.state for one in due} == {LicenseState.PENDING}
    assert await runtime.db.all(WAITING) == sorted(f"license:{one.id}" for one in due)
    await worker.drain()
    issued = await licenses.of_order(runtime, store.id, order.id)
    assert len({one.key for one in issued}) == 3
    assert all(one.state is LicenseState.ACTIVE for one in issued)
    assert all(one.data == {"for": one.grant_key} for one in issued)
    assert await types(runtime) == ["license.issued"] * 3
    assert {(one.order.id, one.customer.id) for one in issuer.asked} == {(order.id, customer.id)}
    assert not any("KEY-" in str(one) for one in await runtime.db.all(EVENTS))


async def test_preparing_twice_changes_nothing(runtime, store, customer, product, worker):
    order, items = await buy(runtime, store, customer, product, quantity=2)
    assert await due.prepare(runtime, store, order, items, [product]) == 2
    assert len(await licenses.of_order(runtime, store.id, order.id)) == 2
    await worker.drain()
    assert await due.prepare(runtime, store, order, items, [product]) == 0
    assert len(await licenses.of_order(runtime, store.id, order.id)) == 2


async def test_a_transaction_that_is_rolled_back_leaves_no_key(runtime, store, customer, product):
    order = await factories.make_paid_order(runtime, store, customer, product)
    items = await runtime.db.all(ITEMS, o=order.id)
    with pytest.raises(ZeroDivisionError):
        async with runtime.db.transaction():
            await due.prepare(runtime, store, order, items, [product])
            raise ZeroDivisionError
    assert await licenses.of_order(runtime, store.id, order.id) == []
    assert await runtime.db.all(WAITING) == []


async def test_a_bundle_brings_the_keys_of_what_it_contains(
    runtime, store, customer, product, worker
):
    plain = await factories.make_product(runtime, store)
    other = await factories.make_product(runtime, store, license_issuer="issuer",
                                         license_settings={"prefix": "OTHER"})  # fmt: skip
    bundle = await factories.make_product(
        runtime, store, bundle_of=[plain.id, product.id, other.id]
    )
    order, (item,) = await buy(runtime, store, customer, bundle, quantity=2)
    await worker.drain()
    found = await licenses.of_order(runtime, store.id, order.id)
    assert sorted(one.grant_key for one in found) == sorted(
        f"{item.id}:{one.id}:{n}" for one in (product, other) for n in (1, 2)
    )
    prefixes = {one.product_id: one.key.partition("-")[0] for one in found}
    assert prefixes == {product.id: "KEY", other.id: "OTHER"}


async def test_nothing_is_due_for_a_renewal_or_a_product_without_keys(
    runtime, store, customer, product
):
    plain = await factories.make_product(runtime, store)
    order, items = await buy(runtime, store, customer, plain)
    assert await due.prepare(runtime, store, order, items, [plain]) == 0
    renewal, items = await buy(runtime, store, customer, product, kind=OrderKind.RENEWAL)
    assert await due.prepare(runtime, store, renewal, items, [product]) == 0
    assert await licenses.of_customer(runtime, store.id, customer.id) == []


async def test_the_confirmation_waits_for_the_last_key(
    runtime, store, customer, product, worker, issuer
):
    order, _ = await buy(runtime, store, customer, product, quantity=2)
    ok, late = await licenses.of_order(runtime, store.id, order.id)
    await licenses._issue(runtime, store, ok)
    assert await runtime.db.all(MAILS) == []
    await licenses._issue(runtime, store, late)
    assert await runtime.db.all(MAILS) == [{"order_id": order.id}]
    await worker.drain()
    assert await runtime.db.all(MAILS) == [{"order_id": order.id}]


async def test_two_workers_issue_each_key_once_and_send_one_mail(
    runtime, store, customer, product, issuer
):
    """The last two keys of an order are done at the same moment: one of them must see it."""
    issuer.pause = 0.02
    orders = [(await buy(runtime, store, customer, product, quantity=2))[0] for _ in range(6)]
    workers = [Worker(runtime, {"license": licenses.deliver}) for _ in range(2)]
    running = [asyncio.create_task(worker.run()) for worker in workers]
    async with asyncio.timeout(30):
        while await runtime.db.all(WAITING):
            await asyncio.sleep(0.05)
    for worker in workers:
        worker.stop()
    await asyncio.gather(*running)
    issued = await licenses.of_customer(runtime, store.id, customer.id)
    assert {one.state for one in issued} == {LicenseState.ACTIVE}
    assert len({one.key for one in issued}) == 12
    mails = await runtime.db.all(MAILS)
    assert sorted(one["order_id"] for one in mails) == sorted(one.id for one in orders)


async def test_of_two_answers_for_one_key_the_first_is_kept(
    runtime, store, customer, product, issuer
):
    """As after a lease that ran out: two workers ask for the same license at once."""
    issuer.pause = 0.05
    order, _ = await buy(runtime, store, customer, product)
    (pending,) = await licenses.of_order(runtime, store.id, order.id)
    both = await asyncio.gather(*(licenses._issue(runtime, store, pending) for _ in range(2)))
    assert len(issuer.asked) == 2
    (kept,) = await licenses.of_order(runtime, store.id, order.id)
    assert [one.key for one in both] == [kept.key, kept.key]
    assert await types(runtime) == ["license.issued"]
    assert len(await runtime.db.all(MAILS)) == 1


async def test_a_key_that_the_store_has_is_asked_for_again(
    runtime, store, customer, product, worker, issuer
):
    issuer.keys = iter(["000001", "000001", "000001", "000002"])
    order, _ = await buy(runtime, store, customer, product, quantity=2)
    await worker.drain()
    found = await licenses.of_order(runtime, store.id, order.id)
    assert sorted(one.key for one in found) == ["KEY-000001", "KEY-000002"]
    assert [grant.attempt for grant in issuer.asked] == [1, 1, 2, 3]


async def test_an_issuer_that_is_down_is_asked_again_later(
    runtime, store, customer, product, worker, issuer, clock
):
    order, _ = await buy(runtime, store, customer, product)
    issuer.error = RetryLater(timedelta(minutes=5))
    await worker.drain()
    (found,) = await licenses.of_order(runtime, store.id, order.id)
    assert found.state is LicenseState.PENDING
    assert await runtime.db.all(MAILS) == []
    issuer.error = None
    clock.advance(timedelta(minutes=6))
    await worker.drain()
    (found,) = await licenses.of_order(runtime, store.id, order.id)
    assert found.state is LicenseState.ACTIVE
    assert len(await runtime.db.all(MAILS)) == 1


async def test_a_disabled_key_counts_no_more_and_its_issuer_is_told(
    runtime, store, customer, product, worker, issuer
):
    order, _ = await buy(runtime, store, customer, product)
    await worker.drain()
    (found,) = await licenses.of_order(runtime, store.id, order.id)
    async with runtime.db.transaction():
        disabled = await licenses.disable(runtime, store, found.id, by="seller:sel_1")
    assert disabled.state is LicenseState.DISABLED
    assert issuer.told == []
    await worker.drain()
    assert issuer.told == [found.id]
    assert await types(runtime) == ["license.disabled", "license.issued"]
    assert await licenses.disable(runtime, store, found.id, by="cli") is None
    other = await factories.make_store(runtime)
    assert await licenses.disable(runtime, other, found.id, by="cli") is None


async def test_a_key_disabled_before_it_was_issued_never_comes(
    runtime, store, customer, product, worker, issuer
):
    order, _ = await buy(runtime, store, customer, product, quantity=2)
    first, second = await licenses.of_order(runtime, store.id, order.id)
    await licenses._issue(runtime, store, first)
    await licenses.disable(runtime, store, second.id, by="cli")
    assert await runtime.db.all(MAILS) == [{"order_id": order.id}]
    await worker.drain()
    assert len(issuer.asked) == 1
    assert issuer.told == []


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("85DB562A-C11D4B06-A2335A6B-8CE304DA", "••••-E304DA"),
        ("ABCDE-FGHJK-LMNPQ", "••••-LMNPQ"),
        ("ABCDEF", "••••-EF"),
        ("A", "••••-"),
    ],
)
def test_a_masked_key_shows_its_end_only(key, shown):
    assert licenses.mask(key) == shown


@pytest.mark.parametrize(
    ("error", "waits"),
    [(Refused("Out of keys."), timedelta(0)), (RetryLater(timedelta(hours=2)), timedelta(hours=2))],
    ids=["refused", "later"],
)
async def test_an_issuer_that_gives_no_key_does_not_keep_back_the_confirmation(
    runtime, store, customer, product, worker, issuer, clock, error, waits
):
    issuer.error = error
    order, _ = await buy(runtime, store, customer, product, quantity=2)
    await worker.drain()
    clock.advance(waits)
    await worker.drain()
    assert await runtime.db.all(MAILS) == [{"order_id": order.id}]
    issuer.error = None
    for letter in await events.dead(runtime):
        await events.replay(runtime, letter.id)
    clock.advance(timedelta(hours=2))
    await worker.drain()
    keys = await licenses.of_order(runtime, store.id, order.id)
    assert {one.state for one in keys} == {LicenseState.ACTIVE}
    assert len(await runtime.db.all(MAILS)) == 2  # the one that has the keys
