"""Subscriptions as time goes by: periods, prorations, coupons, pauses, trials, ends."""

import datetime

import pytest
import stripe
from stripe import Invoice, Subscription
from stripe._v1_services import V1Services
from stripe.params import SubscriptionCreateParams

from tests.stripe_server.helpers import Shop, shop, submit
from tests.support.stripe import StripeServer

DAY = 86400


async def _subscribed(api: V1Services, made: Shop, **more: object) -> Subscription:
    params: SubscriptionCreateParams = {
        "customer": made.customer.id, "items": [{"price": made.monthly.id}]}  # fmt: skip
    params.update(more)  # type: ignore[typeddict-item]
    return await api.subscriptions.create_async(params)


async def _invoices(api: V1Services, sub: Subscription) -> list[Invoice]:
    return (await api.invoices.list_async({"subscription": sub.id, "limit": 100})).data


async def _types(api: V1Services) -> list[str]:
    """The events so far, oldest first."""
    listed = await api.events.list_async({"limit": 100})
    return [str(event.type) for event in listed.data][::-1]


async def test_a_subscription_from_the_31st_comes_back_to_the_31st(
    api: V1Services, server: StripeServer
) -> None:
    start = int(datetime.datetime(2027, 1, 31, 12, tzinfo=datetime.UTC).timestamp())
    clock = await api.test_helpers.test_clocks.create_async({"frozen_time": start})
    made = await shop(api, test_clock=clock.id)
    sub = await _subscribed(api, made)
    ends = []
    for month in range(3):
        now = await api.subscriptions.retrieve_async(sub.id)
        ends.append(
            datetime.datetime.fromtimestamp(now.items.data[0].current_period_end, datetime.UTC)
        )
        if month < 2:
            await api.test_helpers.test_clocks.advance_async(
                clock.id, {"frozen_time": int(ends[-1].timestamp()) + 7200}
            )
    assert [(one.month, one.day) for one in ends] == [(2, 28), (3, 31), (4, 30)]
    assert [i.amount_paid for i in await _invoices(api, sub)] == [1000] * 3


async def test_cancelling_at_the_end_can_be_undone_until_then(
    api: V1Services, server: StripeServer
) -> None:
    sub = await _subscribed(api, await shop(api))
    asked = await api.subscriptions.update_async(sub.id, {
        "cancel_at_period_end": True,
        "cancellation_details": {"feedback": "too_expensive", "comment": "Sorry"}})  # fmt: skip
    assert asked.status == "active" and asked.cancel_at == asked.items.data[0].current_period_end
    details = asked.cancellation_details
    assert details is not None and (details.feedback, details.comment, details.reason) == (
        "too_expensive", "Sorry", "cancellation_requested")  # fmt: skip
    undone = await api.subscriptions.update_async(sub.id, {"cancel_at_period_end": False})
    assert (undone.cancel_at, undone.canceled_at) == (None, None)
    await api.subscriptions.update_async(sub.id, {"cancel_at_period_end": True})
    server.control("advance", seconds=32 * DAY)
    ended = await api.subscriptions.retrieve_async(sub.id)
    assert ended.status == "canceled" and len(await _invoices(api, sub)) == 1
    assert (await _types(api))[-1] == "customer.subscription.deleted"
    with pytest.raises(stripe.InvalidRequestError):
        await api.subscriptions.update_async(sub.id, {"cancel_at_period_end": False})


async def test_more_seats_are_prorated_on_the_next_invoice(
    api: V1Services, server: StripeServer
) -> None:
    sub = await _subscribed(api, await shop(api))
    item = sub.items.data[0]
    half = (item.current_period_end - item.current_period_start) // 2
    server.control("advance", to=item.current_period_start + half)
    await api.subscriptions.update_async(sub.id, {"items": [{"id": item.id, "quantity": 3}]})
    preview = await api.invoices.create_preview_async({"subscription": sub.id})
    assert [line.amount for line in preview.lines.data] == [-500, 1500, 3000]
    server.control("advance", seconds=20 * DAY)
    invoice = (await _invoices(api, sub))[0]
    assert (invoice.amount_paid, invoice.billing_reason) == (4000, "subscription_cycle")
    assert not (await api.invoice_items.list_async({"pending": True})).data


async def test_a_preview_changes_nothing(api: V1Services, server: StripeServer) -> None:
    made = await shop(api)
    sub = await _subscribed(api, made)
    before = (server.control("state")["objects"], server.control("object", id=sub.id))
    preview = await api.invoices.create_preview_async(
        {
            "subscription": sub.id,
            "subscription_details": {
                "items": [{"id": sub.items.data[0].id, "price": made.pro.id, "quantity": 2}]
            },
        }
    )
    assert preview.id.startswith("upcoming_in_")
    assert preview.total == -1000 + 4000 + 4000
    assert (server.control("state")["objects"], server.control("object", id=sub.id)) == before


async def test_a_change_that_the_card_refuses_is_taken_back_on_request(
    api: V1Services, server: StripeServer
) -> None:
    made = await shop(api)
    sub = await _subscribed(api, made)
    server.control("decline-next", code="insufficient_funds")
    item = sub.items.data[0]
    with pytest.raises(stripe.CardError) as refused:
        await api.subscriptions.update_async(sub.id, {
            "items": [{"id": item.id, "price": made.yearly.id}],
            "payment_behavior": "error_if_incomplete"})  # fmt: skip
    assert refused.value.error is not None
    assert refused.value.error.decline_code == "insufficient_funds"
    now = await api.subscriptions.retrieve_async(sub.id)
    assert (now.items.data[0].price.id, now.status) == (made.monthly.id, "active")
    assert now.items.data[0].current_period_end == item.current_period_end
    assert now.latest_invoice == sub.latest_invoice


@pytest.mark.parametrize(("behavior", "status"), [
    ("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft"),
])  # fmt: skip
async def test_paused_collection_charges_nothing_until_it_resumes(
    api: V1Services, server: StripeServer, behavior: str, status: str
) -> None:
    sub = await _subscribed(api, await shop(api))
    resumes = sub.items.data[0].current_period_end + 10 * DAY
    paused = await api.subscriptions.update_async(
        sub.id, {"pause_collection": {"behavior": behavior, "resumes_at": resumes}}
    )
    assert paused.status == "active" and paused.pause_collection is not None
    server.control("advance", to=resumes + 60)
    assert [i.status for i in await _invoices(api, sub)] == [status, "paid"]
    resumed = await api.subscriptions.retrieve_async(sub.id)
    assert resumed.pause_collection is None
    server.control("advance", seconds=31 * DAY)
    assert (await _invoices(api, sub))[0].status == "paid"


@pytest.mark.parametrize(("missing", "status"), [
    ("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due"),
])  # fmt: skip
async def test_a_trial_without_a_card_ends_as_it_was_told(
    api: V1Services, server: StripeServer, missing: str, status: str
) -> None:
    made = await shop(api)
    other = await api.customers.create_async({"email": "b@example.com"})
    sub = await api.subscriptions.create_async({
        "customer": other.id, "items": [{"price": made.monthly.id}], "trial_period_days": 7,
        "trial_settings": {"end_behavior": {"missing_payment_method": missing}}})  # fmt: skip
    assert sub.status == "trialing" and sub.pending_setup_intent
    server.control("advance", seconds=8 * DAY)
    assert (await api.subscriptions.retrieve_async(sub.id)).status == status
    assert "customer.subscription.trial_will_end" in await _types(api)
    if status == "paused":
        method = await api.payment_methods.attach_async("pm_card_visa", {"customer": other.id})
        await api.subscriptions.update_async(sub.id, {"default_payment_method": method.id})
        assert (await api.subscriptions.resume_async(sub.id)).status == "active"


async def test_a_first_payment_that_nobody_makes_expires(
    api: V1Services, server: StripeServer
) -> None:
    sub = await _subscribed(api, await shop(api), payment_behavior="default_incomplete",
                            expand=["latest_invoice.confirmation_secret"])  # fmt: skip
    assert sub.status == "incomplete" and isinstance(sub.latest_invoice, Invoice)
    secret = sub.latest_invoice.confirmation_secret
    assert secret is not None and secret.client_secret.startswith("pi_")
    server.control("advance", seconds=DAY)
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "incomplete_expired"
    assert [i.status for i in await _invoices(api, sub)] == ["void"]


async def test_3d_secure_at_a_renewal_waits_on_the_invoices_page(
    api: V1Services, server: StripeServer
) -> None:
    sub = await _subscribed(api, await shop(api, "pm_card_authenticationRequired"),
                            trial_period_days=1)  # fmt: skip
    server.control("advance", seconds=2 * DAY)
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "past_due"
    invoice = (await _invoices(api, sub))[0]
    assert "invoice.payment_action_required" in await _types(api)
    assert invoice.hosted_invoice_url is not None
    with pytest.raises(stripe.CardError) as asked:
        await api.invoices.pay_async(invoice.id)
    assert asked.value.code == "invoice_payment_intent_requires_action"
    page = await submit(invoice.hosted_invoice_url, "4000002500003155")
    assert "/3ds/pi_" in page.headers["location"]
    await submit(server.base + page.headers["location"], outcome="complete")
    assert (await api.invoices.retrieve_async(invoice.id)).status == "paid"
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "active"


async def test_after_the_last_retry_the_account_decides(
    api: V1Services, server: StripeServer
) -> None:
    server.control("settings", after_retries="unpaid", retry_days=[1])
    made = await shop(api, "pm_card_chargeCustomerFail")
    sub = await _subscribed(api, made, trial_period_days=1)
    server.control("advance", seconds=4 * DAY)
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "unpaid"
    good = await api.payment_methods.attach_async("pm_card_visa", {"customer": made.customer.id})
    invoice = (await _invoices(api, sub))[0]
    await api.invoices.pay_async(invoice.id, {"payment_method": good.id})
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "active"


async def test_a_promotion_code_on_the_checkout_page_counts_every_month(
    api: V1Services, server: StripeServer
) -> None:
    made = await shop(api)
    coupon = await api.coupons.create_async(
        {"percent_off": 25, "duration": "repeating", "duration_in_months": 2}
    )
    code = await api.promotion_codes.create_async(
        {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SPRING"}
    )
    session = await api.checkout.sessions.create_async({
        "mode": "subscription", "line_items": [{"price": made.monthly.id, "quantity": 1}],
        "success_url": "http://shop/", "allow_promotion_codes": True})  # fmt: skip
    assert session.url is not None
    assert "invalid" in (await submit(f"{session.url}/promotion", promotionCode="AUTUMN")).text
    await submit(f"{session.url}/promotion", promotionCode="spring")
    assert (await submit(session.url)).status_code == 303
    done = await api.checkout.sessions.retrieve_async(session.id, {"expand": ["subscription"]})
    assert (done.amount_subtotal, done.amount_total) == (1000, 750)
    sub = done.subscription
    assert isinstance(sub, Subscription) and len(sub.discounts) == 1
    server.control("advance", seconds=95 * DAY)
    assert [i.amount_paid for i in await _invoices(api, sub)][::-1] == [750, 750, 1000, 1000]
    assert (await api.promotion_codes.retrieve_async(code.id)).times_redeemed == 1


async def test_a_coupon_to_stay_lowers_one_invoice(api: V1Services, server: StripeServer) -> None:
    sub = await _subscribed(api, await shop(api))
    coupon = await api.coupons.create_async(
        {"amount_off": 300, "currency": "eur", "duration": "once"}
    )
    await api.subscriptions.update_async(sub.id, {"discounts": [{"coupon": coupon.id}]})
    assert (await api.invoices.create_preview_async({"subscription": sub.id})).total == 700
    server.control("advance", seconds=63 * DAY)
    assert [i.amount_paid for i in await _invoices(api, sub)] == [1000, 700, 1000]


async def test_a_schedule_changes_the_plan_at_the_periods_end(
    api: V1Services, server: StripeServer
) -> None:
    made = await shop(api)
    sub = await _subscribed(api, made)
    item = sub.items.data[0]
    schedule = await api.subscription_schedules.create_async({"from_subscription": sub.id})
    with pytest.raises(stripe.InvalidRequestError, match="managed by the subscription schedule"):
        await api.subscriptions.update_async(sub.id, {"cancel_at_period_end": True})
    await api.subscription_schedules.update_async(schedule.id, {"phases": [
        {"items": [{"price": made.monthly.id}], "start_date": item.current_period_start,
         "end_date": item.current_period_end},
        {"items": [{"price": made.pro.id}], "duration": {"interval": "month"}}]})  # fmt: skip
    assert (await api.subscriptions.retrieve_async(sub.id)).schedule == schedule.id
    server.control("advance", seconds=33 * DAY)
    changed = await api.subscriptions.retrieve_async(sub.id)
    assert changed.items.data[0].price.id == made.pro.id
    assert [i.amount_paid for i in await _invoices(api, sub)] == [2000, 1000]
    server.control("advance", seconds=31 * DAY)
    assert (await api.subscriptions.retrieve_async(sub.id)).schedule is None
    assert (await api.subscription_schedules.retrieve_async(schedule.id)).status == "released"


async def test_credit_on_the_balance_pays_first(api: V1Services, server: StripeServer) -> None:
    made = await shop(api)
    await api.customers.balance_transactions.create_async(
        made.customer.id, {"amount": -1500, "currency": "eur"}
    )
    sub = await _subscribed(api, made)
    server.control("advance", seconds=32 * DAY)
    assert [(i.total, i.amount_paid) for i in await _invoices(api, sub)] == [(1000, 500), (1000, 0)]
    assert (await api.customers.retrieve_async(made.customer.id)).balance == 0


async def test_tax_is_added_where_it_is_asked_for(api: V1Services, server: StripeServer) -> None:
    server.control("settings", tax_percent=19)
    made = await shop(api)
    with_tax = await _subscribed(api, made, automatic_tax={"enabled": True})
    without = await _subscribed(api, made)
    assert (await _invoices(api, with_tax))[0].amount_paid == 1190
    assert (await _invoices(api, without))[0].amount_paid == 1000


async def test_cancelling_now_gives_the_rest_back_as_credit_on_request(
    api: V1Services, server: StripeServer
) -> None:
    sub = await _subscribed(api, await shop(api))
    item = sub.items.data[0]
    half = (item.current_period_end - item.current_period_start) // 2
    server.control("advance", to=item.current_period_start + half)
    ended = await api.subscriptions.cancel_async(
        sub.id, {"prorate": True, "invoice_now": True, "cancellation_details": {"comment": "Bye"}}
    )
    assert ended.status == "canceled" and ended.ended_at == ended.canceled_at
    assert (await api.customers.retrieve_async(str(sub.customer))).balance == -500


async def test_asking_for_a_payment_leaves_the_plan_of_retries_alone(
    api: V1Services, server: StripeServer
) -> None:
    server.control("settings", retry_days=[3, 3])
    sub = await _subscribed(api, await shop(api, "pm_card_chargeCustomerFail"), trial_period_days=1)
    server.control("advance", seconds=2 * DAY)
    before = (await _invoices(api, sub))[0]
    for _ in range(3):
        with pytest.raises(stripe.CardError):
            await api.invoices.pay_async(before.id)
    after = await api.invoices.retrieve_async(before.id)
    assert (after.attempt_count, after.next_payment_attempt) == (4, before.next_payment_attempt)
    server.control("advance", seconds=3 * DAY)
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "past_due"
    server.control("advance", seconds=3 * DAY)
    assert (await api.subscriptions.retrieve_async(sub.id)).status == "canceled"


async def test_a_code_for_first_buyers_and_one_with_a_minimum(api: V1Services) -> None:
    made = await shop(api)
    coupon = await api.coupons.create_async({"percent_off": 10, "duration": "once"})
    first = await api.promotion_codes.create_async({
        "promotion": {"type": "coupon", "coupon": coupon.id},
        "restrictions": {"first_time_transaction": True}})  # fmt: skip
    await _subscribed(api, made, discounts=[{"promotion_code": first.id}])
    with pytest.raises(stripe.InvalidRequestError, match="prior transactions"):
        await _subscribed(api, made, discounts=[{"promotion_code": first.id}])
    await api.promotion_codes.create_async({
        "promotion": {"type": "coupon", "coupon": coupon.id}, "code": "BIG",
        "restrictions": {"minimum_amount": 5000, "minimum_amount_currency": "eur"}})  # fmt: skip
    session = await api.checkout.sessions.create_async({
        "mode": "subscription", "line_items": [{"price": made.monthly.id, "quantity": 1}],
        "success_url": "http://shop/", "allow_promotion_codes": True})  # fmt: skip
    assert (
        "below its minimum" in (await submit(f"{session.url}/promotion", promotionCode="BIG")).text
    )


@pytest.mark.parametrize("declined", [False, True])
async def test_a_trial_ended_by_hand_is_paid_at_once_or_goes_on(
    api: V1Services, server: StripeServer, declined: bool
) -> None:
    sub = await _subscribed(api, await shop(api), trial_period_days=30)
    if declined:
        server.control("decline-next")
        with pytest.raises(stripe.CardError):
            await api.subscriptions.update_async(
                sub.id, {"trial_end": "now", "payment_behavior": "error_if_incomplete"}
            )
    else:
        await api.subscriptions.update_async(sub.id, {"trial_end": "now"})
    now = await api.subscriptions.retrieve_async(sub.id)
    assert now.status == ("trialing" if declined else "active")
    assert (now.trial_end == sub.trial_end) == declined
    paid = sum(i.amount_paid for i in await _invoices(api, sub))
    assert paid == (0 if declined else 1000)
