"""Payments, refunds, disputes, saved cards, links and invoices by hand."""

import httpx
import pytest
import stripe
from stripe import Charge, PaymentIntent
from stripe._v1_services import V1Services

from tests.stripe_server.helpers import shop, submit
from tests.support.stripe import StripeServer


async def _paid(api: V1Services, card: str = "pm_card_visa", amount: int = 5000) -> PaymentIntent:
    return await api.payment_intents.create_async({
        "amount": amount, "currency": "eur", "payment_method": card, "confirm": True,
        "expand": ["latest_charge.balance_transaction"]})  # fmt: skip


async def test_refunds_in_parts_never_exceed_the_charge(api: V1Services) -> None:
    intent = await _paid(api)
    assert isinstance(intent.latest_charge, Charge)
    entry = intent.latest_charge.balance_transaction
    assert isinstance(entry, stripe.BalanceTransaction) and entry.net == 5000 - entry.fee
    await api.refunds.create_async({"payment_intent": intent.id, "amount": 2000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        await api.refunds.create_async({"payment_intent": intent.id, "amount": 3001})
    await api.refunds.create_async({"charge": intent.latest_charge.id})
    charge = await api.charges.retrieve_async(intent.latest_charge.id, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (5000, True)
    assert charge.refunds is not None and [r.amount for r in charge.refunds.data] == [3000, 2000]
    with pytest.raises(stripe.InvalidRequestError) as again:
        await api.refunds.create_async({"charge": charge.id})
    assert again.value.code == "charge_already_refunded"
    kinds = [e.type for e in (await api.events.list_async({"limit": 2})).data]
    assert kinds == ["charge.refunded", "refund.created"]


async def test_a_dispute_takes_the_money_and_winning_brings_it_back(
    api: V1Services, server: StripeServer
) -> None:
    intent = await _paid(api, "pm_card_createDispute")
    dispute = (await api.disputes.list_async({"payment_intent": intent.id})).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "needs_response", "fraudulent", 5000)  # fmt: skip
    with pytest.raises(stripe.InvalidRequestError):
        await api.refunds.create_async({"payment_intent": intent.id})
    server.control("settle-dispute", dispute=dispute.id, won=True)
    assert (await api.disputes.retrieve_async(dispute.id)).status == "won"
    kinds = [e.type for e in (await api.events.list_async({"type": "charge.dispute.*"})).data]
    assert kinds[::-1] == ["charge.dispute.created", "charge.dispute.funds_withdrawn",
                           "charge.dispute.funds_reinstated", "charge.dispute.closed"]  # fmt: skip


@pytest.mark.parametrize(("card", "code", "decline"), [
    ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
    ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
])  # fmt: skip
async def test_each_refusal_has_stripes_code(
    api: V1Services, card: str, code: str, decline: str | None
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        await _paid(api, card)
    error = refused.value.error
    assert error is not None and (error.code, getattr(error, "decline_code", None)) == (
        code,
        decline,
    )
    assert error.payment_intent is not None and refused.value.user_message
    intent = await api.payment_intents.retrieve_async(error.payment_intent.id)
    assert intent.status == "requires_payment_method"


async def test_off_session_a_card_that_asks_its_holder_is_refused(api: V1Services) -> None:
    with pytest.raises(stripe.CardError) as refused:
        await api.payment_intents.create_async({
            "amount": 500, "currency": "eur", "confirm": True, "off_session": True,
            "payment_method": "pm_card_authenticationRequired"})  # fmt: skip
    assert refused.value.code == "authentication_required"


async def test_3d_secure_of_an_intent_comes_back_to_its_return_url(
    api: V1Services, server: StripeServer
) -> None:
    intent = await api.payment_intents.create_async({
        "amount": 500, "currency": "eur", "confirm": True, "return_url": "http://shop/back",
        "payment_method": "pm_card_authenticationRequired"})  # fmt: skip
    assert intent.status == "requires_action" and intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    url = intent.next_action.redirect_to_url.url
    assert url is not None
    answer = await submit(url, outcome="complete")
    assert answer.headers["location"].startswith(f"http://shop/back?payment_intent={intent.id}")
    assert "redirect_status=succeeded" in answer.headers["location"]
    assert (await api.payment_intents.retrieve_async(intent.id)).status == "succeeded"


async def test_a_saved_card_is_listed_used_and_removed(api: V1Services) -> None:
    made = await shop(api)
    intent = await api.setup_intents.create_async(
        {"customer": made.customer.id, "payment_method": "pm_card_mastercard", "confirm": True}
    )
    assert intent.status == "succeeded"
    listed = await api.customers.payment_methods.list_async(made.customer.id)
    assert [m.card.brand for m in listed.data if m.card] == ["mastercard", "visa"]
    await api.payment_methods.detach_async(listed.data[1].id)
    customer = await api.customers.retrieve_async(made.customer.id)
    assert customer.invoice_settings is not None
    assert customer.invoice_settings.default_payment_method is None
    with pytest.raises(stripe.InvalidRequestError):
        await api.subscriptions.create_async(
            {"customer": made.customer.id, "items": [{"price": made.monthly.id}]}
        )


@pytest.mark.parametrize(("card", "saved"), [
    ("4242424242424242", True), ("4000000000000341", True), ("4000000000000002", False),
])  # fmt: skip
async def test_a_session_in_setup_mode_saves_a_card(
    api: V1Services, card: str, saved: bool
) -> None:
    made = await shop(api)
    session = await api.checkout.sessions.create_async({
        "mode": "setup", "customer": made.customer.id, "currency": "eur",
        "success_url": "http://shop/", "setup_intent_data": {"metadata": {"a": "b"}}})  # fmt: skip
    assert session.url is not None
    await submit(session.url, card)
    done = await api.checkout.sessions.retrieve_async(session.id, {"expand": ["setup_intent"]})
    assert (done.status == "complete") == saved
    assert isinstance(done.setup_intent, stripe.SetupIntent)
    assert (done.setup_intent.status == "succeeded") == saved
    count = len((await api.customers.payment_methods.list_async(made.customer.id)).data)
    assert count == (2 if saved else 1)


async def test_a_payment_link_sells_to_whoever_comes(api: V1Services) -> None:
    made = await shop(api)
    link = await api.payment_links.create_async(
        {"line_items": [{"price": made.once.id, "quantity": 1}], "metadata": {"from": "mail"}}
    )
    async with httpx.AsyncClient(follow_redirects=True, verify=False) as browser:
        page = await browser.get(link.url)
    assert "Brushes" in page.text
    await submit(str(page.url))
    session = (await api.checkout.sessions.list_async({"payment_link": link.id})).data[0]
    assert (session.payment_status, session.metadata["from"]) == ("paid", "mail")  # type: ignore[index]
    await api.payment_links.update_async(link.id, {"active": False})
    async with httpx.AsyncClient(follow_redirects=True, verify=False) as browser:
        assert "no longer active" in (await browser.get(link.url)).text


async def test_an_invoice_by_hand_is_paid_on_its_page_and_has_a_pdf(api: V1Services) -> None:
    made = await shop(api)
    draft = await api.invoices.create_async(
        {"customer": made.customer.id, "collection_method": "send_invoice", "days_until_due": 14}
    )
    await api.invoice_items.create_async({
        "customer": made.customer.id, "invoice": draft.id, "amount": 7000, "currency": "eur",
        "description": "Portrait"})  # fmt: skip
    sent = await api.invoices.send_invoice_async(draft.id)
    assert (sent.status, sent.amount_due) == ("open", 7000)
    assert sent.hosted_invoice_url is not None and sent.invoice_pdf is not None
    assert "declined" in (await submit(sent.hosted_invoice_url, "4000000000000002")).text
    await submit(sent.hosted_invoice_url)
    paid = await api.invoices.retrieve_async(sent.id, {"expand": ["payments"]})
    assert paid.status == "paid" and paid.payments is not None
    assert paid.payments.data[0].status == "paid"
    async with httpx.AsyncClient(verify=False) as browser:
        pdf = await browser.get(sent.invoice_pdf)
    assert pdf.headers["content-type"] == "application/pdf" and pdf.content.startswith(b"%PDF-")
    with pytest.raises(stripe.InvalidRequestError) as again:
        await api.invoices.pay_async(sent.id)
    assert again.value.code == "invoice_already_paid"


async def test_the_portal_cancels_with_a_reason(api: V1Services) -> None:
    made = await shop(api)
    sub = await api.subscriptions.create_async(
        {"customer": made.customer.id, "items": [{"price": made.monthly.id}]}
    )
    portal = await api.billing_portal.sessions.create_async({
        "customer": made.customer.id, "return_url": "http://shop/back",
        "flow_data": {"type": "subscription_cancel",
                      "subscription_cancel": {"subscription": sub.id}}})  # fmt: skip
    answer = await submit(portal.url, feedback="unused", comment="No time")
    assert answer.headers["location"] == "http://shop/back"
    now = await api.subscriptions.retrieve_async(sub.id)
    assert now.cancel_at_period_end and now.cancellation_details is not None
    assert now.cancellation_details.feedback == "unused"


async def test_an_account_without_a_portal_says_so(api: V1Services, server: StripeServer) -> None:
    server.control("settings", portal=False)
    made = await shop(api)
    with pytest.raises(stripe.InvalidRequestError, match="No configuration provided"):
        await api.billing_portal.sessions.create_async({"customer": made.customer.id})


@pytest.mark.parametrize(("outcome", "default"), [("complete", "3155"), ("fail", "4242")])
async def test_3d_secure_in_the_portal_decides_about_the_new_card(
    api: V1Services, server: StripeServer, outcome: str, default: str
) -> None:
    made = await shop(api)
    portal = await api.billing_portal.sessions.create_async({
        "customer": made.customer.id, "return_url": "http://shop/back",
        "flow_data": {"type": "payment_method_update"}})  # fmt: skip
    answer = await submit(portal.url, "4000002500003155")
    after = await submit(server.base + answer.headers["location"], outcome=outcome)
    assert (after.headers.get("location") == "http://shop/back") == (outcome == "complete")
    assert ("unable to authenticate" in after.text) == (outcome == "fail")
    customer = await api.customers.retrieve_async(
        made.customer.id, {"expand": ["invoice_settings.default_payment_method"]}
    )
    assert customer.invoice_settings is not None
    method = customer.invoice_settings.default_payment_method
    assert isinstance(method, stripe.PaymentMethod) and method.card is not None
    assert method.card.last4 == default


async def test_what_was_deleted_is_shown_as_that(api: V1Services) -> None:
    made = await shop(api)
    sub = await api.subscriptions.create_async(
        {"customer": made.customer.id, "items": [{"price": made.monthly.id}]}
    )
    await api.customers.delete_async(made.customer.id)
    gone = await api.customers.retrieve_async(made.customer.id)
    assert gone.deleted is True
    ended = await api.subscriptions.retrieve_async(sub.id, {"expand": ["customer"]})
    assert ended.status == "canceled"
    assert isinstance(ended.customer, stripe.Customer) and ended.customer.deleted is True
    with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
        await api.customers.update_async(made.customer.id, {"name": "Back"})
