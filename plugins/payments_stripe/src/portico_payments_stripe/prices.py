"""The store's products and prices at Stripe: made there once, or mapped by the seller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import Checkout, Context, Mode, Price

from portico_payments_stripe import queries
from portico_payments_stripe.client import once
from portico_payments_stripe.models import PriceMap
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.values import to_stripe

if TYPE_CHECKING:
    from stripe import StripeClient
    from stripe.params import PriceCreateParams


async def ensure(ctx: Context, stripe: StripeClient, checkout: Checkout, attempt: str = "") -> str:
    """Stripe's price for what is bought, made there when it is sold first.

    ``attempt`` differs where what an earlier one has made is gone at Stripe.
    """
    name, mode = checkout.items[0].description, checkout.payment.mode
    return await ensure_price(ctx, stripe, checkout.price, name, mode, attempt)


async def ensure_price(
    ctx: Context, stripe: StripeClient, price: Price, name: str, mode: Mode, attempt: str = ""
) -> str:
    """Stripe's price for a price of the store; ``name`` is what its product is called there."""
    behavior = _tax_behavior(ctx)
    known = await ctx.db.one(
        queries.SELLING,
        store_id=price.store_id,
        mode=mode,
        price_id=price.id,
        tax_behavior=behavior,
    )
    if known is not None:
        return known.id
    product = await _product(ctx, stripe, price, name, mode, attempt)
    params: PriceCreateParams = {
        "product": product,
        "currency": price.currency.lower(),
        "unit_amount": to_stripe(price.unit_amount, price.currency),
        "tax_behavior": behavior,
        "metadata": {"portico_price": price.id},
    }
    if price.interval is not None:
        params["recurring"] = {
            "interval": price.interval.value,
            "interval_count": price.interval_count,
        }
    # The product is part of the key: one that was deleted at Stripe is made anew, and so is this.
    made = await stripe.v1.prices.create_async(params, once("price", price.id, behavior, product))
    await keep(ctx, mode, made.id, product, price, behavior, ours=True)
    return made.id


async def _product(
    ctx: Context, stripe: StripeClient, price: Price, name: str, mode: Mode, attempt: str
) -> str:
    known = await ctx.db.one(
        queries.PRODUCT_OF, store_id=price.store_id, mode=mode, product_id=price.product_id
    )
    if known is not None:
        return known
    made = await stripe.v1.products.create_async(
        {"name": name or price.product_id, "metadata": {"portico_product": price.product_id}},
        once("product", price.product_id, attempt),
    )
    return made.id


def _tax_behavior(ctx: Context) -> str:
    return "inclusive" if ctx.settings(StripeSettings).prices_include_tax else "exclusive"


async def keep(
    ctx: Context, mode: Mode, stripe_id: str, product: str, price: Price, behavior: str, *,
    ours: bool,
) -> None:  # fmt: skip
    """Remember that a price of Stripe's sells a price of the store."""
    await ctx.db.run(
        queries.KEEP_PRICE,
        store_id=price.store_id,
        mode=mode,
        id=stripe_id,
        product=product,
        price_id=price.id,
        product_id=price.product_id,
        tax_behavior=behavior,
        ours=ours,
        created_at=ctx.now(),
    )


async def forget(ctx: Context, checkout: Checkout) -> None:
    """Forget the price made for what is bought: it, or its product, is gone at Stripe."""
    await ctx.db.run(
        queries.FORGET_OURS,
        store_id=checkout.price.store_id,
        mode=checkout.payment.mode,
        product_id=checkout.price.product_id,
    )


async def mapped(ctx: Context, mode: Mode, limit: int = 200) -> list[PriceMap]:
    """The prices that a seller (or an import) has mapped, the latest first."""
    store_id = ctx.require_store().id
    return await ctx.db.all(queries.MAPPED_PRICES, store_id=store_id, mode=mode, limit=limit)
