"""Products: the list, a new one, and what one is called, contains and costs."""

from typing import Annotated, NamedTuple

from pydantic import Field
from quart import Blueprint, Response, request

from portico.catalog import service as catalog
from portico.catalog.models import Interval, Product, ProductState
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.sellers.models import Permission
from portico.web.dashboard.forms import Amount, Fields, Form, parse_amount, shown, submitted
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.lists import PAGE, ListFilter, cursor, filter_of, page_of, url_with
from portico.web.dashboard.product_frame import product_of, product_page
from portico.web.http import form as sent_form
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("products", __name__)

PERIODS = {
    "once": N_("Once"),
    "week-1": N_("Every week"),
    "month-1": N_("Every month"),
    "month-3": N_("Every 3 months"),
    "month-6": N_("Every 6 months"),
    "year-1": N_("Every year"),
}
"""How often a price is paid."""
PRICE_ROWS = 6


class ProductFilter(ListFilter):
    """What the list is narrowed to."""

    state: ProductState | None = None


class ProductForm(Form):
    """What a product is called."""

    name: Annotated[str, Field(max_length=200)]
    slug: Annotated[str, Field(max_length=80)] = ""
    description: Annotated[str, Field(max_length=5000)] = ""


class NewForm(ProductForm):
    """A product with its first prices: lists, an entry for each row."""

    amounts: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()


class DetailsForm(ProductForm):
    """What a product is called and contains."""

    slug: Annotated[str, Field(max_length=80)]
    bundle_of: tuple[str, ...] = ()


class PriceForm(Form):
    """One more price."""

    amount: Amount
    currency: Annotated[str, Field(max_length=3)]
    period: str = "once"
    trial_days: int = 0


class NewPrice(NamedTuple):
    """A price as the service takes it."""

    unit_amount: int
    currency: str
    interval: Interval | None
    interval_count: int
    trial_days: int


# The list


@blueprint.get("/products")
@store_view(Permission.VIEW)
async def index() -> Response:
    """All products, the newest first."""
    at = here()
    wanted, start = filter_of(ProductFilter, request.args), cursor(request.args)
    found = await catalog.search_products(
        at.rt, at.store, words=wanted.q, state=wanted.state, direction=start.direction,
        cursor=start.id, limit=PAGE + 1,
    )  # fmt: skip
    rows = page_of(found, start, PAGE)
    prices: dict[str, list[object]] = {}
    for price in await catalog.all_prices(at.rt, at.store, [one.id for one in rows.rows]):
        if price.active:
            prices.setdefault(price.product_id, []).append(price)
    context = {
        "wanted": wanted, "page": rows, "url_with": url_with, "prices": prices,
        "may_edit": at.can("edit_products"),
    }  # fmt: skip
    return await page("dashboard/products/index.html", context)


# A new one


@blueprint.get("/products/new")
@store_view(Permission.EDIT_PRODUCTS)
async def new() -> Response:
    """The form."""
    return await _new(shown({"amounts": [""], "periods": ["once"], "trials": [""]}))


async def _new(form: Fields[NewForm] | Fields[Form], status: int = 200) -> Response:
    rows = max(1, min(PRICE_ROWS, len(form.values.get("amounts") or [""])))
    context = {
        "form": form, "rows": rows, "more": rows < PRICE_ROWS, "periods": _periods(),
        "currency": here().store.currency,
    }  # fmt: skip
    return await page("dashboard/products/new.html", context, status)


def _periods() -> dict[str, str]:
    return {value: gettext(words) for value, words in PERIODS.items()}


@blueprint.post("/products/new")
@store_view(Permission.EDIT_PRODUCTS)
async def create() -> Response:
    """Make it, and lead to its files."""
    at = here()
    fields = await submitted(NewForm)
    if "more" in await sent_form():
        fields.errors.clear()
        fields.values["amounts"] = [*fields.values["amounts"], ""]
        return await _new(fields)
    prices = _prices(at, fields)
    if fields.data is None:
        return await _new(fields, 400)
    data = fields.data
    slug = data.slug or catalog.proposed_slug(data.name)
    if not slug:
        words = gettext("Give it a short name of letters and digits, such as handbook.")
        return await _new(fields.refuse("slug", words), 400)
    try:
        product = await catalog.create_product(
            at.rt, at.store, slug=slug, name=data.name, description=data.description, by=at.by
        )
    except Refused as error:
        return await _new(fields.refuse("slug", gettext(error.message)), 400)
    for price in prices:
        await catalog.add_price(at.rt, at.store, product.id, **price._asdict(), by=at.by)
    notice("good", gettext("The product is there. Add its files next."))
    return lead_to(at.path(f"products/{product.id}/files"))


def _prices(at: Here, fields: Fields[NewForm]) -> list[NewPrice]:
    """The rows that were filled in; an error is put at the row's field."""
    found: list[NewPrice] = []
    values = fields.values
    for row, text in enumerate(values["amounts"][:PRICE_ROWS]):
        if not text:
            continue
        period = _at(values["periods"], row) or "once"
        trial = _at(values["trials"], row)
        try:
            amount = parse_amount(text, at.store.currency)
        except ValueError as error:
            fields.refuse(f"amount-{row}", gettext(str(error)))
            continue
        price = _price(amount, at.store.currency, period, int(trial) if trial.isdecimal() else 0)
        if trial and not trial.isdecimal():
            fields.refuse(f"trial-{row}", gettext("Enter a whole number."))
        elif isinstance(price, str):
            fields.refuse(f"amount-{row}", gettext(price))
        else:
            found.append(price)
    return found


def _at(values: list[str], row: int) -> str:
    return values[row] if row < len(values) else ""


def _price(amount: int, currency: str, period: str, trial_days: int) -> NewPrice | str:
    """The price, or what is wrong with it."""
    name, _, count = period.partition("-")
    interval = Interval(name) if period in PERIODS and period != "once" else None
    price = NewPrice(amount, currency.upper(), interval, int(count or 1), trial_days)
    try:
        catalog.check_price(*price)
    except Refused as error:
        return error.message
    return price


# Details


@blueprint.get("/products/<product_id>")
@store_view(Permission.VIEW)
async def details(product_id: str) -> Response:
    """What it is called, contains and costs."""
    product = await product_of(product_id)
    return await _details(product, shown(await _current(product)))


async def _current(product: Product) -> dict[str, object]:
    at = here()
    parts = await catalog.bundle_parts(at.rt, at.store.id, [product.id])
    return {
        "name": product.name, "slug": product.slug, "description": product.description,
        "bundle_of": parts.get(product.id, []),
    }  # fmt: skip


async def _details(
    product: Product,
    form: Fields[DetailsForm] | Fields[Form],
    status: int = 200,
    price_form: Fields[PriceForm] | None = None,
) -> Response:
    at = here()
    fresh = {"amount": "", "currency": at.store.currency, "period": "once", "trial_days": ""}
    bundles, choices = await _choices(at, product)
    context = {
        "form": form,
        "price_form": price_form or shown(fresh),
        "prices": await catalog.all_prices(at.rt, at.store, [product.id]),
        "periods": _periods(),
        "choices": choices,
        "bundles": bundles,
    }
    return await product_page(product, "details", context, status)


async def _choices(at: Here, product: Product) -> tuple[list[str], dict[str, str]]:
    """The bundles that this product is in, and what it can contain if it is in none."""
    everything = await catalog.products(at.rt, at.store)
    parts = await catalog.bundle_parts(at.rt, at.store.id, [one.id for one in everything])
    inside = [one.name for one in everything if product.id in parts.get(one.id, ())]
    kept = set(parts.get(product.id, ()))
    choices = {
        one.id: one.name
        for one in everything
        if one.id != product.id
        and one.id not in parts
        and (one.state is ProductState.ACTIVE or one.id in kept)
    }
    return inside, choices


@blueprint.post("/products/<product_id>")
@store_view(Permission.EDIT_PRODUCTS)
async def save(product_id: str) -> Response:
    """Save what it is called and contains."""
    at, product = here(), await product_of(product_id)
    fields = await submitted(DetailsForm)
    current = await _current(product)
    fields.against(current)
    if fields.data is None:
        return await _details(product, fields, 409 if fields.conflicts else 400)
    changes = {
        name: value
        for name, value in fields.data.model_dump().items()
        if value != (tuple(current[name]) if name == "bundle_of" else current[name])  # type: ignore[arg-type]  # a list of ids
    }
    if changes:
        try:
            await catalog.update_product(at.rt, at.store, product.id, by=at.by, **changes)
        except Refused as error:
            field = "bundle_of" if "bundle" in error.message else "slug"
            return await _details(product, fields.refuse(field, gettext(error.message)), 400)
    notice("good", gettext("Saved."))
    return lead_to(at.path(f"products/{product.id}"))


@blueprint.post("/products/<product_id>/prices")
@store_view(Permission.EDIT_PRODUCTS)
async def add_price(product_id: str) -> Response:
    """Offer it at one more price."""
    at, product = here(), await product_of(product_id)
    currency = (await sent_form()).get("currency", "").upper()[:3] or at.store.currency
    fields = await submitted(PriceForm, currency=currency)
    if fields.data is not None:
        price = _price(fields.data.amount, currency, fields.data.period, fields.data.trial_days)
        if isinstance(price, str):
            fields.refuse("amount", gettext(price))
        else:
            await catalog.add_price(at.rt, at.store, product.id, **price._asdict(), by=at.by)
            notice("good", gettext("The price is offered from now on."))
            return lead_to(at.path(f"products/{product.id}") + "#prices")
    return await _details(product, shown(await _current(product)), 400, fields)


@blueprint.post("/products/<product_id>/prices/<price_id>/on")
@store_view(Permission.EDIT_PRODUCTS)
async def offer_price(product_id: str, price_id: str) -> Response:
    """Offer a price again."""
    return await _switch_price(product_id, price_id, True, N_("The price is offered again."))


@blueprint.post("/products/<product_id>/prices/<price_id>/off")
@store_view(Permission.EDIT_PRODUCTS)
async def take_price_off(product_id: str, price_id: str) -> Response:
    """Offer a price no longer."""
    words = N_("The price is no longer offered. Subscriptions that began with it go on.")
    return await _switch_price(product_id, price_id, False, words)


async def _switch_price(product_id: str, price_id: str, active: bool, words: str) -> Response:
    at = here()
    price = await catalog.price_by_id(at.rt, at.store.id, price_id)
    if price is None or price.product_id != product_id:
        not_found()
    await catalog.set_price_active(at.rt, at.store, price_id, active, by=at.by)
    notice("good", gettext(words))
    return lead_to(at.path(f"products/{product_id}") + "#prices")


@blueprint.get("/products/<product_id>/archive")
@store_view(Permission.EDIT_PRODUCTS)
async def ask_to_archive(product_id: str) -> Response:
    """Say what will happen."""
    at, product = here(), await product_of(product_id)
    return await confirm(
        title=gettext("Archive %(product)s?") % {"product": product.name},
        text=gettext(
            "It can no longer be bought. Those who bought it keep its files and keys, and "
            "subscriptions go on. You can restore it at any time."
        ),
        action=gettext("Archive"), back=at.path(f"products/{product.id}"),
    )  # fmt: skip


@blueprint.post("/products/<product_id>/archive")
@store_view(Permission.EDIT_PRODUCTS)
async def archive(product_id: str) -> Response:
    """Sell it no longer."""
    at, product = here(), await product_of(product_id)
    await catalog.archive_product(at.rt, at.store, product.id, by=at.by)
    notice("good", gettext("The product is archived."))
    return lead_to(at.path(f"products/{product.id}"))


@blueprint.post("/products/<product_id>/restore")
@store_view(Permission.EDIT_PRODUCTS)
async def restore(product_id: str) -> Response:
    """Sell it again."""
    at, product = here(), await product_of(product_id)
    await catalog.restore_product(at.rt, at.store, product.id, by=at.by)
    notice("good", gettext("The product can be bought again."))
    return lead_to(at.path(f"products/{product.id}"))
