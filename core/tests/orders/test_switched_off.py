"""A payment plugin is switched off while somebody is about to pay with it."""

import asyncio
from typing import Any

import pytest
from portico.activation import service as activation
from portico.api import Refused

Shop = Any  # the fixture's class; see conftest.py


async def test_nobody_is_sent_to_a_plugin_that_another_process_has_switched_off(
    shop: Shop,
) -> None:
    cache = shop.rt.hooks.activations
    before = await cache.of(shop.store)
    await activation.disable(shop.rt, shop.store, "fake", by="cli")
    cache._stores[shop.store.id] = before  # as of a process that has not seen it yet
    with pytest.raises(Refused, match="cannot take payments at the moment"):
        await shop.begin()
    assert shop.fake.started == []


async def test_switching_off_waits_for_a_checkout_that_is_being_written_down(shop: Shop) -> None:
    holds, committed = asyncio.Event(), asyncio.Event()

    async def checkout() -> None:
        async with shop.rt.db.transaction():
            assert await activation.hold(shop.rt, shop.store, "fake")
            holds.set()
            await committed.wait()

    buying = asyncio.create_task(checkout())
    await holds.wait()
    off = asyncio.create_task(activation.disable(shop.rt, shop.store, "fake", by="cli"))
    done, _ = await asyncio.wait([off], timeout=0.3)
    assert not done
    committed.set()
    await asyncio.gather(buying, off)
    async with shop.rt.db.transaction():
        assert not await activation.hold(shop.rt, shop.store, "fake")
