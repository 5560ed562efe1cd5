"""Changes of plan, pauses, offers and invoices, and what Stripe has afterwards."""

from typing import Any

import pytest
from portico.api import ChangeState, Interval, InvoiceState, OrderKind, Refused
from portico.catalog import prices as catalog_prices
from portico.invoices import service as invoices
from portico.invoices.models import BillingDetails
from portico.stores import service as stores
from portico.subscriptions import changes

from tests.payments_stripe.hosted import FAILS_LATER
from tests.payments_stripe.shop import Shop


async def rules(shop: Shop, **portal: Any) -> None:
    await stores.update_portal(shop.rt, shop.store.id, portal, by="test")
    found = await stores.by_id(shop.rt, shop.store.id)
    assert found is not None
    shop.store = found


async def dearer(shop: Shop, product_id: str) -> Any:
    return await catalog_prices.add_price(
        shop.rt, shop.store, product_id, interval=Interval.MONTH, unit_amount=5000,
        currency="EUR", by="test",
    )  # fmt: skip


async def test_what_was_previewed_is_charged_and_stripe_has_the_plan(shop: Shop) -> None:
    await rules(shop, subscription_update={"proration_behavior": "always_invoice"})
    running = await shop.subscribe()
    price = await dearer(shop, running.product_id)
    await shop.work(days=10)
    buyer = await shop.customer()
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, price.id)
    assert seen.due_now is not None
    assert 1800 < seen.due_now < 2200
    done = await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    assert done.state is ChangeState.SUCCEEDED
    held = shop.held(running.provider_ref)
    assert held["items"]["data"][0]["price"]["unit_amount"] == 5000
    changed = await shop.subscription()
    assert (changed.price_id, changed.amount) == (price.id, 5000)
    charged = [one for one in await shop.orders() if one.kind is OrderKind.CHANGE]
    assert [one.total for one in charged] == [seen.due_now]
    await shop.ctx.events.hint("subscription", running.provider_ref or "")
    await shop.work()
    assert len(await shop.orders()) == 2


async def test_a_card_that_is_declined_leaves_the_plan(shop: Shop) -> None:
    await rules(shop, subscription_update={"proration_behavior": "always_invoice"})
    running = await shop.subscribe()
    payer = shop.held(running.provider_ref)["customer"]
    bad = shop.stripe.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": payer})
    shop.stripe.v1.subscriptions.update(
        running.provider_ref or "", {"default_payment_method": bad.id}
    )
    price = await dearer(shop, running.product_id)
    buyer = await shop.customer()
    seen = await changes.preview_change(shop.rt, shop.store, buyer, running.id, price.id)
    with pytest.raises(Refused, match="declined"):
        await changes.confirm_change(shop.rt, shop.store, buyer, seen.id)
    assert shop.held(running.provider_ref)["items"]["data"][0]["price"]["unit_amount"] == 2000
    assert (await shop.subscription()).price_id == running.price_id
    (failed,) = await changes.of_subscription(shop.rt, shop.store.id, running.id)
    assert failed.state is ChangeState.FAILED


async def test_a_pause_and_its_end_reach_stripe(shop: Shop) -> None:
    await rules(shop, subscription_update={"pause_months": 2})
    running = await shop.subscribe()
    buyer = await shop.customer()
    await changes.pause(shop.rt, shop.store, buyer, running.id, 1)
    paused = await shop.subscription()
    held = shop.held(running.provider_ref)["pause_collection"]
    assert held["behavior"] == "void"
    assert paused.resumes_at is not None
    assert held["resumes_at"] == int(paused.resumes_at.timestamp())
    await changes.unpause(shop.rt, shop.store, buyer, running.id)
    assert shop.held(running.provider_ref)["pause_collection"] is None
    assert (await shop.subscription()).paused_from is None


async def test_who_stays_has_a_coupon_at_stripe(shop: Shop) -> None:
    await rules(shop, cancellation={"retention_percent_off": 50, "retention_months": 3})
    running = await shop.subscribe()
    buyer = await shop.customer()
    await changes.accept_offer(shop.rt, shop.store, buyer, running.id)
    stays = await shop.subscription()
    assert (stays.amount, stays.next_amount) == (2000, 1000)
    assert len(shop.held(running.provider_ref)["discounts"]) == 1


async def test_an_open_invoice_leads_to_stripes_page(shop: Shop) -> None:
    running = await shop.subscribe(FAILS_LATER, trial_days=5)
    await shop.work(days=6)
    await shop.ctx.events.hint("subscription", running.provider_ref or "")
    await shop.work()
    buyer = await shop.customer()
    (newest,) = await invoices.latest_of_customer(shop.rt, shop.store.id, buyer.id, 5)
    assert newest.state is InvoiceState.OPEN
    held = shop.held(newest.provider_ref)
    url = await invoices.start_payment(shop.rt, shop.store, buyer, newest.id)
    assert url == held["hosted_invoice_url"]
    document = await invoices.document(shop.rt, shop.store, newest)
    assert document.url == held["invoice_pdf"]


async def test_details_reach_every_customer_that_stripe_knows(shop: Shop) -> None:
    await shop.subscribe()
    buyer = await shop.customer()
    details = BillingDetails(
        "Ada Beck", "Beck Type", "Lindenweg 4", "", "10115", "Berlin", "", "DE", "DE123456789"
    )
    await invoices.update_billing(shop.rt, shop.store, buyer, details)
    (known,) = await shop.ctx.customers.refs(buyer.id)
    held = shop.held(known)
    assert (held["name"], held["address"]["city"]) == ("Beck Type", "Berlin")
    taken = shop.stripe.v1.customers.tax_ids.list(known).data
    assert [(one.type, one.value) for one in taken] == [("eu_vat", "DE123456789")]
    with pytest.raises(Refused):
        wrong = BillingDetails("Ada", country="DE", vat_id="INVALID")
        await invoices.update_billing(shop.rt, shop.store, buyer, wrong)
    kept = await shop.customer()
    assert kept.billing["vat_id"] == "DE123456789"
