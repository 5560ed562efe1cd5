"""A grown business at once, and Stripe hanging: what the import and the storms need."""

import time
from typing import Any

import httpx
import pytest
import stripe

from tests.stripe_server.conform import problems
from tests.support.stripe import StripeServer
from tests.support.stripe_server.shapes import CLASSES


async def _all(server: StripeServer, path: str) -> list[dict[str, Any]]:
    """Every object, by pages of 100."""
    found: list[dict[str, Any]] = []
    headers = {"authorization": f"Bearer {server.key}"}
    async with httpx.AsyncClient(
        base_url=f"{server.base}/v1/", headers=headers, verify=False
    ) as http:
        name, _, query = path.partition("?")
        params = {"limit": "100", **httpx.QueryParams(query)}
        while True:
            page = (await http.get(name, params=params)).json()
            found += page["data"]
            if not page["has_more"]:
                return found
            params["starting_after"] = page["data"][-1]["id"]


async def test_a_business_made_at_once_is_what_the_lists_say(server: StripeServer) -> None:
    sheet = server.control("bulk", customers=130, subscriptions=210, purchases=40)
    subs = await _all(server, "subscriptions?status=all")
    assert len(subs) == 210 == sum(sheet["subscriptions"].values())
    for status, count in sheet["subscriptions"].items():
        assert sum(one["status"] == status for one in subs) == count
    assert {"active", "trialing", "past_due", "unpaid", "canceled"} <= sheet["subscriptions"].keys()
    customers = await _all(server, "customers")
    assert len({c["id"] for c in customers}) == 130
    assert len({c["email"] for c in customers}) == sheet["emails"] < 130
    charges = [c for c in await _all(server, "charges") if c["status"] == "succeeded"]
    assert sum(c["amount"] for c in charges) == sheet["charged"]
    assert sum(r["amount"] for r in await _all(server, "refunds")) == sheet["refunded"] > 0
    paid = sum(i["amount_paid"] for i in await _all(server, "invoices"))
    assert paid == sheet["invoiced_paid"]
    assert server.control("state")["objects"].get("event", 0) == 0
    for kind in ("customer", "subscription", "invoice", "charge", "refund"):
        for one in server.control("objects", kind=kind)[::17]:
            assert not problems(one, CLASSES[kind], kind)


async def test_a_frozen_server_takes_connections_and_answers_none(server: StripeServer) -> None:
    quick = server.library(timeout=1)
    server.freeze()
    try:
        begun = time.monotonic()
        with pytest.raises(stripe.APIConnectionError):
            await quick.v1.customers.list_async()
        assert time.monotonic() - begun >= 1
    finally:
        server.thaw()
    assert (await server.library().v1.customers.list_async()).data == []
