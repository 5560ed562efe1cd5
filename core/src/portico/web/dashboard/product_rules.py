"""A product's rules for subscriptions, where they differ from the store's."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field
from quart import Blueprint, Response

from portico.catalog import service as catalog
from portico.catalog.models import PriceType, Product, ProductState
from portico.sellers.models import Permission
from portico.subscriptions.models import CancellationMode
from portico.subscriptions.rules import rules_of
from portico.web.dashboard.forms import Fields, Form, shown, submitted
from portico.web.dashboard.here import here, store_view
from portico.web.dashboard.portal import pauses
from portico.web.dashboard.product_frame import product_of, product_page
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("product_rules", __name__)


class Whether(StrEnum):
    """A yes or no that differs from the store's; None stands for as in the store."""

    YES = "yes"
    NO = "no"


def _typed(value: bool | None) -> str:
    """As the form has it."""
    return "" if value is None else (Whether.YES if value else Whether.NO).value


def _kept(value: Whether | None) -> bool | None:
    """As a product keeps it."""
    return None if value is None else value is Whether.YES


class RulesForm(Form):
    """What is left empty is as in the store."""

    mode: CancellationMode | None = None
    cancellation_reason: Whether | None = None
    grace_days: Annotated[int, Field(ge=0, le=365)] | None = None
    change_price: Whether | None = None
    change_quantity: Whether | None = None
    pause_months: Annotated[int, Field(ge=0, le=12)] | None = None
    switch_to: tuple[str, ...] = ()
    downloads_after_cancellation: bool = False

    def rules(self) -> dict[str, Any]:
        """As a product keeps them."""
        found = {
            "mode": self.mode.value if self.mode else None,
            "cancellation_reason": _kept(self.cancellation_reason),
            "grace_days": self.grace_days,
            "change_price": _kept(self.change_price),
            "change_quantity": _kept(self.change_quantity),
            "pause_months": self.pause_months,
            "switch_to": list(self.switch_to) or None,
        }
        return {name: value for name, value in found.items() if value is not None}


def _current(product: Product) -> dict[str, Any]:
    own = product.subscription_rules
    return {
        "mode": own.get("mode", ""),
        "cancellation_reason": _typed(own.get("cancellation_reason")),
        "grace_days": str(own.get("grace_days", "")),
        "change_price": _typed(own.get("change_price")),
        "change_quantity": _typed(own.get("change_quantity")),
        "pause_months": str(own.get("pause_months", "")),
        "switch_to": list(own.get("switch_to", ())),
        "downloads_after_cancellation": product.downloads_after_cancellation,
    }


@blueprint.get("/products/<product_id>/subscription-rules")
@store_view(Permission.VIEW)
async def index(product_id: str) -> Response:
    """The rules, beside what the store has."""
    product = await product_of(product_id)
    return await _show(product, shown(_current(product)))


async def _show(
    product: Product, form: Fields[RulesForm] | Fields[Form], status: int = 200
) -> Response:
    at = here()
    prices = await catalog.all_prices(at.rt, at.store, [product.id])
    others = await _others(product)
    most = pauses()[rules_of(at.store, None).pause_months]
    as_in_store = gettext("As in the store: %(words)s") % {"words": most}
    context = {
        "form": form,
        "of_store": rules_of(at.store, None),
        "own": rules_of(at.store, product),
        "others": {one.id: one.name for one in others},
        "pauses": {"": as_in_store} | pauses(),
        "recurring": any(one.type is PriceType.RECURRING for one in prices),
    }
    return await product_page(product, "subscription-rules", context, status)


async def _others(product: Product) -> list[Product]:
    """What customers may be let change to: other products that are sold by subscription."""
    at = here()
    known = {one.id: one for one in await catalog.products(at.rt, at.store)}
    prices = await catalog.all_prices(at.rt, at.store, list(known))
    sold = {one.product_id for one in prices if one.type is PriceType.RECURRING and one.active}
    kept = set(product.subscription_rules.get("switch_to", ()))
    found = [
        one
        for one in known.values()
        if one.id != product.id
        and (one.id in kept or (one.id in sold and one.state is ProductState.ACTIVE))
    ]
    return sorted(found, key=lambda one: one.name)


@blueprint.post("/products/<product_id>/subscription-rules")
@store_view(Permission.EDIT_PRODUCTS)
async def save(product_id: str) -> Response:
    """Save them; they hold at once, also for subscriptions that are running."""
    at, product = here(), await product_of(product_id)
    fields = (await submitted(RulesForm)).against(_current(product))
    if fields.data is None:
        return await _show(product, fields, 409 if fields.conflicts else 400)
    known = {one.id for one in await _others(product)}
    if not set(fields.data.switch_to) <= known:
        fields.refuse("switch_to", gettext("Choose one of the list."))
        return await _show(product, fields, 400)
    await catalog.update_product(
        at.rt, at.store, product.id, subscription_rules=fields.data.rules(),
        downloads_after_cancellation=fields.data.downloads_after_cancellation, by=at.by,
    )  # fmt: skip
    notice("good", gettext("Saved. The rules hold at once, also for subscriptions that run."))
    return lead_to(at.path(f"products/{product.id}/subscription-rules"))
