"""Products, prices and bundles."""

import pytest
from portico.catalog import service as catalog
from portico.catalog.models import Interval, PriceType, ProductState
from portico.hooks.errors import Refused
from portico.testing import factories


async def test_a_product_is_found_by_its_short_name(runtime, store):
    made = await factories.make_product(runtime, store, slug="sans", name=" Sans ")
    assert made.name == "Sans"
    assert await catalog.product_by_slug(runtime, store, "sans") == made
    other = await factories.make_store(runtime)
    assert await catalog.product_by_slug(runtime, other, "sans") is None


async def test_a_short_name_is_used_once_per_store(runtime, store):
    await factories.make_product(runtime, store, slug="sans")
    with pytest.raises(Refused, match="has this short name already"):
        await factories.make_product(runtime, store, slug="sans")
    other = await factories.make_store(runtime)
    assert await factories.make_product(runtime, other, slug="sans")


@pytest.mark.parametrize("slug", ["", "A", "a b", "-a", "a--b", "a/b", "x" * 81, "return"])
async def test_a_short_name_that_is_no_part_of_an_address_is_refused(runtime, store, slug):
    with pytest.raises(Refused, match="short name"):
        await catalog.create_product(runtime, store, slug=slug, name="A", by="cli")


async def test_a_bundle_contains_products_of_its_store_and_no_bundles(runtime, store):
    one = await factories.make_product(runtime, store)
    two = await factories.make_product(runtime, store)
    bundle = await factories.make_product(runtime, store, bundle_of=[one.id, two.id, one.id])
    parts = await catalog.bundle_parts(runtime, store.id, [bundle.id, one.id])
    assert parts == {bundle.id: sorted([one.id, two.id])}
    with pytest.raises(Refused, match="another bundle"):
        await factories.make_product(runtime, store, bundle_of=[bundle.id])
    other = await factories.make_store(runtime)
    with pytest.raises(Refused, match="does not have"):
        await factories.make_product(runtime, other, bundle_of=[one.id])
    assert await catalog.products(runtime, other) == []


async def test_prices_are_for_once_or_by_the_period(runtime, store, product):
    once = await factories.make_price(runtime, store, product, currency="eur")
    monthly = await factories.make_price(
        runtime, store, product, Interval.MONTH, interval_count=3, trial_days=14
    )
    assert (once.type, once.currency) == (PriceType.ONE_TIME, "EUR")
    assert (monthly.type, monthly.interval_count) == (PriceType.RECURRING, 3)
    assert await catalog.prices_of(runtime, store, product.id) == [once, monthly]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"currency": "EURO"}, "by its code"),
        ({"unit_amount": -1}, "below zero"),
        ({"unit_amount": 10**12 + 1}, "too high"),
        ({"interval": Interval.MONTH, "trial_days": 731}, "730 days"),
        ({"trial_days": 3}, "subscriptions"),
        ({"interval": Interval.DAY, "interval_count": 0}, "three years"),
    ],
)
async def test_a_price_that_makes_no_sense_is_refused(runtime, store, product, options, words):
    with pytest.raises(Refused, match=words):
        await catalog.add_price(
            runtime,
            store,
            product.id,
            **({"unit_amount": 1, "currency": "EUR", "by": "test"} | options),
        )


async def test_an_archived_product_stays_readable(runtime, store, product):
    await catalog.archive_product(runtime, store, product.id, by="cli")
    found = await catalog.product_by_id(runtime, store.id, product.id)
    assert found.state is ProductState.ARCHIVED


async def test_an_issuer_that_is_not_there_is_refused(runtime, store):
    with pytest.raises(Refused, match="no plugin nobody"):
        await factories.make_product(runtime, store, license_issuer="nobody")
    with pytest.raises(Refused, match="no plugin memory"):
        await factories.make_product(runtime, store, license_issuer="memory")


async def test_what_a_product_is_called_and_contains_can_change(runtime, store, product):
    part = await factories.make_product(runtime, store, slug="taken")
    await catalog.update_product(
        runtime, store, product.id, slug="new", name=" New ", bundle_of=[part.id], by="seller:sel_1"
    )
    found = await catalog.product_by_slug(runtime, store, "new")
    assert (found.id, found.name) == (product.id, "New")
    assert await catalog.bundle_parts(runtime, store.id, [product.id]) == {product.id: [part.id]}
    for changes, words in [
        ({"slug": "taken"}, "already"),
        ({"bundle_of": [product.id]}, "contain itself"),
        ({"name": " "}, "needs a name"),
    ]:
        with pytest.raises(Refused, match=words):
            await catalog.update_product(runtime, store, product.id, by="test", **changes)
    with pytest.raises(Refused, match="in a bundle itself"):
        await catalog.update_product(
            runtime, store, part.id, bundle_of=[(await factories.make_product(runtime, store)).id],
            by="test",
        )  # fmt: skip
    other = await factories.make_store(runtime)
    with pytest.raises(LookupError):
        await catalog.update_product(runtime, other, product.id, name="Theirs", by="test")


async def test_a_price_is_taken_off_and_offered_again(runtime, store, product):
    price = await factories.make_price(runtime, store, product)
    assert await catalog.set_price_active(runtime, store, price.id, False, by="test")
    assert await catalog.prices_of(runtime, store, product.id) == []
    assert [one.id for one in await catalog.all_prices(runtime, store, [product.id])] == [price.id]
    assert await catalog.set_price_active(runtime, store, price.id, True, by="test")
    assert len(await catalog.prices_of(runtime, store, product.id)) == 1
    other = await factories.make_store(runtime)
    assert not await catalog.set_price_active(runtime, other, price.id, False, by="test")


async def test_products_are_searched_with_their_sales_and_files(runtime, store):
    sans = await factories.make_product(runtime, store, slug="sans", name="100% Sans")
    await factories.make_product(runtime, store, slug="serif", name="Serif")
    customer = await factories.make_customer(runtime, store)
    await factories.make_paid_order(runtime, store, customer, sans)
    await catalog.archive_product(runtime, store, sans.id, by="test")

    async def search(**wanted):
        found = await catalog.search_products(runtime, store, limit=10, **wanted)
        return [(one.slug, one.sales, one.files) for one in found]

    assert await search() == [("serif", 0, 0), ("sans", 1, 0)]
    assert await search(words="100% S") == [("sans", 1, 0)]
    assert await search(words="%") == [("sans", 1, 0)]
    assert await search(state=ProductState.ACTIVE) == [("serif", 0, 0)]
    assert await search(direction="after", cursor=sans.id) == [("serif", 0, 0)]


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Größe & Straße!", "grosse-and-strasse"), ("Return", "return-1"), ("日本", "")],
)
def test_a_short_name_is_proposed_from_the_name(name, slug):
    assert catalog.proposed_slug(name) == slug
