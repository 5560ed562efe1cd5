"""Purchases: the list, one of them, and its invoice."""

from collections.abc import Sequence

from quart import Blueprint, Response, request

from portico.hooks.invoices import InvoiceHooks
from portico.library import service
from portico.library.models import PAGE, PurchaseData
from portico.orders.models import Order
from portico.subscriptions.models import PaymentMethod
from portico.web.http import render, signed_in
from portico.web.paging import Cursor, cursor, page_of
from portico.web.portal.frame import note_sections
from portico.web.portal.here import Here, here, not_found
from portico.web.portal.pages import InvoicePage, PurchasePage, PurchasesPage
from portico.web.portal.provider import offers
from portico.web.portal.views import purchase_views, shelf_of

blueprint = Blueprint("purchases", __name__)


@blueprint.get("/purchases")
@signed_in
async def index() -> Response:
    """Everything bought, newest first."""
    return await render(await purchases_page(here(), cursor(request.args)))


async def purchases_page(at: Here, start: Cursor) -> PurchasesPage:
    """One page of the list; 404 for a cursor that is no purchase of the customer's."""
    data = await service.purchases(at.rt, at.store, at.customer.id, start.direction, start.id)
    page = page_of(data.orders, start, PAGE)
    shelf = await shelf_of(at, data)
    return PurchasesPage(
        tuple(purchase_views(shelf, data.items, data.licenses, page.rows)),
        newer_url=at.path("purchases", **page.newer) if page.newer is not None else None,
        older_url=at.path("purchases", **page.older) if page.older is not None else None,
    )


@blueprint.get("/purchases/<order_id>")
@signed_in
async def show(order_id: str) -> Response:
    """One purchase."""
    return await render(await purchase_page(here(), order_id))


async def purchase_page(at: Here, order_id: str) -> PurchasePage:
    """What to show of it; 404 where it is not the customer's."""
    data = await service.purchase(at.rt, at.store, at.customer.id, order_id)
    if not data.orders:
        not_found()
    shelf = await shelf_of(at, data)
    (purchase,) = purchase_views(shelf, data.items, data.licenses, data.orders)
    parts = [
        part
        for product_id in dict.fromkeys(item.product_id for item in data.items)
        for part in shelf.contents(product_id)
    ]
    entitlements = [shelf.entitlements[part] for part in parts if part in shelf.entitlements]
    return PurchasePage(
        purchase,
        data.payments,
        data.refunds,
        _method(data),
        tuple(entitlements),
        missing=tuple(one for one in entitlements if not one.active),
        documents=tuple(
            [
                one
                for one in data.documents
                if await offers(at, one.provider, InvoiceHooks.invoice_document)
            ]
        ),
        products={part: shelf.products[part] for part in parts if part in shelf.products},
    )


def _method(data: PurchaseData) -> PaymentMethod | None:
    """What the purchase was paid with: the method of its last payment."""
    methods = {one.id: one for one in data.payment_methods}
    used = [one.payment_method_id for one in data.payments if one.payment_method_id in methods]
    return methods[used[-1]] if used and used[-1] is not None else None


@blueprint.get("/purchases/<order_id>/invoice")
@signed_in
async def invoice(order_id: str) -> Response:
    """A page to print; its number is the order's."""
    return await render(await invoice_page(here(), order_id))


async def invoice_page(at: Here, order_id: str) -> InvoicePage:
    """The invoice; 404 where the order is not the customer's, or was never paid."""
    data = await service.invoice(at.rt, at.store, at.customer.id, order_id)
    note_sections(data.sections[0])
    order = _only(data.orders)
    return InvoicePage(order, data.items, data.payments, data.refunds, at.customer)


def _only(orders: Sequence[Order]) -> Order:
    if not orders:
        not_found()
    return orders[0]
