"""Invoices in the portal: the document, what is owed, what stands on them."""

from typing import Any
from urllib.parse import urlsplit

from portico.api import Interval, SubscriptionStatus
from portico.customers import service as customers
from portico.invoices import service as invoices
from portico.invoices.models import InvoiceState
from portico.testing.browser import Browser
from portico.testing.factories import make_customer

Shop = Any  # the fixture's class; see conftest.py
FAILS_LATER = "4000 0000 0000 0341"
ASKS = "4000 0025 0000 3155"


async def test_an_invoice_is_a_pdf_with_the_customers_details(shop: Shop) -> None:
    await shop.buy()
    buyer = await shop.customer()
    (invoice,) = await invoices.latest_of_customer(shop.rt, shop.store.id, buyer.id, 5)
    browser = Browser(shop.app)
    await browser.sign_in(buyer)
    billing = f"/p/{shop.store.slug}/billing"
    await browser.get(f"{billing}/details")
    await browser.send(f"{billing}/details", name="Ada", vat_id="12")
    assert browser.status == 400
    assert "This is no VAT number" in browser.body
    given = {"name": "Ada Bäcker", "company": "Łódź & Co", "vat_id": "DE 123456789"}
    await browser.send(f"{billing}/details", **given, country="de")
    page = await browser.follow()
    assert "Ada Bäcker" in page
    kept = await customers.by_id(shop.rt, shop.store.id, buyer.id)
    assert kept is not None
    assert kept.billing == given | {"country": "DE"}
    path = f"{billing}/invoices/{invoice.id}/pdf"
    assert path in page
    answer = await browser.client.get(path)
    content = await answer.get_data(as_text=False)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'
    assert content.startswith(b"%PDF-")
    assert len(content) > 1000
    other = Browser(shop.app)
    await other.sign_in(await make_customer(shop.rt, shop.store))
    assert (await other.client.get(path)).status_code == 404


async def test_what_is_owed_stands_first_and_is_paid_there(shop: Shop) -> None:
    """By way of ``start_invoice_payment`` and the ``invoice`` hint."""
    await shop.subscribe(FAILS_LATER)
    await shop.work(days=31)
    buyer = await shop.customer()
    newest, _ = await invoices.latest_of_customer(shop.rt, shop.store.id, buyer.id, 5)
    assert newest.state is InvoiceState.OPEN
    browser = Browser(shop.app)
    await browser.sign_in(buyer)
    billing = f"/p/{shop.store.slug}/billing"
    assert "To pay" in await browser.get(billing)
    await browser.send(f"{billing}/invoices/{newest.id}/pay")
    assert "/x/payments_sandbox/" in browser.location
    returned = f"{billing}/invoices/{newest.id}/return"
    await browser.get(returned)
    assert "still open" in await browser.follow()
    url = await invoices.start_payment(shop.rt, shop.store, buyer, newest.id)
    paying = type(await shop.open_page())(shop.app)
    await paying.get(url)
    await paying.card("4242424242424242")
    await browser.get(returned)
    assert "Your invoice is paid" in await browser.follow()
    assert "To pay" not in browser.body
    assert [one.total for one in await shop.orders()] == [2000, 2000]


async def test_a_renewal_that_the_bank_asks_about_is_confirmed_from_every_page(shop: Shop) -> None:
    page = await shop.buy(await shop.sell(Interval.MONTH), ASKS)
    await page.send(step="approve")
    await shop.work(days=31)
    buyer, begun = await shop.customer(), await shop.subscription()
    (waiting,) = await invoices.to_confirm(shop.rt, shop.store.id, buyer.id)
    browser, portal = Browser(shop.app), f"/p/{shop.store.slug}/"
    await browser.sign_in(buyer)
    places = (portal, f"{portal}billing", f"{portal}subscriptions/{begun.id}")
    for place in places:
        assert "Confirm payment" in await browser.get(place)
    assert "Your bank wants you to confirm the payment of €20.00." in browser.body
    await browser.send(f"{portal}billing/invoices/{waiting.id}/pay")
    asks = urlsplit(browser.location).path
    assert "wants to charge €20.00 to your card ending in 3155" in await browser.follow()
    await browser.send(asks, step="decline")
    assert "The payment was not confirmed." in await browser.follow()
    await browser.get(portal)
    await browser.send(f"{portal}billing/invoices/{waiting.id}/pay")
    asks = urlsplit(browser.location).path
    await browser.follow()
    await browser.send(asks, step="approve")
    await browser.follow()  # core asks how it went
    assert "Your invoice is paid" in await browser.follow()
    for place in places:
        assert "Confirm payment" not in await browser.get(place)
    assert (await shop.subscription()).status is SubscriptionStatus.ACTIVE
