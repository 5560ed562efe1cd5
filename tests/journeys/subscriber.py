"""What a customer does with a subscription, each step read back from its provider's side."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.journeys.cashier import ASKS, wait_for
from tests.journeys.customer import Customer

CLUB, HOSTING = "Foundry Club", "Web font hosting"


def opens(customer: Customer, name: str) -> None:
    customer.visit("subscriptions")
    customer.page.get_by_role("link", name=name).first.click()


def owes(customer: Customer) -> bool:
    """Whether the portal has heard of a renewal that was not paid."""
    customer.visit()
    return customer.button("Update payment method").count() > 0


def looks_after_the_subscriptions(customer: Customer) -> None:
    """One of them is past due; later another renewal fails."""
    pays_the_open_invoice_and_confirms_it(customer)
    customer.cashier.next_renewal_fails(customer.demo, CLUB)
    wait_for(customer.page, lambda: owes(customer))
    updates_the_payment_method_of_the_subscription_that_is_past_due(customer)
    pauses_and_goes_on(customer)
    changes_the_plan_once_the_price_is_seen(customer)
    downloads_an_invoice(customer)
    cancels_with_a_reason_and_undoes_it(customer)


def pays_the_open_invoice_and_confirms_it(customer: Customer) -> None:
    """With a card whose bank asks (3-D Secure)."""
    assert customer.held(CLUB).status == "past_due"
    customer.visit("billing")
    customer.button("Pay now").click()
    customer.pay(ASKS)
    customer.cashier.confirm(customer.page)
    wait_for(customer.page, lambda: not owes(customer))
    customer.visit("billing")
    expect(customer.button("Pay now")).to_have_count(0)
    assert customer.held(CLUB).status == "active"


def updates_the_payment_method_of_the_subscription_that_is_past_due(customer: Customer) -> None:
    assert customer.held(CLUB).status == "past_due"
    customer.visit()
    customer.button("Update payment method").click()
    customer.pay()
    customer.page.wait_for_url(f"{customer.demo.portal}**")
    # A provider elsewhere tells a moment later that what was owed is paid.
    wait_for(customer.page, lambda: not owes(customer))
    customer.visit("subscriptions")
    row = customer.page.get_by_role("listitem").filter(has_text=CLUB).first
    expect(row.get_by_text(customer.say("Active"))).to_be_visible()
    assert customer.held(CLUB).status == "active"


def pauses_and_goes_on(customer: Customer) -> None:
    opens(customer, CLUB)
    customer.link("Pause").click()
    customer.button("Pause subscription").click()
    expect(customer.page.get_by_text(customer.start_of("Paused until %(day)s."))).to_be_visible()
    assert customer.held(CLUB).paused
    customer.button("Resume now").click()
    expect(customer.link("Pause")).to_be_visible()
    assert not customer.held(CLUB).paused


def changes_the_plan_once_the_price_is_seen(customer: Customer) -> None:
    page = customer.page
    opens(customer, CLUB)
    customer.link("Change plan").click()
    page.locator("input[name=price_id]:not(:checked)").check()
    customer.button("See what it costs").click()
    charged = page.locator("dl.facts > div").filter(has_text=customer.say("Charged now"))
    price = charged.locator("strong").inner_text()
    page.get_by_role("button", name=customer.start_of("Change and pay %(price)s")).click()
    changed = customer.say("Your plan is changed. We mailed you a confirmation.")
    expect(page.get_by_text(changed)).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=price).first).to_be_visible()
    assert customer.held(CLUB).interval == "year"


def downloads_an_invoice(customer: Customer) -> None:
    customer.visit("billing")
    with customer.page.expect_download() as download:
        customer.link("Download PDF").click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")


def cancels_with_a_reason_and_undoes_it(customer: Customer) -> None:
    page = customer.page
    opens(customer, HOSTING)
    customer.link("Cancel subscription").click()
    expect(customer.link("Keep subscription")).to_be_visible()
    page.get_by_label(customer.say("It is too expensive")).check()
    page.get_by_label(customer.say("Anything you want to tell us (optional)")).fill("Too much")
    customer.button("Cancel subscription").click()
    expect(page.get_by_text(re.compile(r"20\d\d")).first).to_be_visible()
    expect(page.get_by_text(customer.say("Cancelled.")).first).to_be_visible()
    held = customer.held(HOSTING)
    assert (held.leaving, held.reason, held.comment) == (True, "too_expensive", "Too much")
    customer.button("Undo").click()
    expect(customer.link("Cancel subscription")).to_be_visible()
    expect(page.get_by_text(customer.say("Active")).first).to_be_visible()
    assert not customer.held(HOSTING).leaving
