"""A new key in the place of an old one."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.db import Query
from portico.events.tables import audit_log
from portico.hooks.errors import Refused, RetryLater
from portico.licenses import queries
from portico.licenses import service as licenses
from portico.licenses.models import LicenseState
from portico.testing import factories
from test_issuing import MAILS, buy, types

ACTORS = Query(str, sa.select(audit_log.c.actor_id).where(audit_log.c.action == "license.replace"))


@pytest_asyncio.fixture
async def old(runtime, store, customer, product, worker):
    order, _ = await buy(runtime, store, customer, product)
    await worker.drain()
    (found,) = await licenses.of_order(runtime, store.id, order.id)
    return found


async def again(runtime, license_):
    return await licenses.by_id(runtime, license_.store_id, license_.id)


async def test_the_customer_gets_a_new_key_at_once_and_the_old_one_stops(
    runtime, store, customer, old, worker, issuer
):
    new = await licenses.replace(runtime, store, customer, old.id)
    assert new.state is LicenseState.ACTIVE
    assert new.key != old.key
    assert (new.order_id, new.grant_key) == (old.order_id, f"replace:{old.id}")
    replaced = await again(runtime, old)
    assert (replaced.state, replaced.replaced_by) == (LicenseState.REPLACED, new.id)
    assert issuer.asked[-1].replaces == old
    await worker.drain()
    assert issuer.told == [old.id]
    assert await types(runtime) == ["license.issued", "license.issued", "license.replaced"]
    assert await runtime.db.all(ACTORS) == [customer.id]
    assert len(await runtime.db.all(MAILS)) == 1


async def test_two_clicks_make_one_new_key(runtime, store, customer, old, issuer, worker, clock):
    issuer.pause = 0.05
    both = await asyncio.gather(
        *(licenses.replace(runtime, store, customer, old.id) for _ in range(2))
    )
    assert both[0].key == both[1].key
    clock.advance(timedelta(minutes=5))
    await worker.drain()
    found = await licenses.of_customer(runtime, store.id, customer.id)
    assert sorted(one.state for one in found) == ["active", "replaced"]
    third = await licenses.replace(runtime, store, customer, old.id)
    assert third.key == both[0].key


async def test_if_the_issuer_cannot_answer_the_old_key_works_until_it_can(
    runtime, store, customer, old, issuer, worker, clock
):
    issuer.error = RetryLater(timedelta(minutes=1))
    new = await licenses.replace(runtime, store, customer, old.id)
    assert new.state is LicenseState.PENDING
    assert (await again(runtime, old)).state is LicenseState.ACTIVE
    issuer.error = None
    clock.advance(timedelta(minutes=5))
    await worker.drain()
    assert (await again(runtime, new)).state is LicenseState.ACTIVE
    assert (await again(runtime, old)).state is LicenseState.REPLACED


async def test_if_the_issuer_refuses_the_old_key_stays(
    runtime, store, customer, old, issuer, worker, clock
):
    issuer.error = Refused("Keys of this product cannot be replaced.")
    with pytest.raises(Refused, match="cannot be replaced"):
        await licenses.replace(runtime, store, customer, old.id)
    assert [one.id for one in await licenses.of_customer(runtime, store.id, customer.id)] == [
        old.id
    ]
    assert (await again(runtime, old)).state is LicenseState.ACTIVE
    clock.advance(timedelta(minutes=5))
    await worker.drain()
    issuer.error = None
    new = await licenses.replace(runtime, store, customer, old.id)
    assert new.state is LicenseState.ACTIVE


async def test_a_key_disabled_while_its_successor_is_made_has_none(
    runtime, store, customer, old, issuer, worker, clock
):
    issuer.error = RetryLater(timedelta(minutes=1))
    new = await licenses.replace(runtime, store, customer, old.id)
    await licenses.disable(runtime, store, old.id, by="cli")
    issuer.error = None
    clock.advance(timedelta(minutes=5))
    await worker.drain()
    assert (await again(runtime, new)).state is LicenseState.DISABLED
    with pytest.raises(Refused, match="not in use"):
        await licenses.replace(runtime, store, customer, old.id)


async def test_a_key_that_does_not_count_is_not_replaced(runtime, store, customer, old):
    await licenses.disable(runtime, store, old.id, by="cli")
    with pytest.raises(Refused, match="not in use"):
        await licenses.replace(runtime, store, customer, old.id)


async def test_nobody_elses_key_can_be_replaced(runtime, store, customer, old):
    stranger = await factories.make_customer(runtime, store)
    elsewhere = await factories.make_store(runtime)
    namesake = await factories.make_customer(runtime, elsewhere, customer.email)
    for where, who in ((store, stranger), (elsewhere, namesake)):
        with pytest.raises(LookupError):
            await licenses.replace(runtime, where, who, old.id)
    assert (await again(runtime, old)).state is LicenseState.ACTIVE


async def test_the_seller_can_replace_a_key_too(runtime, store, old):
    new = await licenses.replace(runtime, store, None, old.id, by="seller:sel_1")
    assert new.state is LicenseState.ACTIVE
    assert await runtime.db.all(ACTORS) == ["sel_1"]


async def test_a_refund_and_a_replacement_at_once_do_not_wait_for_each_other(
    runtime, store, customer, old
):
    locked = asyncio.Event()

    async def refund():
        async with runtime.db.transaction():
            await runtime.db.one(queries.LOCK_ORDER, store_id=store.id, id=old.order_id)
            locked.set()
            await asyncio.sleep(0.3)  # the replacement is at work meanwhile
            await licenses.disable(runtime, store, old.id, by="system")

    async def replace():
        await locked.wait()
        with pytest.raises(Refused):
            await licenses.replace(runtime, store, customer, old.id)

    await asyncio.gather(refund(), replace())
    assert (await again(runtime, old)).state is LicenseState.DISABLED
