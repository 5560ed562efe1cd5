"""The sandbox's own signed webhooks."""

import json
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from portico.activation import service as activation
from portico.stores import service as stores
from portico_payments_sandbox import sign

Shop = Any  # the fixture's class; see conftest.py
SECRET = "a secret of the store"
BODY = json.dumps({"id": "evt_1", "kind": "payment", "ref": "sbk_1"}).encode()


async def post(client: Any, shop: Shop, signature: str, body: bytes = BODY) -> int:
    answer = await client.post(
        f"/hooks/payments_sandbox/{shop.store.slug}",
        data=body,
        headers={"Portico-Sandbox-Signature": signature},
    )
    return int(answer.status_code)


@pytest_asyncio.fixture
async def secret(shop: Shop) -> str:
    await activation.save_settings(
        shop.rt, shop.store, "payments_sandbox", {"webhook_secret": SECRET}, by="test"
    )
    shop.store = await stores.by_id(shop.rt, shop.store.id)
    return SECRET


async def test_a_signed_webhook_is_taken(client: Any, shop: Shop, secret: str) -> None:
    assert await post(client, shop, sign(secret, BODY, shop.clock.now())) == 200


@pytest.mark.parametrize("signature", ["", "t=1", "t=x,v1=" + "0" * 64, "v1=" + "0" * 64])
async def test_a_forged_webhook_is_refused(
    client: Any, shop: Shop, secret: str, signature: str
) -> None:
    assert await post(client, shop, signature) == 400


async def test_a_webhook_with_another_body_or_secret_is_refused(
    client: Any, shop: Shop, secret: str
) -> None:
    now = shop.clock.now()
    assert await post(client, shop, sign(secret, BODY, now), BODY + b" ") == 400
    assert await post(client, shop, sign("another", BODY, now)) == 400


@pytest.mark.parametrize(("seconds", "status"), [(-301, 400), (-300, 200), (301, 400)])
async def test_a_webhook_sent_again_much_later_is_refused(
    client: Any, shop: Shop, secret: str, seconds: int, status: int
) -> None:
    at = shop.clock.now() + timedelta(seconds=seconds)
    assert await post(client, shop, sign(secret, BODY, at)) == status


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": 1}', b'{"id":"e","kind":"x","ref":"y"}'])
async def test_a_signed_body_that_is_no_event_is_refused(
    client: Any, shop: Shop, secret: str, body: bytes
) -> None:
    assert await post(client, shop, sign(secret, body, shop.clock.now()), body) == 400


async def test_without_a_secret_no_webhook_is_taken(client: Any, shop: Shop) -> None:
    assert await post(client, shop, sign("", BODY, shop.clock.now())) == 400
