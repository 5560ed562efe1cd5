"""What happens at the provider, and what the customer reads about it."""

import re
from datetime import timedelta

import pytest
from portal_plugins import ACTION, CRASH, LATER, REFUSED, Issuer, Provider
from portico.licenses.models import LicenseState
from portico.subscriptions.models import SubscriptionStatus

WORDS = {REFUSED: "Pay what you owe first.", LATER: "did not answer", CRASH: "did not answer"}


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def portico_plugins(provider, issuer):
    return (provider, issuer)


@pytest.fixture
def club(rows, customer):
    """A subscription, and the plugin that runs it."""
    rows.plugin("payments_sandbox")
    rows.plugin("licenses")
    product = rows.product("Foundry Club")
    rows.file(product, "Club file")
    other = rows.product("Single font")
    rows.file(other, "Font file")
    rows.order(customer, other)
    return rows.subscription(customer, product, payment_method_id=rows.method(customer))


async def after(browser, response):
    """The page that a form's answer leads to."""
    assert response.status_code == 303, await response.get_data(as_text=True)
    return await browser.get(response.headers["Location"].removeprefix("/p/demo/"))


async def test_cancelling_says_what_is_lost_and_kept(rows, customer, club, sign_in):
    browser = await sign_in(rows, customer)
    page = await browser.get(f"subscriptions/{club}/cancel")
    assert "You keep access until 13 December 2026" in page
    assert "Downloads and new versions of Foundry Club" in page
    assert "Everything else you bought, and all your invoices" in page
    assert "Single font" not in page


async def test_a_product_whose_files_stay_is_kept(rows, customer, sign_in):
    rows.plugin("payments_sandbox")
    product = rows.product("Keeper", downloads_after_cancellation=True)
    rows.file(product, "File")
    subscription = rows.subscription(customer, product)
    browser = await sign_in(rows, customer)
    page = await browser.get(f"subscriptions/{subscription}/cancel")
    assert "Downloads of Keeper" in page
    assert "You will lose" not in page


async def test_cancel_and_undo(rows, customer, club, sign_in, provider):
    browser = await sign_in(rows, customer)
    answer = await browser.post(
        f"subscriptions/{club}/cancel", reason="too_expensive", comment="Too much"
    )
    page = await after(browser, answer)
    assert provider.orders.asked == ["cancel too_expensive Too much"]
    assert "Access ends 13 December 2026." in page
    assert f'action="/p/demo/subscriptions/{club}/resume"' in page
    # Asked again, there is nothing left to cancel.
    await after(browser, await browser.client.get(f"/p/demo/subscriptions/{club}/cancel"))
    page = await after(browser, await browser.post(f"subscriptions/{club}/resume"))
    assert "Your subscription goes on." in page
    assert "Next charge" in page
    assert provider.orders.asked[-1] == "resume"


async def test_an_owed_subscription_ends_at_once(rows, customer, sign_in):
    rows.plugin("payments_sandbox")
    product = rows.product("Club")
    club = rows.subscription(
        customer, product, status=SubscriptionStatus.PAST_DUE, past_due_since=None
    )
    browser = await sign_in(rows, customer)
    assert "Cancelling now ends it at once" in await browser.get(f"subscriptions/{club}/cancel")
    answer = await browser.post(f"subscriptions/{club}/cancel", reason="nonsense")
    page = await after(browser, answer)
    assert "Access ended" in page


@pytest.mark.parametrize("error", WORDS, ids=["refused", "later", "crash"])
async def test_a_cancellation_that_fails_keeps_the_form(
    error, rows, customer, club, sign_in, provider
):
    provider.orders.fail = error
    browser = await sign_in(rows, customer)
    answer = await browser.post(f"subscriptions/{club}/cancel", reason="unused", comment="My words")
    page = await answer.get_data(as_text=True)
    assert WORDS[error] in page
    assert "My words" in page
    assert re.search(r'value="unused"\s+checked', page)
    assert "secret" not in page


@pytest.mark.parametrize("error", WORDS, ids=["refused", "later", "crash"])
async def test_a_provider_that_fails_is_told_in_words(
    error, rows, customer, club, sign_in, provider
):
    browser = await sign_in(rows, customer)
    provider.orders.fail = error
    page = await after(browser, await browser.post(f"subscriptions/{club}/payment-method"))
    assert WORDS[error] in page
    assert "secret" not in page
    assert WORDS[error] not in await browser.get(f"subscriptions/{club}")  # said once


async def test_what_has_to_be_done_first_is_where_the_customer_goes(
    rows, customer, club, sign_in, provider
):
    provider.orders.fail = ACTION
    browser = await sign_in(rows, customer)
    answer = await browser.post(f"subscriptions/{club}/payment-method")
    assert answer.headers["Location"] == "https://pay.example.com/confirm"


async def begin_update(browser, path):
    answer = await browser.post(path)
    assert answer.status_code == 303
    url = answer.headers["Location"]
    assert url.startswith("https://pay.example.com/")
    return "payment-method/return?update=" + url.rpartition("/")[2]


async def test_a_new_payment_method_for_a_subscription(rows, customer, club, sign_in, provider):
    browser = await sign_in(rows, customer)
    back = await begin_update(browser, f"subscriptions/{club}/payment-method")
    provider.orders.know = False
    waiting = await browser.get(back)
    assert "Waiting for the payment provider" in waiting
    assert 'http-equiv="refresh" content="3"' in waiting
    provider.orders.know = True
    answer = await browser.client.get(f"/p/demo/{back}")
    assert answer.headers["Location"] == f"/p/demo/subscriptions/{club}"
    assert "Your payment method is updated." in await after(browser, answer)


@pytest.mark.parametrize(
    ("knows", "left", "minutes", "says"),
    [
        (False, "&left=1", 0, "You kept your payment method. Nothing has changed."),
        (True, "", 0, "You kept your payment method. Nothing has changed."),
        (False, "", 3, "has not told us of a new payment method"),
    ],
    ids=["left", "given up", "not known for long"],
)
async def test_who_gives_no_new_method_is_not_kept_waiting(
    knows, left, minutes, says, rows, customer, club, sign_in, provider, clock
):
    browser = await sign_in(rows, customer)
    back = await begin_update(browser, f"subscriptions/{club}/payment-method")
    provider.orders.know, provider.orders.gives = knows, False
    clock.advance(timedelta(minutes=minutes))
    answer = await browser.client.get(f"/p/demo/{back}{left}")
    assert says in await after(browser, answer)
    assert says not in await browser.get(f"subscriptions/{club}")  # said once
    provider.orders.know = provider.orders.gives = True  # and nothing stands in the way of another
    again = await begin_update(browser, f"subscriptions/{club}/payment-method")
    done = await after(browser, await browser.client.get(f"/p/demo/{again}"))
    assert "Your payment method is updated." in done


async def test_a_method_for_all_says_what_it_does_not_pay(rows, customer, club, sign_in, provider):
    rows.subscription(customer, rows.product("Icons"), description="Icons, monthly")
    browser = await sign_in(rows, customer)
    back = await begin_update(browser, "billing/payment-methods")
    page = await after(browser, await browser.client.get(f"/p/demo/{back}"))
    # The club has a card of its own; the icons are paid with whatever is the default.
    assert (
        "Your payment method is updated. Still paid as before: Foundry Club, monthly. "
        "Open a subscription to change that too."
    ) in page


async def test_a_declined_payment_method(rows, customer, club, sign_in, provider):
    browser = await sign_in(rows, customer)
    back = await begin_update(browser, "billing/payment-methods")
    provider.orders.succeed = False
    page = await after(browser, await browser.client.get(f"/p/demo/{back}"))
    assert "Your bank declined the card." in page
    assert "Payment methods" in page


async def test_removing_a_payment_method(rows, customer, club, sign_in, provider):
    spare = rows.method(customer, last4="5555", is_default=False)
    browser = await sign_in(rows, customer)
    page = await browser.get("billing")
    assert "Pays for Foundry Club, monthly" in page
    assert page.count("/remove") == 1
    page = await after(browser, await browser.post(f"billing/payment-methods/{spare}/remove"))
    assert "The payment method is removed." in page
    assert "5555" not in page


async def test_a_payment_method_in_use_stays(rows, customer, sign_in, provider):
    rows.plugin("payments_sandbox")
    used = rows.method(customer)
    rows.subscription(customer, rows.product("Club"), payment_method_id=used)
    browser = await sign_in(rows, customer)
    page = await after(browser, await browser.post(f"billing/payment-methods/{used}/remove"))
    assert "A subscription is paid with this." in page
    assert "4242" in page
    assert provider.orders.asked == []


async def test_replacing_a_key(rows, customer, club, sign_in, issuer):
    product = rows.product("App", license_issuer="licenses")
    order = rows.order(customer, product)
    key = rows.license(customer, product, order, key="OLD-KEY-0001")
    browser = await sign_in(rows, customer)
    assert "replace" in await browser.get("licenses")
    assert "App" in await browser.get(f"licenses/{key}/replace")
    page = await after(browser, await browser.post(f"licenses/{key}/replace"))
    assert "Your new key is here." in page
    assert "NEW-" in page
    assert "OLD-KEY-0001" not in page
    again = await after(browser, await browser.client.get(f"/p/demo/licenses/{key}/replace"))
    assert "Your new key is here." not in again


async def test_a_key_that_cannot_be_made_now_is_prepared(rows, customer, club, sign_in, issuer):
    issuer.fail = LATER
    product = rows.product("App", license_issuer="licenses")
    key = rows.license(customer, product, rows.order(customer, product), key="OLD-KEY-0001")
    browser = await sign_in(rows, customer)
    page = await after(browser, await browser.post(f"licenses/{key}/replace"))
    assert "Your new key is being prepared." in page
    assert "OLD-KEY-0001" in page


async def test_a_key_without_its_issuer_cannot_be_replaced(rows, customer, sign_in):
    product = rows.product("App")
    key = rows.license(customer, product, None, issuer="gone_plugin")
    disabled = rows.license(customer, product, None, state=LicenseState.DISABLED)
    browser = await sign_in(rows, customer)
    page = await browser.get("licenses")
    assert key not in page
    assert disabled not in page


async def test_without_the_provider_nothing_is_offered(rows, customer, sign_in, provider):
    club = rows.subscription(customer, rows.product("Club"))  # its plugin is off in the store
    browser = await sign_in(rows, customer)
    page = await browser.get(f"subscriptions/{club}")
    assert "Update payment method" not in page
    assert f"{club}/cancel" not in page
    answer = await browser.post(f"subscriptions/{club}/payment-method")
    assert "cannot take a new payment method" in await after(browser, answer)
