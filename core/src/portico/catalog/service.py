"""Products, prices and files. Who may download what is derived elsewhere, when it is asked."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from portico.catalog import queries
from portico.catalog.changes import changed
from portico.catalog.files import (
    add_file,
    file_by_id,
    files_of,
    files_with_versions,
    newest_versions,
    order_files,
    remove_file,
    rename_file,
    replace_file,
    version_by_id,
    versions_for_products,
    versions_of,
)
from portico.catalog.models import Product, ProductRow, ProductState
from portico.catalog.prices import (
    add_price,
    all_prices,
    check_price,
    price_by_id,
    prices_of,
    set_price_active,
)
from portico.db import ConflictError
from portico.hooks.errors import InvalidSettings, Refused
from portico.hooks.licenses import LicenseHooks
from portico.hooks.plugin import PluginSettings
from portico.i18n import N_
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store

__all__ = [
    "add_file", "add_price", "all_prices", "archive_product", "bundle_parts", "bundles_with",
    "check_license_settings", "check_price", "create_product", "file_by_id", "files_of",
    "files_with_versions",    "newest_versions",
    "order_files", "price_by_id", "prices_of", "product_by_id", "product_by_slug", "products",
    "products_by_ids", "proposed_slug", "remove_file", "rename_file", "replace_file",
    "restore_product", "search_products", "set_license_issuer", "set_price_active",
    "update_product", "version_by_id", "versions_for_products", "versions_of",
]  # fmt: skip

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = frozenset({"return"})  # /buy/return is where providers send the buyer back to
_MISSING = N_("This store has no such product.")
SLUG_LENGTH = 80


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
    _check_names(slug, name)
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
                confirmation_message=confirmation_message, subscription_rules={},
                created_at=rt.clock.now(),
            )  # fmt: skip
            if product is None:
                raise LookupError(f"product {slug} was not returned")
            await _add_parts(rt, store, product.id, parts)
            await changed(rt, store, by, "product.create", "product", product.id, {"slug": slug})
    except ConflictError:
        raise Refused(_SLUG_TAKEN) from None
    return product


def _check_names(slug: str, name: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > SLUG_LENGTH:
        raise Refused(N_("The short name takes small letters, digits and single hyphens."))
    if slug in _RESERVED:
        raise Refused(N_("This short name is taken by the portal itself. Choose another."))
    if not name.strip():
        raise Refused(N_("The product needs a name."))


_SLUG_TAKEN = N_("Another product has this short name already. Choose another.")


def proposed_slug(name: str) -> str:
    """A short name made from a product's name; empty where nothing of it can stay."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("&", " and "))
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only)[:SLUG_LENGTH].strip("-")
    return f"{slug}-1" if slug in _RESERVED else slug


async def update_product(
    rt: Runtime,
    store: Store,
    product_id: str,
    *,
    by: str,
    bundle_of: Sequence[str] | None = None,
    **changes: Any,
) -> Product:
    """Change what is given: slug, name, description, confirmation_message, older_versions,
    downloads_after_cancellation, subscription_rules; ``bundle_of`` is what it contains from now on.

    LookupError where the store has no such product; Refused in words.
    """
    try:
        async with rt.db.transaction():
            # Locked, so that two sellers who change different fields both find theirs changed.
            old = await rt.db.one(queries.LOCK_PRODUCT, store_id=store.id, id=product_id)
            if old is None:
                raise LookupError(product_id)
            new = replace(old, **changes)
            _check_names(new.slug, new.name)
            await rt.db.run(
                queries.UPDATE_PRODUCT, store_id=store.id, product_id=product_id,
                new_slug=new.slug, new_name=new.name.strip(), new_description=new.description,
                new_downloads_after_cancellation=new.downloads_after_cancellation,
                new_older_versions=new.older_versions,
                new_confirmation_message=new.confirmation_message,
                new_subscription_rules=new.subscription_rules,
            )  # fmt: skip
            if bundle_of is not None:
                await _set_parts(rt, store, product_id, list(dict.fromkeys(bundle_of)))
            names = sorted([*changes, *(["bundle_of"] if bundle_of is not None else [])])
            data = {"changed": names}
            await changed(rt, store, by, "product.update", "product", product_id, data)
    except ConflictError:
        raise Refused(_SLUG_TAKEN) from None
    return new


async def _set_parts(rt: Runtime, store: Store, bundle_id: str, parts: Sequence[str]) -> None:
    if bundle_id in parts:
        raise Refused(N_("A bundle cannot contain itself."))
    if parts and await bundles_with(rt, store.id, bundle_id):
        raise Refused(N_("This product is in a bundle itself, so it cannot become one."))
    await _check_parts(rt, store, parts)
    await rt.db.run(queries.DROP_BUNDLE_PARTS, store_id=store.id, bundle_id=bundle_id)
    await _add_parts(rt, store, bundle_id, parts)


async def _add_parts(rt: Runtime, store: Store, bundle_id: str, parts: Sequence[str]) -> None:
    await rt.db.run_many(
        queries.ADD_BUNDLE_PART,
        [{"store_id": store.id, "bundle_id": bundle_id, "product_id": part} for part in parts],
    )


async def _check_parts(rt: Runtime, store: Store, parts: Sequence[str]) -> None:
    """A bundle contains products of its own store, and no bundles: access stays one step deep."""
    found = await rt.db.all(queries.PRODUCTS_BY_IDS, store_id=store.id, ids=parts)
    if len(found) != len(parts):
        raise Refused(N_("The bundle names a product that this store does not have."))
    if await rt.db.all(queries.BUNDLE_PARTS, store_id=store.id, ids=parts):
        raise Refused(N_("A bundle cannot contain another bundle. Name the products themselves."))


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
        }) from error  # fmt: skip


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
    values: dict[str, Any] = {}
    if issuer is not None:
        checked = check_license_settings(rt, issuer, settings or {})
        values = checked.model_dump(mode="json", exclude_unset=True)
    async with rt.db.transaction():
        if not await rt.db.run(queries.SET_LICENSE_ISSUER, store_id=store.id,
                               product_id=product_id, issuer=issuer, settings=values):  # fmt: skip
            raise Refused(_MISSING)
        await changed(rt, store, by, "product.licenses", "product", product_id, {"issuer": issuer})


async def archive_product(rt: Runtime, store: Store, product_id: str, *, by: str) -> None:
    """Sell the product no longer. Those who bought it keep it."""
    await _set_state(rt, store, product_id, ProductState.ARCHIVED, "product.archive", by)


async def restore_product(rt: Runtime, store: Store, product_id: str, *, by: str) -> None:
    """Sell an archived product again."""
    await _set_state(rt, store, product_id, ProductState.ACTIVE, "product.restore", by)


async def _set_state(
    rt: Runtime, store: Store, product_id: str, state: ProductState, action: str, by: str
) -> None:
    async with rt.db.transaction():
        if not await rt.db.run(
            queries.SET_PRODUCT_STATE, store_id=store.id, product_id=product_id, state=state
        ):
            raise Refused(_MISSING)
        await changed(rt, store, by, action, "product", product_id)


async def search_products(
    rt: Runtime,
    store: Store,
    *,
    words: str = "",
    state: ProductState | None = None,
    direction: str = "first",
    cursor: str = "",
    limit: int,
) -> list[ProductRow]:
    """Products whose name or short name has the words in it, the newest first.

    ``direction`` is ``first``, ``before`` or ``after`` the id ``cursor``; what is after comes
    oldest first. Sales are those in the store's mode.
    """
    wanted = re.sub(r"([%_/])", r"/\1", words.lower())
    at = {} if direction == "first" else {"cursor": cursor}
    return await rt.db.all(
        queries.SEARCH[direction], store_id=store.id, mode=store.mode, words=f"%{wanted}%",
        states=[state] if state else list(ProductState), limit=limit, **at,
    )  # fmt: skip


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


async def bundles_with(rt: Runtime, store_id: str, product_id: str) -> list[str]:
    """The ids of the bundles that contain a product."""
    return await rt.db.all(queries.BUNDLES_WITH, store_id=store_id, product_id=product_id)


async def bundle_parts(
    rt: Runtime, store_id: str, product_ids: Sequence[str]
) -> dict[str, list[str]]:
    """What each bundle contains; products that are no bundle are left out."""
    found: dict[str, list[str]] = {}
    for part in await rt.db.all(queries.BUNDLE_PARTS, store_id=store_id, ids=product_ids):
        found.setdefault(part.bundle_id, []).append(part.product_id)
    return found
