"""Webhooks of providers: verified by the plugin, answered at once, read back by the worker."""

from collections.abc import Sequence
from typing import Any

import pytest
from portico.activation import service as activation
from portico.api import Hint, OrderState
from portico.orders import service as orders
from portico.testing.factories import make_store
from portico.web.webhooks import LARGEST

Shop = Any  # the fixture's class; see conftest.py


async def send(
    client: Any, shop: Shop, body: bytes, signature: str = "right", path: str = ""
) -> Any:
    path = path or f"/hooks/fake/{shop.store.slug}"
    return await client.post(path, data=body, headers={"Signature": signature})


async def test_a_webhook_is_answered_at_once_and_read_back_by_the_worker(
    client: Any, shop: Shop
) -> None:
    ref = await shop.begin()
    shop.fake.truth[ref] = [shop.paid(ref)]
    answer = await send(client, shop, ref.encode())
    assert (answer.status_code, await answer.get_json()) == (200, {"received": 1})
    assert await shop.orders() == []
    await shop.work()
    assert [one.state for one in await shop.orders()] == [OrderState.PAID]


async def test_a_webhook_sent_again_changes_nothing(client: Any, shop: Shop) -> None:
    ref = await shop.begin()
    shop.fake.truth[ref] = [shop.paid(ref)]
    await send(client, shop, ref.encode())
    await send(client, shop, ref.encode())
    await shop.work()
    assert shop.fake.calls.count("read_back") == 1
    await send(client, shop, ref.encode())
    await shop.work()
    assert len(await shop.orders()) == 1


async def test_webhooks_about_one_thing_are_read_back_at_once(client: Any, shop: Shop) -> None:
    ref = await shop.begin()
    shop.fake.truth[ref] = [shop.paid(ref)]
    for number in range(3):
        hint = Hint("payment", ref, f"evt_{number}")
        await orders.put_hint(shop.rt, shop.store.id, "fake", hint)
    await shop.work()
    assert shop.fake.calls.count("read_back") == 1
    assert [one.state for one in await shop.orders()] == [OrderState.PAID]


async def test_a_forged_webhook_is_refused(client: Any, shop: Shop) -> None:
    ref = await shop.begin()
    answer = await send(client, shop, ref.encode(), "wrong")
    assert answer.status_code == 400
    await shop.work()
    assert "read_back" not in shop.fake.calls


async def test_a_webhook_that_cannot_be_checked_now_is_asked_for_again(
    client: Any, shop: Shop
) -> None:
    shop.fake.fails.add("webhook")
    answer = await send(client, shop, b"x")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize("size", [LARGEST, LARGEST + 1])
async def test_a_webhook_may_have_one_megabyte(client: Any, shop: Shop, size: int) -> None:
    answer = await send(client, shop, b"a" * size)
    assert answer.status_code == (200 if size == LARGEST else 413)


async def test_no_plugin_no_store_no_webhook(client: Any, shop: Shop) -> None:
    paths: Sequence[str] = ("/hooks/fake/nobody", f"/hooks/nobody/{shop.store.slug}")
    for path in paths:
        assert (await send(client, shop, b"x", path=path)).status_code == 404


async def test_a_plugin_that_is_off_in_the_store_takes_no_webhook(client: Any, shop: Shop) -> None:
    other = await make_store(shop.rt)
    await activation.disable(shop.rt, other, "fake", by="test")
    answer = await send(client, shop, b"x", path=f"/hooks/fake/{other.slug}")
    assert answer.status_code == 404
    assert "webhook" not in shop.fake.calls
