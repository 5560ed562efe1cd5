"""What can be asked for again and again is slowed down, in words."""

import re

import pytest
from limits import RateLimitItemPerMinute
from portal_plugins import Issuer
from portal_rows import NOW
from portico import tables
from portico.catalog.models import PriceType
from portico.sessions import limits


@pytest.fixture
def portico_plugins():
    return (Issuer(),)


def priced(rows):
    """A product that can be bought, but for a provider; returns its price."""
    return rows.add(
        tables.catalog.prices, "price",
        product_id=rows.product("Font"), type=PriceType.ONE_TIME, currency="EUR",
        unit_amount=8900, interval=None, interval_count=1, trial_days=0, active=True,
        created_at=NOW,
    )  # fmt: skip


async def test_too_many_purchases_from_one_network_wait(rows, customer, sign_in, monkeypatch):
    monkeypatch.setattr(limits, "CHECKOUTS_PER_IP", RateLimitItemPerMinute(2, 1, "checkouts"))
    price = priced(rows)
    browser = await sign_in(rows, customer)
    form = {"email": "eve@example.com", "price_id": price}
    answers = [await browser.post("buy/font", **form) for _ in range(3)]
    assert [one.status_code for one in answers] == [422, 422, 429]  # nobody takes payments here
    page = await answers[-1].get_data(as_text=True)
    assert "Please wait a few minutes" in page
    assert "eve@example.com" in page


@pytest.mark.parametrize("quantity", ["9" * 5000, "-1", "1e3", "²"])
async def test_a_quantity_that_is_none_is_refused(rows, customer, sign_in, quantity):
    price = priced(rows)
    browser = await sign_in(rows, customer)
    answer = await browser.post(
        "buy/font", email="eve@example.com", price_id=price, quantity=quantity
    )
    assert answer.status_code == 422
    assert "Choose a quantity" in await answer.get_data(as_text=True)


async def test_a_year_that_is_none_is_no_year(rows, customer, sign_in):
    rows.order(customer, rows.product("Font"))
    browser = await sign_in(rows, customer)
    for year in ("9" * 5000, "0", "%C2%B2026", "-2026", "10000"):
        assert "Order" in await browser.get(f"billing?year={year}"), year[:9]


async def test_keys_are_not_replaced_without_end(rows, customer, sign_in, monkeypatch):
    monkeypatch.setattr(limits, "REPLACEMENTS_PER_CUSTOMER", RateLimitItemPerMinute(1, 1, "keys"))
    rows.plugin("licenses")
    product = rows.product("App", license_issuer="licenses")
    rows.license(customer, product, rows.order(customer, product), key="OLD-KEY-0001")
    browser = await sign_in(rows, customer)
    for says in ("Your new key is here.", "Your key still works."):
        (key,) = re.findall(r"licenses/(lic_\w+)/replace", await browser.get("licenses"))
        await browser.post(f"licenses/{key}/replace")
        assert says in await browser.get("licenses")
