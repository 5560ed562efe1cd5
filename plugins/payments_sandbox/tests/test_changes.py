"""Changes of plan, pauses and the discount for who stays, through core's services."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from portico.api import (
    Interval,
    OrderKind,
    OrderState,
    Refused,
    SubscriptionStatus,
)
from portico.catalog import service as catalog
from portico.entitlements import service as entitlements
from portico.stores import service as stores
from portico.subscriptions import changes, plans
from portico.subscriptions.models import ChangeState
from portico.testing.factories import make_price, make_product
from portico_payments_sandbox import changes as own
from portico_payments_sandbox import ledger, queries

Shop = Any  # the fixture's class; see conftest.py


async def rules(shop: Shop, **cancellation_or_update: Any) -> None:
    await stores.update_portal(shop.rt, shop.store.id, cancellation_or_update, by="test")
    shop.store = await stores.by_id(shop.rt, shop.store.id)


async def test_a_dearer_plan_in_the_middle_of_a_month(shop: Shop) -> None:
    await rules(shop, subscription_update={"proration_behavior": "always_invoice"})
    running = await shop.subscribe()
    price = await shop.dearer_plan()
    half = (running.current_period_end - running.current_period_start) / 2
    shop.clock.advance(half)
    buyer = await shop.customer()
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, price.id)
    assert (seen.due_now, seen.credit, seen.next_amount) == (1500, 1000, 5000)
    assert seen.next_at == running.current_period_end
    assert (await shop.subscription()).price_id == running.price_id
    done = await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    assert done.state is ChangeState.SUCCEEDED
    again = await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    assert again == done
    changed = await shop.subscription()
    assert (changed.price_id, changed.amount) == (price.id, 5000)
    await shop.work(minutes=10)
    charged, _ = await shop.orders()
    assert (charged.kind, charged.state, charged.total) == (
        OrderKind.CHANGE, OrderState.PAID, 1500,
    )  # fmt: skip
    await shop.work(days=16)
    assert [one.total for one in await shop.orders()] == [5000, 1500, 2000]


async def test_a_cheaper_plan_leaves_a_credit_for_the_next_invoices(shop: Shop) -> None:
    await rules(shop, subscription_update={"proration_behavior": "always_invoice"})
    running = await shop.subscribe()
    price = await shop.dearer_plan(300)
    buyer = await shop.customer()
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, price.id)
    assert (seen.due_now, seen.credit, seen.next_amount) == (0, 2000, 0)
    await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    for _ in range(7):
        await shop.work(days=31)
    # 1700 were credited: five months of 300, and 200 of the sixth.
    assert [one.total for one in await shop.orders()][:3] == [300, 100, 0]


async def test_a_card_that_is_declined_changes_nothing(shop: Shop) -> None:
    await rules(shop, subscription_update={"proration_behavior": "always_invoice"})
    running = await shop.subscribe()
    price = await shop.dearer_plan()
    buyer = await shop.customer()
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, price.id)
    ctx = shop.rt.hooks.context(shop.store, "payments_sandbox")
    known = await ledger.get_subscription(ctx, running.provider_ref)
    card = await ledger.get_method(ctx, known.method)
    bad = ledger.row(card) | {"id": "sbm_bad", "behaviour": "declines"}
    await ctx.db.run(queries.ADD_METHOD, **bad)
    await ledger.save_subscription(ctx, replace(known, method="sbm_bad"))
    with pytest.raises(Refused, match="declined"):
        await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    assert (await shop.subscription()).price_id == running.price_id
    (failed,) = await changes.of_subscription(shop.rt, shop.store.id, running.id)
    assert failed.state is ChangeState.FAILED
    assert len(await shop.orders()) == 1


async def test_an_old_preview_is_not_confirmed(shop: Shop) -> None:
    running = await shop.subscribe()
    price = await shop.dearer_plan()
    buyer = await shop.customer()
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, price.id)
    shop.clock.advance(timedelta(minutes=31))
    with pytest.raises(Refused, match="look at it again"):
        await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    assert (await shop.subscription()).price_id == running.price_id


async def test_only_what_the_seller_offers_can_be_chosen(shop: Shop) -> None:
    running = await shop.subscribe()
    buyer = await shop.customer()
    other = await make_product(shop.rt, shop.store)
    foreign = await make_price(shop.rt, shop.store, other, Interval.MONTH, unit_amount=900)
    with pytest.raises(Refused, match="not offered"):
        await changes.preview_change(shop.rt, shop.store, buyer, running.id, foreign.id)
    with pytest.raises(Refused, match="cannot be changed"):
        await changes.preview_change(
            shop.rt, shop.store, buyer, running.id, running.price_id, quantity=3
        )
    await catalog.update_product(
        shop.rt, shop.store, running.product_id, by="test",
        subscription_rules={"switch_to": [other.id], "change_quantity": True},
    )  # fmt: skip
    offered = await plans.choices(shop.rt, shop.store, running)
    assert [one.price.id for one in offered.plans] == [running.price_id, foreign.id]
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, foreign.id, 3)
    await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    changed = await shop.subscription()
    assert (changed.product_id, changed.quantity, changed.amount) == (other.id, 3, 2700)
    assert changed.description == other.name


async def test_a_paused_month_is_not_charged_and_gives_no_access(shop: Shop) -> None:
    running = await shop.subscribe()
    buyer = await shop.customer()
    with pytest.raises(Refused, match="cannot be changed"):
        await changes.pause(shop.rt, shop.store, buyer, running.id, 1)
    await rules(shop, subscription_update={"pause_months": 2})
    await changes.pause(shop.rt, shop.store, buyer, running.id, 1)
    paused = await shop.subscription()
    assert paused.paused_from == running.current_period_end
    assert paused.resumes_at is not None
    assert await _has_access(shop, paused.product_id)
    await shop.work(days=32)
    assert len(await shop.orders()) == 1
    assert not await _has_access(shop, paused.product_id)
    await shop.work(days=32)
    resumed = await shop.subscription()
    assert (resumed.paused_from, resumed.status) == (None, SubscriptionStatus.ACTIVE)
    assert len(await shop.orders()) == 2
    assert await _has_access(shop, paused.product_id)


async def test_a_pause_ends_when_the_customer_says_so(shop: Shop) -> None:
    await rules(shop, subscription_update={"pause_months": 3})
    running = await shop.subscribe()
    buyer = await shop.customer()
    await changes.pause(shop.rt, shop.store, buyer, running.id, 3)
    await changes.unpause(shop.rt, shop.store, buyer, running.id)
    assert (await shop.subscription()).paused_from is None
    await shop.work(days=31)
    assert len(await shop.orders()) == 2


async def test_who_stays_pays_half_for_three_months_and_is_asked_once(shop: Shop) -> None:
    await rules(shop, cancellation={"retention_percent_off": 50, "retention_months": 3})
    running = await shop.subscribe()
    shop.clock.advance(timedelta(days=10))
    buyer = await shop.customer()
    assert await changes.offer_for(shop.rt, shop.store, running)
    await changes.accept_offer(shop.rt, shop.store, buyer, running.id)
    stays = await shop.subscription()
    assert (stays.amount, stays.next_amount) == (2000, 1000)
    assert not await changes.offer_for(shop.rt, shop.store, stays)
    with pytest.raises(Refused):
        await changes.accept_offer(shop.rt, shop.store, buyer, running.id)
    for _ in range(4):
        await shop.work(days=31)
    totals = [one.total for one in await shop.orders()]
    assert totals == [2000, 1000, 1000, 1000, 2000]


async def test_what_makes_no_sense_for_a_year_is_not_offered(shop: Shop) -> None:
    """A pause of three months, or a discount for three, in a year that is paid for."""
    await rules(
        shop,
        cancellation={"retention_percent_off": 50, "retention_months": 3},
        subscription_update={"pause_months": 3},
    )
    running = await shop.subscribe(interval=Interval.YEAR)
    assert not await changes.offer_for(shop.rt, shop.store, running)
    product = await catalog.product_by_id(shop.rt, shop.store.id, running.product_id)
    assert plans.pause_lengths(shop.store, product, running) == []
    with pytest.raises(Refused):
        await changes.pause(shop.rt, shop.store, await shop.customer(), running.id, 1)


async def test_what_a_provider_never_answered_is_done_by_the_worker_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rules(shop, subscription_update={"proration_behavior": "always_invoice"})
    running = await shop.subscribe()
    price = await shop.dearer_plan()
    buyer = await shop.customer()
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, price.id)
    real = own.change

    async def cut_off(ctx: Any, request: Any) -> Any:
        await real(ctx, request)
        raise TimeoutError

    monkeypatch.setattr(own, "change", cut_off)
    with pytest.raises(Refused, match="try again in a few minutes"):
        await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    with pytest.raises(Refused, match="under way"):
        await changes.accept_offer(shop.rt, shop.store, buyer, running.id)
    monkeypatch.undo()
    await shop.work(minutes=6)
    (done,) = await changes.of_subscription(shop.rt, shop.store.id, running.id)
    assert done.state is ChangeState.SUCCEEDED
    assert [one.total for one in await shop.orders()] == [3000, 2000]


async def _has_access(shop: Shop, product_id: str) -> bool:
    buyer = await shop.customer()
    found = await entitlements.for_customer(shop.rt, shop.store, buyer.id)
    return any(one.product_id == product_id and one.active for one in found)
