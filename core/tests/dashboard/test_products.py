"""Products: the list, a new one, its details and prices."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from portico.catalog import service as catalog
from portico.catalog.models import Interval
from portico.events import service as events
from portico.sellers.models import Role
from portico.testing import factories

PRODUCTS = "/dashboard/shop/products"


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store, slug="sans", name="Sans")


async def actions(runtime, store):
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    return [entry.action for entry in log]


async def test_a_product_is_made_with_several_prices(owner, runtime, store):
    await owner.get(f"{PRODUCTS}/new")
    await owner.client.post(
        f"{PRODUCTS}/new",
        data=urlencode({
            "csrf_token": owner.csrf, "name": "Größe Sans", "amounts": ["20", "5,50", ""],
            "periods": ["once", "month-3", "once"], "trials": ["", "14", ""],
        }, doseq=True),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    product = await catalog.product_by_slug(runtime, store, "grosse-sans")
    once, quarterly = await catalog.prices_of(runtime, store, product.id)
    assert (once.unit_amount, once.interval) == (2000, None)
    assert (quarterly.unit_amount, quarterly.interval) == (550, Interval.MONTH)
    assert (quarterly.interval_count, quarterly.trial_days) == (3, 14)
    assert (await actions(runtime, store)).count("price.add") == 2
    page = await owner.get(PRODUCTS)
    assert "Größe Sans" in page and "and one more price" in page
    assert "Größe Sans" not in await owner.get(f"{PRODUCTS}?state=archived")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Fill this in."),
        ({"name": "日本"}, "such as handbook"),
        ({"name": "A", "slug": "sans"}, "has this short name already"),
        ({"name": "A", "amounts": "much"}, "such as 12.50"),
        ({"name": "A", "amounts": "5", "trials": "14"}, "A trial is for subscriptions"),
        ({"name": "A", "amounts": "5", "trials": "x", "periods": "month-1"}, "whole number"),
    ],
)
async def test_what_does_not_fit_is_said_and_nothing_is_made(
    owner, runtime, store, product, fields, words
):
    await owner.get(f"{PRODUCTS}/new")
    assert words in await owner.send(f"{PRODUCTS}/new", **fields)
    assert owner.status == 400
    assert [one.id for one in await catalog.products(runtime, store)] == [product.id]


async def test_another_row_for_a_price_keeps_what_was_typed(owner):
    await owner.get(f"{PRODUCTS}/new")
    page = await owner.send(f"{PRODUCTS}/new", name="Half", amounts="5", more="1")
    assert 'value="Half"' in page
    assert page.count('name="amounts"') == 2


async def test_the_second_seller_at_a_product_is_told(owner, runtime, store, product):
    opened = await owner.get(f"{PRODUCTS}/{product.id}")
    version = opened.split('name="form_version" value="')[1].split('"')[0]
    await catalog.update_product(runtime, store, product.id, name="Hers", by="seller:sel_2")
    sent = {"name": "Mine", "slug": "sans", "form_version": version}
    page = await owner.send(f"{PRODUCTS}/{product.id}", **sent)
    assert owner.status == 409
    assert "Somebody else changed this" in page and "Saved meanwhile: Hers" in page
    assert (await catalog.product_by_slug(runtime, store, "sans")).name == "Hers"
    again = page.split('name="form_version" value="')[1].split('"')[0]
    await owner.send(f"{PRODUCTS}/{product.id}", **sent | {"form_version": again})
    assert (await catalog.product_by_slug(runtime, store, "sans")).name == "Mine"


async def test_prices_come_and_go_and_a_product_is_archived(owner, runtime, store, product):
    path = f"{PRODUCTS}/{product.id}"
    other = await factories.make_product(runtime, store)
    await owner.get(path)
    await owner.send(f"{path}/prices", amount="9.90", currency="usd", period="year-1")
    (price,) = await catalog.prices_of(runtime, store, product.id)
    assert (price.currency, price.unit_amount, price.interval) == ("USD", 990, Interval.YEAR)
    await owner.send(f"{path}/prices/{price.id}/off")
    assert await catalog.prices_of(runtime, store, product.id) == []
    assert "by its code" in await owner.send(f"{path}/prices", amount="1", currency="XXZ")
    await owner.send(f"{PRODUCTS}/{other.id}/prices/{price.id}/on")
    assert owner.status == 404
    assert "Those who bought it keep" in await owner.get(f"{path}/archive")
    await owner.send(f"{path}/archive")
    assert "Archived" in await owner.get(path)
    await owner.send(f"{path}/restore")
    assert (await actions(runtime, store))[:3] == [
        "product.restore", "product.archive", "price.deactivate",
    ]  # fmt: skip


async def test_support_sees_products_and_changes_none(signed_in, team, product):
    browser = await signed_in(team[Role.SUPPORT])
    page = await browser.get(f"{PRODUCTS}/{product.id}")
    assert "Sans" in page and "Save changes" not in page and "Archive" not in page


async def test_a_product_of_another_store_is_not_there(owner, runtime):
    other = await factories.make_store(runtime)
    theirs = await factories.make_product(runtime, other)
    await owner.get(f"{PRODUCTS}/{theirs.id}")
    assert owner.status == 404
