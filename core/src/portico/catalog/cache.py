"""What products consist of, kept in memory for as long as the store's catalog version says.

Every page of every customer shows products and their files, and they change a few times a week:
without this, half of what a page loads would be the same for all of the store's customers.
"""

from collections.abc import Iterable
from typing import NamedTuple

from portico.catalog import queries
from portico.catalog.models import FileVersion, Product, ProductFile
from portico.db import Database
from portico.stores.models import Store

MAX_PRODUCTS = 2000
"""Kept in memory, of all stores together; some kB each."""


class ProductContents(NamedTuple):
    """A product, what is in it where it is a bundle, and each file with its newest version."""

    product: Product
    parts: tuple[str, ...]
    files: tuple[tuple[ProductFile, FileVersion], ...]


class CatalogCache:
    """The products that this process has shown."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._products: dict[tuple[str, str], tuple[int, ProductContents]] = {}

    async def of(self, store: Store, ids: Iterable[str]) -> dict[str, ProductContents]:
        """The products of these ids and what their bundles contain, as of ``store`` or later.

        An id that the store does not have is left out.
        """
        found: dict[str, ProductContents] = {}
        wanted = dict.fromkeys(ids)
        while wanted:
            missing = []
            for product_id in wanted:
                kept = self._products.get((store.id, product_id))
                if kept is not None and kept[0] >= store.catalog_version:
                    found[product_id] = kept[1]
                else:
                    missing.append(product_id)
            if missing:
                found |= await self._load(store, missing)
            parts = [part for one in wanted if one in found for part in found[one].parts]
            wanted = dict.fromkeys(part for part in parts if part not in found)
        return found

    async def _load(self, store: Store, ids: list[str]) -> dict[str, ProductContents]:
        row = await self._db.one(queries.CONTENTS, store_id=store.id, ids=ids)
        if row is None:
            raise LookupError("a statement that always gives one row gave none")
        newest = {version.file_id: version for version in row.versions}
        loaded = {
            product.id: ProductContents(
                product,
                tuple(one.product_id for one in row.bundles if one.bundle_id == product.id),
                tuple(
                    (file, newest[file.id])
                    for file in row.files
                    if file.product_id == product.id and file.id in newest
                ),
            )
            for product in row.products
        }
        if not self._db.in_transaction:  # what it has changed may yet be rolled back
            if len(self._products) + len(loaded) > MAX_PRODUCTS:
                self._products.clear()
            for product_id, contents in loaded.items():
                self._products[store.id, product_id] = store.catalog_version, contents
        return loaded
