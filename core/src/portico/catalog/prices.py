"""What products cost. A price is never changed: orders refer to it. It is added and taken off."""

from babel.core import get_global

from portico.catalog import queries
from portico.catalog.changes import changed
from portico.catalog.models import Interval, Price, PriceType
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store

CURRENCIES = frozenset(get_global("all_currencies"))
MAX_AMOUNT = 10**12
"""Minor units; more is a slip of the finger."""
MAX_TRIAL_DAYS = 730
"""As Stripe has it."""
MAX_INTERVALS = {Interval.DAY: 1095, Interval.WEEK: 156, Interval.MONTH: 36, Interval.YEAR: 3}
"""Three years, as Stripe has it."""


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
    by: str,
) -> Price:
    """A price in minor units: once, or every ``interval_count`` intervals. Refused in words."""
    currency = currency.upper()
    check_price(unit_amount, currency, interval, interval_count, trial_days)
    async with rt.db.transaction():
        if await rt.db.one(queries.PRODUCT, store_id=store.id, id=product_id) is None:
            raise Refused(N_("This store has no such product."))
        price = await rt.db.one(
            queries.ADD_PRICE, store_id=store.id, id=new_id("price"), product_id=product_id,
            type=PriceType.RECURRING if interval else PriceType.ONE_TIME, currency=currency,
            unit_amount=unit_amount, interval=interval, interval_count=interval_count,
            trial_days=trial_days, active=True, created_at=rt.clock.now(),
        )  # fmt: skip
        if price is None:
            raise LookupError("the new price was not returned")
        data = {
            "price": price.id, "amount": unit_amount, "currency": currency,
            "interval": interval.value if interval else None,
        }  # fmt: skip
        await changed(rt, store, by, "price.add", "product", product_id, data)
    return price


def check_price(
    unit_amount: int, currency: str, interval: Interval | None, interval_count: int, trial_days: int
) -> None:
    """Refused in words for a price that makes no sense."""
    if currency not in CURRENCIES:
        raise Refused(N_("Name a currency by its code, such as EUR or USD."))
    if unit_amount < 0:
        raise Refused(N_("A price cannot be below zero."))
    if unit_amount > MAX_AMOUNT:
        raise Refused(N_("This price is too high. Check the amount."))
    if trial_days and interval is None:
        raise Refused(N_("A trial is for subscriptions. Choose how often is paid."))
    if not 0 <= trial_days <= MAX_TRIAL_DAYS:
        raise Refused(N_("A trial has 0 to 730 days."))
    if not 1 <= interval_count <= (MAX_INTERVALS[interval] if interval else 1):
        raise Refused(N_("Between two payments there may be three years at most."))


async def set_price_active(
    rt: Runtime, store: Store, price_id: str, active: bool, *, by: str
) -> bool:
    """Offer a price, or no longer; subscriptions that began with it go on. False: there is none."""
    async with rt.db.transaction():
        price = await price_by_id(rt, store.id, price_id)
        if price is None:
            return False
        if price.active != active:
            await rt.db.run(
                queries.SET_PRICE_ACTIVE, store_id=store.id, price_id=price_id, new_active=active
            )
            action = "price.activate" if active else "price.deactivate"
            await changed(rt, store, by, action, "product", price.product_id, {"price": price_id})
    return True


async def all_prices(rt: Runtime, store: Store, product_ids: list[str]) -> list[Price]:
    """Every price these products have or had, those that are offered first, oldest first."""
    return await rt.db.all(queries.ALL_PRICES, store_id=store.id, product_ids=product_ids)


async def prices_of(rt: Runtime, store: Store, product_id: str) -> list[Price]:
    """The prices a product is sold at now, oldest first."""
    return await rt.db.all(queries.PRICES, store_id=store.id, product_id=product_id)


async def price_by_id(rt: Runtime, store_id: str, price_id: str) -> Price | None:
    """A price, offered or not."""
    return await rt.db.one(queries.PRICE, store_id=store_id, id=price_id)
