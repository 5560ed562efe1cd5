"""Statements of the catalog."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from portico.catalog.models import (
    BundlePart,
    FileState,
    FileVersion,
    Price,
    Product,
    ProductFile,
    ProductRow,
)
from portico.catalog.tables import (
    bundle_products,
    download_counts,
    downloads,
    file_versions,
    files,
    prices,
    products,
)
from portico.db import Command, Query, in_list, insert_or_ignore, lock_rows, upsert
from portico.db.columns import next_number
from portico.db.packing import packed
from portico.orders.tables import product_sales
from portico.stores.tables import stores


@dataclass(frozen=True, slots=True)
class ContentsRow:
    """Some products with what is in them; ``versions`` are the newest of each file."""

    products: tuple[Product, ...]
    bundles: tuple[BundlePart, ...]
    files: tuple[ProductFile, ...]
    versions: tuple[FileVersion, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A file version beside its file; ``newest`` is the number of the file's newest version."""

    store_id: str
    id: str
    file_id: str
    number: int
    label: str
    notes: str
    filename: str
    content_type: str
    size: int
    sha256: str
    storage: str
    storage_key: str
    created_at: datetime
    product_id: str
    file_name: str
    position: int
    file_state: FileState
    older_versions: bool
    newest: int

    def version(self) -> FileVersion:
        """The version alone."""
        return FileVersion(
            self.store_id, self.id, self.file_id, self.number, self.label, self.notes,
            self.filename, self.content_type, self.size, self.sha256, self.storage,
            self.storage_key, self.created_at,
        )  # fmt: skip


def _values(table: sa.Table, **fixed: object) -> dict[str, object]:
    """A parameter for each column that is not fixed."""
    return {c.name: sa.bindparam(c.name, type_=c.type) for c in table.c} | fixed


_store = sa.bindparam("store_id", type_=sa.Text)
_id = sa.bindparam("id", type_=sa.Text)

NEW_CATALOG_VERSION = Command(
    sa.update(stores)
    .where(stores.c.id == _store)
    .values(catalog_version=stores.c.catalog_version + 1)
)
ADD_PRODUCT = Query(
    Product,
    sa.insert(products)
    .values(_values(products, number=next_number("products")))
    .returning(products),
)
_product = sa.select(products).where(products.c.store_id == _store, products.c.id == _id)
PRODUCT = Query(Product, _product)
LOCK_PRODUCT = Query(Product, lock_rows(_product, skip_locked=False))
PRODUCT_BY_SLUG = Query(
    Product,
    sa.select(products).where(
        products.c.store_id == _store, products.c.slug == sa.bindparam("slug", type_=sa.Text)
    ),
)
PRODUCTS = Query(
    Product, sa.select(products).where(products.c.store_id == _store).order_by(products.c.number)
)
_asked_products = (
    sa.select(products)
    .where(products.c.store_id == _store, in_list(products.c.id, "ids"))
    .order_by(products.c.number)
)
PRODUCTS_BY_IDS = Query(Product, _asked_products)
_editable = (
    "slug", "name", "description", "downloads_after_cancellation", "older_versions",
    "confirmation_message", "subscription_rules",
)  # fmt: skip
UPDATE_PRODUCT = Command(
    sa.update(products)
    .where(products.c.store_id == _store, products.c.id == sa.bindparam("product_id"))
    .values({
        name: sa.bindparam(f"new_{name}", type_=products.c[name].type) for name in _editable
    })
)  # fmt: skip
SET_PRODUCT_STATE = Command(
    sa.update(products)
    .where(products.c.store_id == _store, products.c.id == sa.bindparam("product_id"))
    .values(state=sa.bindparam("state", type_=products.c.state.type))
)
SET_LICENSE_ISSUER = Command(
    sa.update(products)
    .where(products.c.store_id == _store, products.c.id == sa.bindparam("product_id"))
    .values(
        license_issuer=sa.bindparam("issuer", type_=sa.Text),
        license_settings=sa.bindparam("settings", type_=products.c.license_settings.type),
    )
)
ADD_BUNDLE_PART = Command(sa.insert(bundle_products).values(_values(bundle_products)))
DROP_BUNDLE_PARTS = Command(
    sa.delete(bundle_products).where(
        bundle_products.c.store_id == _store,
        bundle_products.c.bundle_id == sa.bindparam("bundle_id"),
    )
)
BUNDLES_WITH = Query(
    str,
    sa.select(bundle_products.c.bundle_id).where(
        bundle_products.c.store_id == _store,
        bundle_products.c.product_id == sa.bindparam("product_id"),
    ),
)
_asked_parts = (
    sa.select(bundle_products.c.bundle_id, bundle_products.c.product_id)
    .where(bundle_products.c.store_id == _store, in_list(bundle_products.c.bundle_id, "ids"))
    .order_by(bundle_products.c.bundle_id, bundle_products.c.product_id)
)
BUNDLE_PARTS = Query(BundlePart, _asked_parts)

ADD_PRICE = Query(Price, sa.insert(prices).values(_values(prices)).returning(prices))
PRICE = Query(Price, sa.select(prices).where(prices.c.store_id == _store, prices.c.id == _id))
PRICES = Query(
    Price,
    sa.select(prices)
    .where(
        prices.c.store_id == _store,
        prices.c.product_id == sa.bindparam("product_id"),
        prices.c.active,
    )
    .order_by(prices.c.id),
)

ALL_PRICES = Query(
    Price,
    sa.select(prices)
    .where(prices.c.store_id == _store, in_list(prices.c.product_id, "product_ids"))
    .order_by(prices.c.active.desc(), prices.c.id),
)
SET_PRICE_ACTIVE = Command(
    sa.update(prices)
    .where(prices.c.store_id == _store, prices.c.id == sa.bindparam("price_id"))
    .values(active=sa.bindparam("new_active", type_=sa.Boolean))
)

_next_position = (
    sa.select(sa.func.coalesce(sa.func.max(files.c.position), 0) + 1)
    .where(files.c.store_id == _store, files.c.product_id == sa.bindparam("product_id"))
    .scalar_subquery()
)
ADD_FILE = Command(sa.insert(files).values(_values(files, position=_next_position)))
FILE = Query(ProductFile, sa.select(files).where(files.c.store_id == _store, files.c.id == _id))
LOCK_FILE = Query(
    ProductFile,
    lock_rows(
        sa.select(files).where(files.c.store_id == _store, files.c.id == _id), skip_locked=False
    ),
)
FILES = Query(
    ProductFile,
    sa.select(files)
    .where(
        files.c.store_id == _store,
        files.c.product_id == sa.bindparam("product_id"),
        files.c.state == FileState.ACTIVE,
    )
    .order_by(files.c.position, files.c.id),
)
RENAME_FILE = Command(
    sa.update(files)
    .where(files.c.store_id == _store, files.c.id == sa.bindparam("file_id"))
    .values(name=sa.bindparam("name"))
)
PLACE_FILE = Command(
    sa.update(files)
    .where(files.c.store_id == _store, files.c.id == sa.bindparam("file_id"))
    .values(position=sa.bindparam("new_position", type_=sa.Integer))
)
REMOVE_FILE = Command(
    sa.update(files)
    .where(
        files.c.store_id == _store,
        files.c.id == sa.bindparam("file_id"),
        files.c.state == FileState.ACTIVE,
    )
    .values(state=FileState.REMOVED)
)

_next_version = (
    sa.select(sa.func.coalesce(sa.func.max(file_versions.c.number), 0) + 1)
    .where(
        file_versions.c.store_id == _store,
        file_versions.c.file_id == sa.bindparam("file_id"),
    )
    .scalar_subquery()
)
ADD_VERSION = Query(
    FileVersion,
    sa.insert(file_versions)
    .values(_values(file_versions, number=_next_version))
    .returning(file_versions),
)
"""Inside a transaction that holds LOCK_FILE, or two uploads would take the same number."""

_other = file_versions.alias("other")
_newest = (
    sa.select(sa.func.max(_other.c.number))
    .where(
        _other.c.store_id == file_versions.c.store_id, _other.c.file_id == file_versions.c.file_id
    )
    .scalar_subquery()
)
_version_rows = sa.select(
    file_versions,
    files.c.product_id,
    files.c.name.label("file_name"),
    files.c.position,
    files.c.state.label("file_state"),
    products.c.older_versions,
    _newest.label("newest"),
).select_from(
    file_versions.join(
        files,
        (files.c.store_id == file_versions.c.store_id) & (files.c.id == file_versions.c.file_id),
    ).join(
        products,
        (products.c.store_id == files.c.store_id) & (products.c.id == files.c.product_id),
    )
)
_offered = _version_rows.where(
    file_versions.c.store_id == _store,
    in_list(files.c.product_id, "product_ids"),
    files.c.state == FileState.ACTIVE,
).order_by(files.c.product_id, files.c.position, files.c.id, file_versions.c.number.desc())

VERSION = Query(
    VersionRow, _version_rows.where(file_versions.c.store_id == _store, file_versions.c.id == _id)
)
VERSIONS_OF_FILES = Query(
    FileVersion,
    sa.select(file_versions)
    .where(file_versions.c.store_id == _store, in_list(file_versions.c.file_id, "file_ids"))
    .order_by(file_versions.c.number.desc()),
)
OFFERED = Query(
    VersionRow,
    _offered.where(products.c.older_versions | (file_versions.c.number == _newest)),
)
NEWEST = Query(VersionRow, _offered.where(file_versions.c.number == _newest))
_asked_files = sa.select(files).where(
    files.c.store_id == _store,
    in_list(files.c.product_id, "ids"),
    files.c.state == FileState.ACTIVE,
)
CONTENTS = Query(
    ContentsRow,
    sa.select(
        packed(Product, _asked_products).label("products"),
        packed(BundlePart, _asked_parts).label("bundles"),
        packed(ProductFile, _asked_files.order_by(files.c.position, files.c.id)).label("files"),
        packed(
            FileVersion,
            sa.select(file_versions).where(
                file_versions.c.store_id == _store,
                file_versions.c.file_id.in_(_asked_files.with_only_columns(files.c.id)),
                file_versions.c.number == _newest,
            ),
        ).label("versions"),
    ),
)
STORED = Query(
    FileVersion,
    sa.select(file_versions)
    .where(
        file_versions.c.store_id == _store,
        file_versions.c.id > sa.bindparam("after", type_=sa.Text),
    )
    .order_by(file_versions.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)

ADD_DOWNLOAD = Query(
    str,
    insert_or_ignore(downloads, ["store_id", "id"])
    .values(_values(downloads))
    .returning(downloads.c.id),
)
_one_more = upsert(
    download_counts, ["store_id", "file_version_id"], {"count": download_counts.c.count + 1}
)
COUNT_DOWNLOAD = Command(_one_more.values(_values(download_counts, count=1)))
DOWNLOAD = Query(
    str, sa.select(downloads.c.id).where(downloads.c.store_id == _store, downloads.c.id == _id)
)

_sold = (
    sa.select(product_sales.c.count)
    .where(
        product_sales.c.store_id == products.c.store_id,
        product_sales.c.product_id == products.c.id,
        product_sales.c.mode == sa.bindparam("mode", type_=product_sales.c.mode.type),
    )
    .correlate(products)
    .scalar_subquery()
)
_words = sa.bindparam("words", type_=sa.Text)
_rows = sa.select(
    products.c.id,
    products.c.slug,
    products.c.name,
    products.c.state,
    products.c.created_at,
    sa.select(sa.func.count())
    .select_from(files)
    .where(
        files.c.store_id == products.c.store_id,
        files.c.product_id == products.c.id,
        files.c.state == FileState.ACTIVE,
    )
    .correlate(products)
    .scalar_subquery()
    .label("files"),
    sa.func.coalesce(_sold, 0).label("sales"),
).where(
    products.c.store_id == _store,
    in_list(products.c.state, "states"),
    sa.func.lower(products.c.name).like(_words, escape="/")
    | products.c.slug.like(_words, escape="/"),
)
_cursor = sa.bindparam("cursor", type_=sa.Text)
_limit = sa.bindparam("limit", type_=sa.BigInteger)
SEARCH = {
    "first": Query(ProductRow, _rows.order_by(products.c.id.desc()).limit(_limit)),
    "before": Query(
        ProductRow,
        _rows.where(products.c.id < _cursor).order_by(products.c.id.desc()).limit(_limit),
    ),
    "after": Query(
        ProductRow, _rows.where(products.c.id > _cursor).order_by(products.c.id).limit(_limit)
    ),
}
