"""After payment: what a product says on the screen, and where its mail is written."""

from typing import Annotated

from markupsafe import Markup
from pydantic import BeforeValidator, Field
from quart import Blueprint, Response

from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.emails import onscreen, sample
from portico.emails.check import Problem
from portico.emails.kinds import KINDS
from portico.emails.models import EmailKind
from portico.emails.rendering import TextError
from portico.orders import service as orders
from portico.sellers.models import Permission
from portico.web.dashboard.forms import Fields, Form, shown, submitted
from portico.web.dashboard.here import Here, here, store_view
from portico.web.dashboard.product_frame import product_of, product_page
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("product_message", __name__)

TAB = "after-payment"


def _lines(value: object) -> object:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


class MessageForm(Form):
    """What buyers read on the screen."""

    confirmation_message: Annotated[str, BeforeValidator(_lines), Field(max_length=10_000)] = ""


def _current(product: Product) -> dict[str, str]:
    return {"confirmation_message": product.confirmation_message.strip()}


async def _sample(at: Here, product: Product) -> sample.Sample:
    """The values of the latest order, with samples where there is nothing."""
    known = at.rt.themes.translations.locales
    locale = at.store.locale if at.store.locale in known else known[0]
    latest = await orders.latest(at.rt, at.store.id, at.store.mode, 1)
    return await sample.sample(
        at.rt, at.store, KINDS[EmailKind.CONFIRMATION], locale=locale,
        order_id=latest[0].id if latest else None, product_id=product.id,
    )  # fmt: skip


@blueprint.get("/products/<product_id>/after-payment")
@store_view(Permission.VIEW)
async def index(product_id: str) -> Response:
    """The message as it is, and how it looks."""
    product = await product_of(product_id)
    return await _show(product, shown(_current(product)))


async def _show(
    product: Product, form: Fields[MessageForm] | Fields[Form], status: int = 200
) -> Response:
    at = here()
    values = await _sample(at, product)
    titles = {name: at.plugin_title(name) for name in at.rt.registry.plugins}
    words = at.rt.themes.translations.translator(at.locale)
    message = str(_lines(form.values["confirmation_message"]))
    try:
        preview = onscreen.html_of(message, onscreen.public(values.values))
    except TextError:
        preview = ""
    context = {
        "form": form,
        "menu": sample.menu(KINDS[EmailKind.CONFIRMATION], values, words, titles),
        "preview": Markup(preview),  # noqa: S704 - cleaned by nh3 in `render`
        "problems": [_words(one) for one in onscreen.problems(message, values)],
        "email_url": at.path(f"emails/{EmailKind.CONFIRMATION.value}", product=product.id),
    }
    part = "dashboard/products/_message.html"
    return await product_page(product, TAB, context, status, fragment=part)


def _words(problem: Problem) -> str:
    words = gettext(problem.words) % problem.values
    if problem.line is None:
        return words
    return gettext("Line %(line)s: %(words)s") % {"line": problem.line, "words": words}


@blueprint.post("/products/<product_id>/after-payment/preview")
@store_view(Permission.EDIT_PRODUCTS)
async def show(product_id: str) -> Response:
    """How what stands in the field looks; nothing is saved."""
    product = await product_of(product_id)
    fields = await submitted(MessageForm)
    fields.errors.clear()
    return await _show(product, fields)


@blueprint.post("/products/<product_id>/after-payment")
@store_view(Permission.EDIT_PRODUCTS)
async def save(product_id: str) -> Response:
    """Show this to buyers from now on."""
    at, product = here(), await product_of(product_id)
    fields = await submitted(MessageForm)
    fields.values["confirmation_message"] = _lines(fields.values["confirmation_message"])
    fields.against(_current(product))
    if fields.data is None:
        return await _show(product, fields, 409 if fields.conflicts else 400)
    found = onscreen.problems(fields.data.confirmation_message, await _sample(at, product))
    if found:
        words = " ".join(_words(one) for one in found)
        return await _show(product, fields.refuse("confirmation_message", words), 400)
    await catalog.update_product(
        at.rt, at.store, product.id, by=at.by,
        confirmation_message=fields.data.confirmation_message,
    )  # fmt: skip
    notice("good", gettext("Saved. Buyers read it from now on."))
    return lead_to(at.path(f"products/{product.id}/{TAB}"))
