"""The seller's page: the account, how events come, reconciliation, prices, disputes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portico.api import (
    N_,
    Answer,
    Context,
    Mode,
    Page,
    Refused,
    Request,
    RetryLater,
    SeeOther,
    format_money,
)

from portico_payments_stripe import accounts, connecting, prices, queries, syncing
from portico_payments_stripe.client import Missing, Trouble, connected
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.values import ref

if TYPE_CHECKING:
    from stripe import Price as StripePrice

SHOWN = 50
_NOT_NOW = N_("Stripe does not answer at the moment. Nothing has changed; try again in a minute.")
_NO_ENDPOINT = N_(
    "No webhook endpoint was made: the key may not make one (permission Webhook Endpoints), or "
    "Stripe cannot reach this address. Events are asked for every minute instead."
)
_NO_PRICE = N_("Stripe has no such price. Copy its id, price_…, from the product's page there.")
_NOT_SOLD = N_("Choose one of the store's prices.")
_OTHER_KIND = N_(
    "One of the two is paid once and the other by the period, or they differ in the period or "
    "the currency. Choose a price of the same kind."
)
_STATIC = tuple((f"{one.resource}", one.write, one.optional) for one in connecting.PERMISSIONS)


async def account(ctx: Context, request: Request) -> Answer:
    """The page; POST does what a button says, for the store's mode."""
    if request.method != "POST":
        return await _show(ctx, {})
    try:
        wrong = await _do(ctx, request)
    except Trouble as trouble:
        wrong = trouble.problem
    except Refused as refused:
        wrong = refused.message
    except RetryLater:
        wrong = _NOT_NOW
    if wrong:
        return await _show(ctx, request.form, wrong)
    return SeeOther(f"/dashboard/{ctx.require_store().slug}/x/payments_stripe/account")


async def _do(ctx: Context, request: Request) -> str | None:
    """What went wrong in words; None where nothing did."""
    form = request.form
    match form.get("do", ""):
        case "sync":
            if await accounts.get(ctx, ctx.mode) is not None:
                await syncing.begin(ctx, ctx.mode)
        case "webhook":
            return None if await connecting.make_endpoint(ctx, ctx.mode) else _NO_ENDPOINT
        case "map":
            return await _map(ctx, form.get("stripe_price", "").strip(), form.get("price", ""))
        case "unmap":
            store_id = ctx.require_store().id
            await ctx.db.run(queries.FORGET_PRICE, store_id=store_id, id=form.get("id", ""))
    return None


async def _map(ctx: Context, stripe_id: str, price_id: str) -> str | None:
    """Sell one of the store's prices under a price of Stripe's, for purchases made elsewhere."""
    sold = {price.id: price for _, price in await ctx.catalog.offers()}
    price = sold.get(price_id)
    if price is None:
        return _NOT_SOLD
    try:
        async with connected(ctx) as stripe:
            found = await stripe.v1.prices.retrieve_async(stripe_id) if stripe_id else None
    except Missing:
        found = None
    if found is None:
        return _NO_PRICE
    if _kind(found) != (
        price.currency, price.interval.value if price.interval else None,
        price.interval_count if price.interval else None,
    ):  # fmt: skip
        return _OTHER_KIND
    await prices.keep(
        ctx, ctx.mode, found.id, ref(found.product) or "", price,
        found.tax_behavior or "unspecified", ours=False,
    )  # fmt: skip
    return None


def _kind(found: StripePrice) -> tuple[str, str | None, int | None]:
    every = found.recurring
    return (
        found.currency.upper(),
        every.interval if every is not None else None,
        every.interval_count if every is not None else None,
    )


async def _show(ctx: Context, form: Any, wrong: str = "") -> Page:
    mode, store = ctx.mode, ctx.require_store()
    sold = await ctx.catalog.offers()
    names = {price.id: _words(ctx, product.name, price) for product, price in sold}
    context = {
        "account": await accounts.get(ctx, mode),
        "mode": mode.value,
        "has_key": bool(ctx.settings(StripeSettings).key(mode)),
        "other_key": bool(ctx.settings(StripeSettings).key(_other(mode))),
        "polls": await connecting.polls(ctx, mode),
        "public": connecting.is_public(ctx.urls.webhook()),
        "webhook_url": ctx.urls.webhook(),
        "sync": await syncing.latest(ctx, mode),
        "phases": list(syncing.PHASES),
        "mapped": await prices.mapped(ctx, mode, SHOWN),
        "names": names,
        "disputes": await ctx.db.all(queries.DISPUTES, store_id=store.id, mode=mode, limit=SHOWN),
        "permissions": _STATIC,
        "now": ctx.now(),
        "sent": form,
        "wrong": wrong,
        "settings_url": f"/dashboard/{store.slug}/plugins/payments_stripe",
    }
    return Page("payments_stripe/account.html", "Stripe", context, 400 if wrong else 200)


def _other(mode: Mode) -> Mode:
    return Mode.TEST if mode is Mode.LIVE else Mode.LIVE


def _words(ctx: Context, name: str, price: Any) -> str:
    return f"{name}, {format_money(price.unit_amount, price.currency, ctx.locale)}"
