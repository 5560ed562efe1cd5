"""Products, prices and files. Who may download what is derived elsewhere, when it is asked."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from babel.core import get_global
from pydantic import ValidationError

from portico.actors import actor
from portico.catalog import queries, uploads
from portico.catalog.models import (
    FileState,
    FileVersion,
    Interval,
    OfferedVersion,
    Price,
    PriceType,
    Product,
    ProductFile,
    ProductState,
)
from portico.catalog.uploads import Received
from portico.db import ConflictError, Query
from portico.events import service as events
from portico.events.models import EventType
from portico.hooks.errors import InvalidSettings, Refused
from portico.hooks.licenses import LicenseHooks
from portico.hooks.plugin import PluginSettings
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = frozenset({"return"})  # /buy/return is where providers send the buyer back to
_CURRENCIES = frozenset(get_global("all_currencies"))


# Products and prices


async def create_product(
    rt: Runtime,
    store: Store,
    *,
    slug: str,
    name: str,
    description: str = "",
    license_issuer: str | None = None,
    license_settings: Mapping[str, Any] | None = None,
    bundle_of: Sequence[str] = (),
    downloads_after_cancellation: bool = False,
    older_versions: bool = True,
    confirmation_message: str = "",
    by: str,
) -> Product:
    """A new product. ``bundle_of`` are the ids of the products it contains.

    Refused in words for what does not fit; InvalidSettings for wrong ``license_settings``.
    """
    if not _SLUG.fullmatch(slug) or len(slug) > 80:
        raise Refused("The short name takes small letters, digits and single hyphens.")
    if slug in _RESERVED:
        raise Refused(f"The short name {slug} is taken by the portal itself. Choose another.")
    if not name.strip():
        raise Refused("The product needs a name.")
    if license_issuer is not None:
        check_license_settings(rt, license_issuer, license_settings or {})
    parts = list(dict.fromkeys(bundle_of))
    try:
        async with rt.db.transaction():
            await _check_parts(rt, store, parts)
            product = await rt.db.one(
                queries.ADD_PRODUCT, store_id=store.id, id=new_id("prod"), slug=slug,
                name=name.strip(), description=description, state=ProductState.ACTIVE,
                downloads_after_cancellation=downloads_after_cancellation,
                older_versions=older_versions, license_issuer=license_issuer,
                license_settings=dict(license_settings or {}),
                confirmation_message=confirmation_message, created_at=rt.clock.now(),
            )  # fmt: skip
            if product is None:
                raise LookupError(f"product {slug} was not returned")
            await rt.db.run_many(
                queries.ADD_BUNDLE_PART,
                [
                    {"store_id": store.id, "bundle_id": product.id, "product_id": part}
                    for part in parts
                ],
            )
            await _changed(rt, store, by, "product.create", "product", product.id, {"slug": slug})
    except ConflictError:
        raise Refused(f"There is a product with the short name {slug} already.") from None
    return product


async def _check_parts(rt: Runtime, store: Store, parts: Sequence[str]) -> None:
    """A bundle contains products of its own store, and no bundles: access stays one step deep."""
    found = await rt.db.all(queries.PRODUCTS_BY_IDS, store_id=store.id, ids=parts)
    if len(found) != len(parts):
        raise Refused("The bundle names a product that this store does not have.")
    if await rt.db.all(queries.BUNDLE_PARTS, store_id=store.id, ids=parts):
        raise Refused("A bundle cannot contain another bundle. Name the products themselves.")


def check_license_settings(rt: Runtime, issuer: str, values: Mapping[str, Any]) -> PluginSettings:
    """``values`` as the issuer's model of settings per product.

    Refused when no plugin of that name issues licenses; InvalidSettings names wrong fields.
    """
    loaded = rt.registry.plugins.get(issuer)
    if loaded is None or not isinstance(loaded.plugin, LicenseHooks):
        raise Refused(f"There is no plugin {issuer} that issues license keys.")
    try:
        return loaded.plugin.license_settings().model_validate(dict(values))
    except ValidationError as error:
        raise InvalidSettings({
            ".".join(map(str, one["loc"])) or "license_settings":
            one["msg"].removeprefix("Value error, ")
            for one in error.errors()
        }) from None  # fmt: skip


async def set_license_issuer(
    rt: Runtime,
    store: Store,
    product_id: str,
    issuer: str | None,
    settings: Mapping[str, Any] | None = None,
    *,
    by: str,
) -> None:
    """Who issues the product's keys from now on; None for nobody. Old keys keep their issuer."""
    values = dict(settings or {})
    if issuer is not None:
        check_license_settings(rt, issuer, values)
    async with rt.db.transaction():
        if not await rt.db.run(queries.SET_LICENSE_ISSUER, store_id=store.id,
                               product_id=product_id, issuer=issuer, settings=values):  # fmt: skip
            raise Refused("This store has no such product.")
        await _changed(rt, store, by, "product.licenses", "product", product_id, {"issuer": issuer})


async def archive_product(rt: Runtime, store: Store, product_id: str, *, by: str) -> None:
    """Sell the product no longer. Those who bought it keep it."""
    async with rt.db.transaction():
        changed = await rt.db.run(
            queries.SET_PRODUCT_STATE, store_id=store.id, product_id=product_id,
            state=ProductState.ARCHIVED,
        )  # fmt: skip
        if not changed:
            raise Refused("This store has no such product.")
        await _changed(rt, store, by, "product.archive", "product", product_id)


async def add_price(
    rt: Runtime,
    store: Store,
    product_id: str,
    *,
    unit_amount: int,
    currency: str,
    interval: Interval | None = None,
    interval_count: int = 1,
    trial_days: int = 0,
) -> Price:
    """A price in minor units: once, or every ``interval_count`` intervals."""
    currency = currency.upper()
    if currency not in _CURRENCIES:
        raise Refused(f"{currency} is not a currency code such as EUR or USD.")
    if unit_amount < 0:
        raise Refused("A price cannot be below zero.")
    if interval_count < 1 or trial_days < 0 or (trial_days and interval is None):
        raise Refused("A trial is for subscriptions; periods count from 1 and days from 0.")
    if await product_by_id(rt, store.id, product_id) is None:
        raise Refused("This store has no such product.")
    price = await rt.db.one(
        queries.ADD_PRICE, store_id=store.id, id=new_id("price"), product_id=product_id,
        type=PriceType.RECURRING if interval else PriceType.ONE_TIME, currency=currency,
        unit_amount=unit_amount, interval=interval, interval_count=interval_count,
        trial_days=trial_days, active=True, created_at=rt.clock.now(),
    )  # fmt: skip
    if price is None:
        raise LookupError("the new price was not returned")
    return price


async def product_by_slug(rt: Runtime, store: Store, slug: str) -> Product | None:
    """The product that has this short name."""
    return await rt.db.one(queries.PRODUCT_BY_SLUG, store_id=store.id, slug=slug)


async def product_by_id(rt: Runtime, store_id: str, product_id: str) -> Product | None:
    """The product, archived or not."""
    return await rt.db.one(queries.PRODUCT, store_id=store_id, id=product_id)


async def products(rt: Runtime, store: Store) -> list[Product]:
    """All products of the store, oldest first."""
    return await rt.db.all(queries.PRODUCTS, store_id=store.id)


async def products_by_ids(rt: Runtime, store_id: str, ids: Sequence[str]) -> list[Product]:
    """Those of the products that there are, oldest first."""
    return await rt.db.all(queries.PRODUCTS_BY_IDS, store_id=store_id, ids=ids)


async def bundle_parts(
    rt: Runtime, store_id: str, product_ids: Sequence[str]
) -> dict[str, list[str]]:
    """What each bundle contains; products that are no bundle are left out."""
    found: dict[str, list[str]] = {}
    for part in await rt.db.all(queries.BUNDLE_PARTS, store_id=store_id, ids=product_ids):
        found.setdefault(part.bundle_id, []).append(part.product_id)
    return found


async def prices_of(rt: Runtime, store: Store, product_id: str) -> list[Price]:
    """The prices a product is sold at now, oldest first."""
    return await rt.db.all(queries.PRICES, store_id=store.id, product_id=product_id)


async def price_by_id(rt: Runtime, store_id: str, price_id: str) -> Price | None:
    """A price, offered or not."""
    return await rt.db.one(queries.PRICE, store_id=store_id, id=price_id)


# Files


async def add_file(
    rt: Runtime,
    store: Store,
    product_id: str,
    *,
    filename: str,
    name: str | None = None,
    content_type: str | None = None,
    chunks: AsyncIterator[bytes],
    label: str = "",
    notes: str = "",
    by: str,
) -> FileVersion:
    """Add a file with its first version; everybody who has the product has it at once.

    ``chunks`` are read once, as they come. Refused in words when it is empty or too large.
    """
    if await product_by_id(rt, store.id, product_id) is None:
        raise Refused("This store has no such product.")
    received = await uploads.receive(
        rt, store, filename=filename, content_type=content_type, chunks=chunks
    )
    file_id = new_id("file")
    try:
        async with rt.db.transaction():
            await rt.db.run(
                queries.ADD_FILE, store_id=store.id, id=file_id, product_id=product_id,
                name=(name or "").strip() or received.filename, state=FileState.ACTIVE,
                created_at=rt.clock.now(),
            )  # fmt: skip
            version = await _add_version(rt, store, product_id, file_id, received, label, notes)
            await _changed(rt, store, by, "file.add", "file", file_id, {"version": version.id})
    except BaseException:
        await uploads.discard_unless_kept(rt, store, received)
        raise
    return version


async def replace_file(
    rt: Runtime,
    store: Store,
    file_id: str,
    *,
    filename: str,
    name: str | None = None,
    content_type: str | None = None,
    chunks: AsyncIterator[bytes],
    label: str = "",
    notes: str = "",
    by: str,
) -> FileVersion:
    """Add a version to a file; it is the one offered from now on. ``name`` renames the file."""
    await _active(rt, store, queries.FILE, file_id)
    received = await uploads.receive(
        rt, store, filename=filename, content_type=content_type, chunks=chunks
    )
    try:
        async with rt.db.transaction():
            # Locked, so that two uploads at once become two versions, and none of a removed file.
            file = await _active(rt, store, queries.LOCK_FILE, file_id)
            if name and name.strip():
                await rt.db.run(
                    queries.RENAME_FILE, store_id=store.id, file_id=file_id, name=name.strip()
                )
            version = await _add_version(
                rt, store, file.product_id, file_id, received, label, notes
            )
            await _changed(rt, store, by, "file.replace", "file", file_id, {"version": version.id})
    except BaseException:
        await uploads.discard_unless_kept(rt, store, received)
        raise
    return version


async def _active(
    rt: Runtime, store: Store, query: Query[ProductFile], file_id: str
) -> ProductFile:
    file = await rt.db.one(query, store_id=store.id, id=file_id)
    if file is None:
        raise Refused("This store has no such file.")
    if file.state is not FileState.ACTIVE:
        raise Refused("The file was removed. Add it to the product again.")
    return file


async def _add_version(
    rt: Runtime,
    store: Store,
    product_id: str,
    file_id: str,
    received: Received,
    label: str,
    notes: str,
) -> FileVersion:
    version = await rt.db.one(
        queries.ADD_VERSION, store_id=store.id, id=received.version_id, file_id=file_id,
        label=label.strip(), notes=notes.strip(), filename=received.filename,
        content_type=received.content_type, size=received.stored.size,
        sha256=received.stored.sha256, storage=received.storage, storage_key=received.stored.key,
        created_at=rt.clock.now(),
    )  # fmt: skip
    if version is None:
        raise LookupError("the new version was not returned")
    data = {"file_id": file_id, "product_id": product_id, "number": version.number}
    await events.publish(rt, store, EventType.FILE_VERSION_ADDED, version.id, data)
    return version


async def remove_file(rt: Runtime, store: Store, file_id: str, *, by: str) -> None:
    """Offer the file to nobody any more. Its bytes and its history stay."""
    async with rt.db.transaction():
        file = await _active(rt, store, queries.LOCK_FILE, file_id)
        await rt.db.run(queries.REMOVE_FILE, store_id=store.id, file_id=file_id)
        data = {"product_id": file.product_id}
        await events.publish(rt, store, EventType.FILE_REMOVED, file_id, data)
        await _changed(rt, store, by, "file.remove", "file", file_id)


async def file_by_id(rt: Runtime, store_id: str, file_id: str) -> ProductFile | None:
    """A file, removed or not."""
    return await rt.db.one(queries.FILE, store_id=store_id, id=file_id)


async def files_of(
    rt: Runtime, store: Store, product_id: str
) -> list[tuple[ProductFile, FileVersion | None]]:
    """The files a product offers, in their order, each with its newest version."""
    newest = {v.file_id: v for v in await newest_versions(rt, store.id, product_id)}
    files = await rt.db.all(queries.FILES, store_id=store.id, product_id=product_id)
    return [(file, newest.get(file.id)) for file in files]


async def versions_of(rt: Runtime, store_id: str, file_id: str) -> list[FileVersion]:
    """Every version of a file, the newest first."""
    return await rt.db.all(queries.VERSIONS_OF_FILE, store_id=store_id, file_id=file_id)


async def versions_for_products(
    rt: Runtime, store_id: str, product_ids: Sequence[str], *, newest_only: bool = False
) -> list[OfferedVersion]:
    """What the products offer now, in one query: by product, by position, newest version first.

    Older versions are among them where the product offers those.
    """
    query = queries.NEWEST if newest_only else queries.OFFERED
    rows = await rt.db.all(query, store_id=store_id, product_ids=product_ids)
    return [OfferedVersion(r.product_id, r.file_name, r.position, r.version()) for r in rows]


async def newest_versions(rt: Runtime, store_id: str, product_id: str) -> list[FileVersion]:
    """The newest version of each file that the product offers, in their order."""
    offered = await versions_for_products(rt, store_id, [product_id], newest_only=True)
    return [one.version for one in offered]


async def _changed(
    rt: Runtime,
    store: Store,
    by: str,
    action: str,
    subject_type: str,
    subject_id: str,
    data: Mapping[str, Any] | None = None,
) -> None:
    """In the transaction of every change: outdates what is kept in memory, and is audited."""
    await rt.db.run(queries.NEW_CATALOG_VERSION, store_id=store.id)
    actor_type, actor_id = actor(by)
    await events.audit(
        rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type=subject_type, subject_id=subject_id, data=data or {},
    )  # fmt: skip
