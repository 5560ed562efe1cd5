"""What is kept in memory about products is never older than the database."""

import pytest
from portico.catalog import service as catalog
from portico.catalog.cache import CatalogCache
from portico.hooks.errors import Refused
from portico.stores import service as stores
from portico.testing import factories
from storage import chunks


async def add(rt, store, product):
    version = await catalog.add_file(
        rt, store, product.id, filename="a.zip", chunks=chunks(b"one"), by="cli"
    )
    return version.file_id


async def replace(rt, store, file_id):
    await catalog.replace_file(
        rt, store, file_id, filename="b.zip", name="New name", chunks=chunks(b"two"), by="cli"
    )


async def names(rt, node, store, product):
    """The product's files and the numbers of their newest versions, as a page would show them."""
    fresh = await stores.by_slug(rt, store.slug)
    found = await node.of(fresh, [product.id])
    return [(file.name, version.number) for file, version in found[product.id].files]


async def test_every_node_sees_a_change_of_files_at_once(runtime, store, product):
    nodes = [CatalogCache(runtime.db), CatalogCache(runtime.db)]

    async def seen():
        first, second = [await names(runtime, node, store, product) for node in nodes]
        assert first == second
        return first

    assert await seen() == []
    file_id = await add(runtime, store, product)
    assert await seen() == [("a.zip", 1)]
    await replace(runtime, store, file_id)
    assert await seen() == [("New name", 2)]
    await catalog.remove_file(runtime, store, file_id, by="cli")
    assert await seen() == []


async def test_unchanged_products_are_read_once(runtime, store, product, statements):
    with statements() as ran:
        for _ in range(3):
            await runtime.catalog.of(store, [product.id])
    assert len(ran) == 1


async def test_a_bundle_brings_what_is_in_it(runtime, store, product):
    bundle = await factories.make_product(runtime, store, bundle_of=[product.id])
    await add(runtime, store, product)
    fresh = await stores.by_slug(runtime, store.slug)
    found = await runtime.catalog.of(fresh, [bundle.id, "prod_of_nobody"])
    assert found.keys() == {bundle.id, product.id}
    assert found[bundle.id].parts == (product.id,)
    assert len(found[product.id].files) == 1


async def test_a_product_of_another_store_is_not_found(runtime, store, product):
    other = await factories.make_store(runtime)
    assert await runtime.catalog.of(other, [product.id]) == {}


async def test_what_a_transaction_has_changed_is_not_kept_before_its_end(runtime, store, product):
    file_id = await add(runtime, store, product)
    with pytest.raises(Refused):
        async with runtime.db.transaction():
            await catalog.remove_file(runtime, store, file_id, by="cli")
            fresh = await stores.by_slug(runtime, store.slug)
            assert not (await runtime.catalog.of(fresh, [product.id]))[product.id].files
            raise Refused("rolled back")
    assert await names(runtime, runtime.catalog, store, product) == [("a.zip", 1)]
