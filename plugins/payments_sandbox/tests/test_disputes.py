"""Payments that a bank takes back: what the seller sees, and the store's rule on access."""

from typing import Any

import pytest
from portico.activation import service as activation
from portico.api import DisputeState
from portico.entitlements import service as entitlements
from portico.orders import service as orders
from portico.records import service as records
from portico.stores import service as stores
from portico_payments_sandbox import ledger

Shop = Any  # the fixture's class; see conftest.py


async def has_access(shop: Shop) -> bool:
    buyer = await shop.customer()
    found = await entitlements.for_customer(shop.rt, shop.store, buyer.id)
    return all(one.active for one in found)


@pytest.mark.parametrize("withdraws", [True, False])
async def test_access_follows_the_stores_rule(shop: Shop, withdraws: bool) -> None:
    await stores.update_portal(
        shop.rt, shop.store.id, {"withdraw_access_while_disputed": withdraws}, by="test"
    )
    shop.store = await stores.by_id(shop.rt, shop.store.id)
    await shop.buy()
    (order,) = await shop.orders()
    (payment,) = await orders.payments(shop.rt, shop.store.id, order.id)
    ctx = shop.rt.hooks.context(shop.store, "payments_sandbox")
    made = await ledger.dispute(ctx, payment.provider_ref, "fraudulent")
    await shop.work(minutes=1)
    assert await has_access(shop) is not withdraws
    record = await records.order(shop.rt, shop.store.id, order.id)
    assert [(one.state, one.amount, one.reason) for one in record.disputes] == [
        (DisputeState.OPEN, 2000, "fraudulent")
    ]
    findings = await activation.findings(shop.rt, shop.store)
    assert [one.kind for one in findings] == ["dispute"]
    await ledger.close_dispute(ctx, made.id, DisputeState.WON)
    await shop.work(minutes=1)
    assert await has_access(shop)
    record = await records.order(shop.rt, shop.store.id, order.id)
    assert [one.state for one in record.disputes] == [DisputeState.WON]
    assert await activation.findings(shop.rt, shop.store) == []
