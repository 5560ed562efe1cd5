"""A product's rules for subscriptions, where they differ from the store's."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field
from quart import Blueprint, Response

from portico.catalog import service as catalog
from portico.catalog.models import PriceType, Product
from portico.sellers.models import Permission
from portico.subscriptions.models import CancellationMode
from portico.subscriptions.rules import rules_of
from portico.web.dashboard.forms import Fields, Form, shown, submitted
from portico.web.dashboard.here import here, store_view
from portico.web.dashboard.product_frame import product_of, product_page
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("product_rules", __name__)


class Reason(StrEnum):
    """Whether the reason is asked."""

    ASK = "ask"
    SKIP = "skip"


class RulesForm(Form):
    """What is left empty is as in the store."""

    mode: CancellationMode | None = None
    cancellation_reason: Reason | None = None
    grace_days: Annotated[int, Field(ge=0, le=365)] | None = None
    downloads_after_cancellation: bool = False

    def rules(self) -> dict[str, Any]:
        """As a product keeps them."""
        reason = self.cancellation_reason
        found = {
            "mode": self.mode.value if self.mode else None,
            "cancellation_reason": None if reason is None else reason is Reason.ASK,
            "grace_days": self.grace_days,
        }
        return {name: value for name, value in found.items() if value is not None}


def _current(product: Product) -> dict[str, Any]:
    own = product.subscription_rules
    asks = own.get("cancellation_reason")
    return {
        "mode": own.get("mode", ""),
        "cancellation_reason": "" if asks is None else (Reason.ASK if asks else Reason.SKIP).value,
        "grace_days": str(own.get("grace_days", "")),
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
    context = {
        "form": form,
        "of_store": rules_of(at.store, None),
        "own": rules_of(at.store, product),
        "recurring": any(one.type is PriceType.RECURRING for one in prices),
    }
    return await product_page(product, "subscription-rules", context, status)


@blueprint.post("/products/<product_id>/subscription-rules")
@store_view(Permission.EDIT_PRODUCTS)
async def save(product_id: str) -> Response:
    """Save them; they hold at once, also for subscriptions that are running."""
    at, product = here(), await product_of(product_id)
    fields = (await submitted(RulesForm)).against(_current(product))
    if fields.data is None:
        return await _show(product, fields, 409 if fields.conflicts else 400)
    await catalog.update_product(
        at.rt, at.store, product.id, subscription_rules=fields.data.rules(),
        downloads_after_cancellation=fields.data.downloads_after_cancellation, by=at.by,
    )  # fmt: skip
    notice("good", gettext("Saved. The rules hold at once, also for subscriptions that run."))
    return lead_to(at.path(f"products/{product.id}/subscription-rules"))
