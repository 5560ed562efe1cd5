"""Buying: a product's page, off to the provider, and what came of it."""

import re
from collections.abc import Mapping, Sequence

from quart import Blueprint, Response, abort, request

from portico.catalog import service as catalog
from portico.catalog.models import Price, Product, ProductState
from portico.customers import service as customers
from portico.customers.service import InvalidEmail
from portico.emails import onscreen
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.orders import service as orders
from portico.orders.models import Order, OrderItem, OrderState, Payment, PaymentState
from portico.sessions import limits
from portico.stores.models import Mode
from portico.web.http import (
    client_network,
    current_locale,
    current_visit,
    form,
    gettext,
    portal_path,
    redirect,
    render,
    runtime,
)
from portico.web.portal.pages import BoughtPage, BuyPage, FieldError
from portico.web.portal.provider import message_of
from portico.web.viewing import acts

blueprint = Blueprint("buy", __name__)

_EMAIL = N_("Enter an e-mail address such as you@example.com.")
_PRICE = N_("Choose how you want to pay.")
_TOO_MANY = N_(
    "Too many purchases were begun from your network. Please wait a few minutes and try again."
)


@blueprint.get("/buy/<slug>")
async def show(slug: str) -> Response:
    """The product, its prices and a field for the address."""
    product, prices = await _offer(slug)
    customer = current_visit().customer
    return await _form(product, prices, prices[0].id, customer.email if customer else "")


@blueprint.post("/buy/<slug>")
async def start(slug: str) -> Response:
    """Off to the provider's payment page, or the form again with what is wrong."""
    product, prices = await _offer(slug)
    fields = await form()
    email, price_id = fields.get("email", ""), fields.get("price_id", "")
    price = next((one for one in prices if one.id == price_id), None)
    if price is None:
        error = FieldError("price_id", gettext(_PRICE))
        return await _form(product, prices, prices[0].id, email, [error])
    if await limits.seconds_to_wait(runtime(), (limits.CHECKOUTS_PER_IP, client_network())):
        error = FieldError("", gettext(_TOO_MANY))
        return await _form(product, prices, price.id, email, [error], 429)
    try:
        url = await _checkout(price, email, fields)
    except InvalidEmail:
        error = FieldError("email", gettext(_EMAIL))
    except Refused as refused:
        error = FieldError("", message_of(refused))
    else:
        return redirect(url)
    return await _form(product, prices, price.id, email, [error])


@blueprint.get("/buy/return")
@acts
async def bought() -> Response:
    """Back from the provider: paid, not paid, or not known yet. Loading it twice is harmless.

    Who knows a payment's id (80 random bits) came from its page: nobody needs to sign in.
    """
    rt, store = runtime(), current_visit().store
    payment_id = request.args.get("payment", "")
    try:
        order = await orders.finish_checkout(rt, store, payment_id)
    except LookupError:
        abort(404)
    items = await orders.items(rt, store.id, order.id)
    payment = await orders.payment(rt, store.id, payment_id)
    return await render(await _bought(order, items, payment))


async def _offer(slug: str) -> tuple[Product, list[Price]]:
    """The product and what it costs; 404 for what is not sold (any more)."""
    rt, store = runtime(), current_visit().store
    product = await catalog.product_by_slug(rt, store, slug)
    if product is None or product.state is not ProductState.ACTIVE:
        abort(404)
    prices = await catalog.prices_of(rt, store, product.id)
    if not prices:
        abort(404)
    return product, prices


async def _form(
    product: Product,
    prices: Sequence[Price],
    price_id: str,
    email: str,
    errors: Sequence[FieldError] = (),
    status: int = 422,
) -> Response:
    page = BuyPage(
        product=product,
        prices=tuple(prices),
        price_id=price_id,
        email=email,
        errors=tuple(errors),
        test_mode=current_visit().store.mode is Mode.TEST,
    )
    return await render(page, status if errors else 200)


async def _checkout(price: Price, email: str, fields: Mapping[str, str]) -> str:
    quantity = fields.get("quantity", "1")
    customer = current_visit().customer
    return await orders.start_checkout(
        runtime(),
        current_visit().store,
        price,
        email,
        quantity=int(quantity) if re.fullmatch(r"[0-9]{1,6}", quantity) else 0,
        locale=current_locale(),
        name=fields.get("name", "")[:200],
        signed_in_as=customer.id if customer else None,
    )


async def _bought(order: Order, items: Sequence[OrderItem], payment: Payment | None) -> BoughtPage:
    rt, store = runtime(), current_visit().store
    state = _state(order, payment)
    products = await catalog.products_by_ids(rt, store.id, [item.product_id for item in items])
    customer = await customers.by_id(rt, store.id, order.customer_id)
    paid, failed = state == "paid", state == "failed"
    message = ""
    if paid:
        message = await onscreen.message_html(rt, store, order, products, current_locale())
    return BoughtPage(
        state=state,
        order=order,
        items=tuple(items),
        masked_email=customers.mask_email(customer.email) if customer else "",
        message_html=message,
        failure_message=_failure(payment) if failed and payment else None,
        retry_url=portal_path(f"buy/{products[0].slug}") if failed and products else None,
    )


def _failure(payment: Payment) -> str | None:
    """The provider's words, in the reader's language where its plugin has them."""
    say = runtime().themes.translations.gettext(current_locale(), payment.provider)
    return say(payment.failure_message) if payment.failure_message else None


def _state(order: Order, payment: Payment | None) -> str:
    if order.state not in (OrderState.PENDING, OrderState.FAILED):
        return "paid"
    over = payment is not None and payment.state in (PaymentState.FAILED, PaymentState.CANCELED)
    return "failed" if order.state is OrderState.FAILED or over else "waiting"
