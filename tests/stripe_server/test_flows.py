"""The server through the official library: what is bought, changed and ended is so afterwards."""

import httpx
import pytest
import stripe
from stripe._v1_services import V1Services

from tests.stripe_server.helpers import shop, submit
from tests.support.stripe import StripeServer


async def test_a_checkout_session_becomes_a_paid_subscription(api: V1Services) -> None:
    made = await shop(api)
    session = await api.checkout.sessions.create_async({
        "mode": "subscription", "line_items": [{"price": made.monthly.id, "quantity": 2}],
        "success_url": "http://shop/done?id={CHECKOUT_SESSION_ID}"})  # fmt: skip
    assert session.url is not None
    answer = await submit(session.url)
    assert answer.headers["location"] == f"http://shop/done?id={session.id}"
    done = await api.checkout.sessions.retrieve_async(
        session.id, {"expand": ["subscription.latest_invoice.payments", "customer", "line_items"]}
    )
    assert (done.status, done.payment_status, done.amount_total) == ("complete", "paid", 2000)
    assert isinstance(done.subscription, stripe.Subscription)
    assert done.subscription.status == "active"
    invoice = done.subscription.latest_invoice
    assert isinstance(invoice, stripe.Invoice)
    assert (invoice.status, invoice.amount_paid) == ("paid", 2000)
    assert isinstance(done.customer, stripe.Customer) and done.customer.email == "new@example.com"
    assert [e.type for e in (await api.events.list_async({"limit": 1})).data] == [
        "checkout.session.completed"
    ]


async def test_a_declined_card_leaves_the_session_open(api: V1Services) -> None:
    made = await shop(api)
    session = await api.checkout.sessions.create_async({
        "mode": "payment", "line_items": [{"price": made.once.id, "quantity": 1}],
        "success_url": "http://shop/done"})  # fmt: skip
    assert session.url is not None
    assert "Your card was declined." in (await submit(session.url, "4000000000000002")).text
    assert (await api.checkout.sessions.retrieve_async(session.id)).status == "open"
    assert (await submit(session.url)).headers["location"] == "http://shop/done"
    assert (await api.checkout.sessions.retrieve_async(session.id)).payment_status == "paid"


async def test_a_second_try_pays_what_is_due_then(api: V1Services) -> None:
    made = await shop(api)
    coupon = await api.coupons.create_async({"percent_off": 20})
    await api.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "LESS"}
    )
    session = await api.checkout.sessions.create_async({
        "mode": "payment", "line_items": [{"price": made.once.id, "quantity": 1}],
        "success_url": "http://shop/", "allow_promotion_codes": True})  # fmt: skip
    assert session.url is not None
    await submit(session.url, "4000000000000002")
    await submit(f"{session.url}/promotion", promotionCode="LESS")
    await submit(session.url)
    done = await api.checkout.sessions.retrieve_async(session.id, {"expand": ["payment_intent"]})
    assert isinstance(done.payment_intent, stripe.PaymentIntent)
    assert (done.amount_total, done.payment_intent.amount_received) == (400, 400)


async def test_a_trial_saves_the_card_and_nothing_is_paid_today(api: V1Services) -> None:
    made = await shop(api)
    session = await api.checkout.sessions.create_async({
        "mode": "subscription", "line_items": [{"price": made.monthly.id, "quantity": 1}],
        "success_url": "http://shop/", "subscription_data": {"trial_period_days": 14}})  # fmt: skip
    assert session.url is not None
    assert "declined" in (await submit(session.url, "4000000000000002")).text
    await submit(session.url)
    done = await api.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
    assert (done.payment_status, done.amount_total) == ("no_payment_required", 0)
    assert isinstance(done.subscription, stripe.Subscription)
    assert done.subscription.status == "trialing" and done.subscription.default_payment_method


@pytest.mark.parametrize(("outcome", "status"), [("complete", "complete"), ("fail", "open")])
async def test_3d_secure_decides(
    api: V1Services, server: StripeServer, outcome: str, status: str
) -> None:
    made = await shop(api)
    session = await api.checkout.sessions.create_async({
        "mode": "subscription", "line_items": [{"price": made.monthly.id, "quantity": 1}],
        "success_url": "http://shop/done"})  # fmt: skip
    assert session.url is not None
    answer = await submit(session.url, "4000002500003155")
    secure = server.base + answer.headers["location"]
    async with httpx.AsyncClient(verify=False) as browser:
        assert "Authorize" in (await browser.get(secure)).text
        await browser.post(secure, data={"outcome": outcome})
    assert (await api.checkout.sessions.retrieve_async(session.id)).status == status
    subs = await api.subscriptions.list_async({"status": "all"})
    assert len(subs.data) == (1 if outcome == "complete" else 0)


async def test_a_renewal_with_a_dead_card_is_retried_and_then_ends(
    api: V1Services, server: StripeServer
) -> None:
    made = await shop(api, "pm_card_chargeCustomerFail")
    sub = await api.subscriptions.create_async({
        "customer": made.customer.id, "items": [{"price": made.monthly.id}],
        "trial_period_days": 7})  # fmt: skip
    assert sub.status == "trialing"
    server.control("advance", seconds=8 * 86400)
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "past_due"
    invoice = (await api.invoices.list_async({"subscription": sub.id, "status": "open"})).data[0]
    assert (invoice.attempt_count, invoice.amount_due) == (1, 1000)
    with pytest.raises(stripe.CardError) as refused:
        await api.invoices.pay_async(invoice.id)
    assert (refused.value.code, refused.value.http_status) == ("card_declined", 402)
    server.control("advance", seconds=20 * 86400)
    ended = await api.subscriptions.retrieve_async(sub.id)
    assert ended.status == "canceled" and ended.cancellation_details is not None
    assert ended.cancellation_details.reason == "payment_failed"


async def test_a_new_card_from_the_portal_is_the_default_and_pays_when_told(
    api: V1Services, server: StripeServer
) -> None:
    made = await shop(api, "pm_card_chargeCustomerFail")
    sub = await api.subscriptions.create_async({
        "customer": made.customer.id, "items": [{"price": made.monthly.id}],
        "trial_period_days": 7})  # fmt: skip
    server.control("advance", seconds=8 * 86400)
    portal = await api.billing_portal.sessions.create_async({
        "customer": made.customer.id, "return_url": "http://shop/back",
        "flow_data": {"type": "payment_method_update", "after_completion": {
            "type": "redirect", "redirect": {"return_url": "http://shop/done"}}}})  # fmt: skip
    assert (await submit(portal.url)).headers["location"] == "http://shop/done"
    # as at Stripe: nothing that is owed is tried again by itself
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "past_due"
    owed = (await api.invoices.list_async({"status": "open"})).data[0]
    assert (await api.invoices.pay_async(owed.id)).status == "paid"
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "active"


async def test_a_plan_change_costs_what_its_preview_said(api: V1Services) -> None:
    made = await shop(api)
    sub = await api.subscriptions.create_async(
        {"customer": made.customer.id, "items": [{"price": made.monthly.id}]}
    )
    item = sub.items.data[0]
    behavior = "always_invoice"
    preview = await api.invoices.create_preview_async({
        "subscription": sub.id, "subscription_details": {
            "items": [{"id": item.id, "price": made.yearly.id}],
            "proration_behavior": behavior}})  # fmt: skip
    assert preview.amount_due == 9000
    await api.subscriptions.update_async(
        sub.id,
        {"items": [{"id": item.id, "price": made.yearly.id}], "proration_behavior": behavior},
    )
    invoice = (await api.invoices.list_async({"subscription": sub.id})).data[0]
    assert (invoice.amount_paid, invoice.billing_reason) == (9000, "subscription_update")


async def test_test_clocks_move_their_own_customers_only(
    api: V1Services, server: StripeServer
) -> None:
    begin = server.control("state")["now"]
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": begin})
    mine, other = await shop(api, test_clock=clock.id), await shop(api)
    ids = [(await api.subscriptions.create_async({
        "customer": one.customer.id, "items": [{"price": one.monthly.id}]})).id
        for one in (mine, other)]  # fmt: skip
    await api.test_helpers.test_clocks.advance_async(clock.id, {"frozen_time": begin + 32 * 86400})
    counts = [len((await api.invoices.list_async({"subscription": one})).data) for one in ids]
    assert counts == [2, 1]
