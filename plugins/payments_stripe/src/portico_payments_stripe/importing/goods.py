"""Products and prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from portico.api import N_, Context, Interval, PastKind, PastPrice, PastProduct

from portico_payments_stripe import queries as plugin_queries
from portico_payments_stripe.importing import queries
from portico_payments_stripe.importing.models import Import, Kind, Record
from portico_payments_stripe.importing.steps import PAGE, record, records_by_id
from portico_payments_stripe.values import from_stripe, moment, ref

if TYPE_CHECKING:
    from stripe.params import PriceListParams, ProductListParams

_NO_PRODUCT = N_("Its product was not taken in.")
_NO_AMOUNT = N_("It has no fixed amount: it has tiers, fractions, or the customer names it.")
_MAPPED = N_("You have mapped it to a price of the store that costs something else.")


PRODUCTS: ProductListParams = {"limit": PAGE}
"""Archived ones too."""
PRICES: PriceListParams = {"limit": PAGE}
"""Also those that are not offered any more: subscriptions go on with them."""


async def take_products(ctx: Context, run: Import, products: Sequence[Any]) -> list[Record]:
    """New products; those of prices that are mapped, or were made from here, are known."""
    ids = [one.id for one in products]
    known = {
        one.id: one.ref for one in (await records_by_id(ctx, Kind.PRODUCT, ids)).values() if one.ref
    }
    for price in await ctx.db.all(queries.PRICES_OF, store_id=run.store_id, products=ids):
        known.setdefault(price.product, price.product_id)
    taken = await ctx.past.add_products(
        [
            PastProduct(
                one.id, one.name or "", one.description or "", one.active, moment(one.created)
            )
            for one in products
            if one.id not in known
        ]
    )
    found = known | dict(taken.ids)
    return [
        record(run, Kind.PRODUCT, one, found.get(one.id), why=taken.refused.get(one.id, ""))
        for one in products
    ]


async def take_prices(ctx: Context, run: Import, prices: Sequence[Any]) -> list[Record]:
    """New prices, each mapped, so that what is bought at Stripe becomes an order from now on."""
    products = await records_by_id(ctx, Kind.PRODUCT, (ref(one.product) for one in prices))
    homes = {product.id: product.ref for product in products.values() if product.ref}
    mapped = await ctx.db.all(
        plugin_queries.PRICES, store_id=run.store_id, ids=[one.id for one in prices]
    )
    known = {one.id: one.price_id for one in mapped}
    worth = await ctx.past.held(PastKind.PRICE, list(known.values()))
    why = {one.id: "" for one in prices}
    new = []
    for one in prices:
        home = homes.get(ref(one.product) or "")
        if one.id in known:
            held = worth.get(known[one.id])
            same = held is not None and (held.amount, held.currency) == money(one)
            why[one.id] = "" if same else _MAPPED
        elif home is None:
            why[one.id] = _NO_PRODUCT
        elif one.unit_amount is None:
            why[one.id] = _NO_AMOUNT
        else:
            new.append(_price(one, home))
    taken = await ctx.past.add_prices(new)
    by_id = {one.id: one for one in prices}
    await ctx.db.run_many(
        plugin_queries.KEEP_PRICE,
        [
            {
                "store_id": run.store_id, "mode": run.mode, "id": stripe_id,
                "product": ref(by_id[stripe_id].product), "price_id": price_id,
                "product_id": homes[ref(by_id[stripe_id].product) or ""],
                "tax_behavior": by_id[stripe_id].tax_behavior or "unspecified", "ours": False,
                "created_at": ctx.now(),
            }
            for stripe_id, price_id in taken.ids.items()
        ],
    )  # fmt: skip
    found, why = known | dict(taken.ids), why | dict(taken.refused)
    return [
        record(
            run, Kind.PRICE, one, found.get(one.id), amount=money(one)[0],
            currency=money(one)[1], why=why[one.id],
        )
        for one in prices
    ]  # fmt: skip


def money(price: Any) -> tuple[int, str]:
    """What a price costs, and its currency."""
    currency = price.currency.upper()
    return from_stripe(price.unit_amount or 0, currency), currency


def _price(price: Any, product_id: str) -> PastPrice:
    every = price.recurring
    amount, currency = money(price)
    counted = every is not None and every.usage_type == "metered"
    return PastPrice(
        ref=price.id,
        product_id=product_id,
        currency=currency,
        unit_amount=amount,
        interval=Interval(every.interval) if every is not None else None,
        interval_count=every.interval_count if every is not None else 1,
        trial_days=(every.trial_period_days or 0) if every is not None else 0,
        active=price.active and not counted,  # what is counted by use cannot be bought here
        created_at=moment(price.created),
    )
