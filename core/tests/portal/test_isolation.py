"""Nobody sees what is another's; nobody is let in without signing in."""

import pytest
import pytest_asyncio
from portal_rows import Rows

GET = (
    "purchases/{order}", "purchases/{order}/invoice", "subscriptions/{subscription}",
    "subscriptions/{subscription}/cancel", "licenses/{license}/replace", "purchases?before={order}",
    "billing?before={order}", "payment-method/return?update={update}",
)  # fmt: skip
POST = (
    "subscriptions/{subscription}/payment-method", "subscriptions/{subscription}/cancel",
    "subscriptions/{subscription}/resume", "licenses/{license}/replace",
    "billing/payment-methods/{method}/remove",
)  # fmt: skip
LISTS = ("", "purchases", "subscriptions", "downloads", "licenses", "billing")


def belongings(rows, customer):
    """One of everything."""
    product = rows.product("Secret font")
    rows.file(product, "Secret file")
    order = rows.order(customer, product)
    return {
        "order": order,
        "license": rows.license(customer, product, order, key="SECRET-KEY"),
        "subscription": rows.subscription(customer, product, description="Secret club"),
        "method": rows.method(customer, last4="9876"),
        "update": "pmu_nobody",
    }


@pytest_asyncio.fixture
async def others(rows, customer, runtime):
    """What other people have: a customer of the same store, and one of another store."""
    neighbour = belongings(rows, rows.customer("neighbour@example.com"))
    elsewhere = Rows(number=9000)
    elsewhere.store("elsewhere", name="Elsewhere")
    # The same address, so that only the store tells them apart.
    foreign = belongings(elsewhere, elsewhere.customer("customer@example.com"))
    await elsewhere.write(runtime.db)
    return {"neighbour": neighbour, "foreign": foreign}


@pytest.mark.parametrize("whose", ["neighbour", "foreign"])
async def test_another_customers_ids_are_not_found(whose, others, rows, customer, sign_in):
    browser = await sign_in(rows, customer)
    for path in GET:
        page = await browser.get(path.format(**others[whose]), 404)
        assert "Secret" not in page, path
    for path in POST:
        response = await browser.post(path.format(**others[whose]))
        assert response.status_code == 404, path
    for path in LISTS:
        page = await browser.get(path)
        assert not [word for word in ("Secret", "SECRET", "9876") if word in page], path


async def test_a_session_of_one_store_opens_no_other(others, rows, customer, sign_in, app):
    browser = await sign_in(rows, customer)
    for path in (*LISTS, *GET):
        url = f"/p/elsewhere/{path.format(**others['foreign'])}"
        response = await browser.client.get(url)
        assert response.status_code == 302, path
        assert response.headers["Location"].startswith("/p/elsewhere/sign-in"), path


async def test_pages_ask_to_sign_in_first(others, rows, customer, runtime, client):
    await rows.write(runtime.db)
    for path in (*LISTS, *GET):
        response = await client.get(f"/p/demo/{path.format(**others['neighbour'])}")
        assert response.status_code == 302, path
        assert "/p/demo/sign-in" in response.headers["Location"], path


async def test_a_store_that_is_not_there_has_no_pages(rows, customer, sign_in):
    browser = await sign_in(rows, customer)
    for path in LISTS:
        response = await browser.client.get(f"/p/nowhere/{path}")
        assert response.status_code == 404, path


async def test_odd_ids_are_not_found(rows, customer, sign_in):
    browser = await sign_in(rows, customer)
    for odd in ("%00", "ord_%F0%9F%98%80", "a" * 3000, "..%2F..", "%C3%28", "';--"):
        await browser.get(f"purchases/{odd}", 404)
        await browser.get(f"subscriptions/{odd}", 404)
