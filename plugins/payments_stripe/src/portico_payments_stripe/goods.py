"""What Stripe's prices and products are in the store.

A subscription at Stripe may be of several products, and here it is of one: of a bundle of them,
made when such a combination is first seen, so that it gives access to each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from portico.api import Context, Mode, PastProduct

from portico_payments_stripe import queries
from portico_payments_stripe.importing.models import Kind, Record
from portico_payments_stripe.importing.steps import keep_records, records_by_id
from portico_payments_stripe.values import ref

if TYPE_CHECKING:
    from stripe import Subscription

_BUNDLE = "portico_bundle:"
"""What the name begins with by which this plugin remembers a bundle that it has made."""


Home = tuple[str, str | None]
"""A product of the store and, where it is known, its price."""


class Goods:
    """The products and prices here of some of Stripe's."""

    def __init__(self, prices: dict[str, tuple[str, str]], products: dict[str, str]) -> None:
        self._prices = prices
        self._products = products

    @classmethod
    async def of(cls, ctx: Context, pairs: Iterable[tuple[str, str]]) -> Goods:
        """For pairs of a price and its product."""
        wanted = set(pairs)
        ids = sorted({price for price, _ in wanted})
        mapped = await ctx.db.all(queries.PRICES, store_id=ctx.require_store().id, ids=ids)
        prices = {one.id: (one.product_id, one.price_id) for one in mapped}
        rest = {product for price, product in wanted if price not in prices}
        records = await records_by_id(ctx, Kind.PRODUCT, rest) if rest else {}
        return cls(prices, {one.id: one.ref for one in records.values() if one.ref})

    def find(self, price: str, product: str) -> Home | None:
        """The product and, where it is known, the price here."""
        if price in self._prices:
            return self._prices[price]
        home = self._products.get(product)
        return (home, None) if home is not None else None


def pairs_of(subscription: Any) -> list[tuple[str, str]]:
    """The price and the product of each item of a subscription."""
    return [(one.price.id, ref(one.price.product) or "") for one in subscription.items.data]


async def sold_as(
    ctx: Context, mode: Mode, subscription: Subscription
) -> tuple[str | None, str | None]:
    """The store's price that a subscription is charged by, where it is one, and its product."""
    pairs = pairs_of(subscription)
    goods = await Goods.of(ctx, pairs)
    home = await home_of(ctx, mode, [goods.find(*pair) for pair in pairs])
    if home is None:
        return None, None
    product_id, price_id = home
    return price_id, product_id


async def home_of(ctx: Context, mode: Mode, found: Sequence[Home | None]) -> Home | None:
    """What a subscription is of, whose items are these here: of several products, their bundle."""
    known = [one for one in found if one is not None]
    products = list(dict.fromkeys(product_id for product_id, _ in known))
    if len(products) > 1 and (made := await _bundle(ctx, mode, products)) is not None:
        return made, None
    return known[0] if known else None


async def _bundle(ctx: Context, mode: Mode, product_ids: Sequence[str]) -> str | None:
    """The bundle of these products of the store, not for sale; made where there is none."""
    name = _BUNDLE + "+".join(sorted(product_ids))
    known = (await records_by_id(ctx, Kind.PRODUCT, [name])).get(name)
    if known is not None and known.ref is not None:
        return known.ref
    found = [await ctx.catalog.product(one) for one in product_ids]
    title = " + ".join(sorted(one.name for one in found if one is not None))
    now = ctx.now()
    made = PastProduct(name, title, "", active=False, created_at=now, bundle_of=tuple(product_ids))
    product_id = (await ctx.past.add_products([made])).ids.get(name)
    mine = Record(
        store_id=ctx.require_store().id, mode=mode, kind=Kind.PRODUCT, id=name, import_id="",
        ref=product_id, currency="", amount=0, state="", why="", created_at=now,
    )  # fmt: skip
    await keep_records(ctx, [mine])
    return product_id
