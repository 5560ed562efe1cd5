"""Products and prices of before."""

from collections.abc import Mapping, Sequence

from portico.catalog import queries as catalog_queries
from portico.catalog import service as catalog
from portico.catalog.changes import changed
from portico.catalog.models import PriceType, ProductState
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.ids import past_id
from portico.past import queries
from portico.past.models import PastPrice, PastProduct, Taken
from portico.runtime import Runtime
from portico.stores.models import Store

_NAMELESS = N_("It has no name.")
_TAIL = 8


async def add_products(
    rt: Runtime, store: Store, provider: str, products: Sequence[PastProduct]
) -> Taken:
    """New products, sold with their present prices as soon as those are added."""
    named = [one for one in products if one.name.strip()]
    async with rt.db.transaction():
        slugs = await _slugs(rt, store, named)
        ids = {one.ref: past_id("prod", one.created_at) for one in named}
        await rt.db.run_many(
            queries.ADD_PRODUCT,
            [_product(store, one, ids[one.ref], slugs[one.ref]) for one in named],
        )
        made = await rt.db.all(
            queries.PRODUCTS_BY_SLUG, store_id=store.id, slugs=list(slugs.values())
        )
        # One whose short name somebody took in this very moment is not there: it is refused.
        mine = {known.id for known in made}
        ids = {ref: one for ref, one in ids.items() if one in mine}
        await _add_parts(
            rt, store, {ids[one.ref]: one.bundle_of for one in named if one.ref in ids}
        )
        if ids:
            await _changed(rt, store, provider, "product.import", {"products": len(ids)})
    lost = {one.ref: _NAMELESS for one in products if one.ref not in ids}
    return Taken(ids, lost)


def _product(store: Store, one: PastProduct, product_id: str, slug: str) -> dict[str, object]:
    return {
        "store_id": store.id, "id": product_id, "slug": slug, "name": one.name.strip(),
        "description": one.description,
        "state": ProductState.ACTIVE if one.active else ProductState.ARCHIVED,
        "downloads_after_cancellation": False, "older_versions": True, "license_issuer": None,
        "license_settings": {}, "confirmation_message": "", "subscription_rules": {},
        "created_at": one.created_at,
    }  # fmt: skip


async def _add_parts(rt: Runtime, store: Store, bundles: Mapping[str, Sequence[str]]) -> None:
    """What new bundles contain. Of another bundle it is what that contains: access stays one step
    deep."""
    wanted = sorted({part for parts in bundles.values() for part in parts})
    inner = await catalog.bundle_parts(rt, store.id, wanted) if wanted else {}
    await rt.db.run_many(
        catalog_queries.ADD_BUNDLE_PART,
        [
            {"store_id": store.id, "bundle_id": bundle_id, "product_id": product_id}
            for bundle_id, parts in bundles.items()
            for product_id in dict.fromkeys(
                each for part in parts for each in inner.get(part, [part])
            )
        ],
    )


async def _slugs(rt: Runtime, store: Store, products: Sequence[PastProduct]) -> dict[str, str]:
    """A short name for each: that of its name, or where it is taken, with the end of its ref."""
    plain = {one.ref: catalog.proposed_slug(one.name) or "product" for one in products}
    taken = set(await rt.db.all(queries.TAKEN_SLUGS, store_id=store.id, slugs=list(plain.values())))
    for ref, slug in plain.items():
        if slug in taken:
            tail = "".join(c for c in ref.lower() if c.isascii() and c.isalnum())[-_TAIL:]
            plain[ref] = f"{slug[: catalog.SLUG_LENGTH - _TAIL - 1].rstrip('-')}-{tail}"
        taken.add(plain[ref])
    return plain


async def add_prices(
    rt: Runtime, store: Store, provider: str, prices: Sequence[PastPrice]
) -> Taken:
    """New prices; what makes no sense here is refused in words."""
    ids: dict[str, str] = {}
    refused: dict[str, str] = {}
    rows = []
    for one in prices:
        try:
            catalog.check_price(
                one.unit_amount, one.currency, one.interval, one.interval_count, one.trial_days
            )
        except Refused as error:
            refused[one.ref] = error.message
            continue
        ids[one.ref] = past_id("price", one.created_at)
        rows.append({
            "store_id": store.id, "id": ids[one.ref], "product_id": one.product_id,
            "type": PriceType.RECURRING if one.interval else PriceType.ONE_TIME,
            "currency": one.currency, "unit_amount": one.unit_amount, "interval": one.interval,
            "interval_count": one.interval_count, "trial_days": one.trial_days,
            "active": one.active, "created_at": one.created_at,
        })  # fmt: skip
    if rows:
        async with rt.db.transaction():
            await rt.db.run_many(queries.ADD_PRICE, rows)
            await _changed(rt, store, provider, "price.import", {"prices": len(rows)})
    return Taken(ids, refused)


async def _changed(
    rt: Runtime, store: Store, provider: str, action: str, data: dict[str, int]
) -> None:
    await changed(rt, store, f"plugin:{provider}", action, "store", store.id, data)
