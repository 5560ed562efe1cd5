"""Billing: payment methods and invoices."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from quart import Blueprint, Response, request

from portico.activation import service as activation
from portico.hooks.invoices import InvoiceHooks
from portico.hooks.payment_methods import PaymentMethodHooks
from portico.i18n import N_
from portico.invoices.models import BillingDetails, Invoice, InvoiceState
from portico.library import service as library
from portico.library.models import PAGE, BillingData
from portico.orders.models import OrderItem
from portico.subscriptions import methods
from portico.subscriptions.models import PaymentMethod, Subscription
from portico.web.http import notice, redirect, render, signed_in
from portico.web.paging import Cursor, cursor, page_of
from portico.web.portal.frame import note_sections
from portico.web.portal.here import Here, here
from portico.web.portal.owing import to_confirm
from portico.web.portal.pages import BillingPage, InvoiceRow, MethodRow
from portico.web.portal.provider import Failed, attempt, offers
from portico.web.portal.subscriptions import RUNNING, fail, start_update
from portico.web.portal.views import paid_with

blueprint = Blueprint("billing", __name__)


@blueprint.get("/billing")
@signed_in
async def show() -> Response:
    """Payment methods, and invoices by year."""
    return await render(await billing_page(here(), cursor(request.args), _year(request.args)))


def _year(args: Mapping[str, str]) -> int | None:
    """The year that was chosen; None for all, and for what is no year."""
    text = args.get("year", "")
    return int(text) if re.fullmatch(r"19[7-9][0-9]|2[0-9]{3}", text) else None


async def billing_page(at: Here, start: Cursor, year: int | None) -> BillingPage:
    """One page of invoices, of a year or of all; 404 for a cursor that is not the customer's."""
    data = await library.billing(
        at.rt, at.store, at.customer.id,
        direction=start.direction, cursor=start.id, year=_bounds(at, year),
    )  # fmt: skip
    note_sections(data.sections[0])
    page = page_of(data.invoices, start, PAGE)
    of_year: dict[str, str] = {"year": str(year)} if year is not None else {}
    owed = any(one.state is InvoiceState.OPEN for one in data.documents)
    waiting = {one.id for one in await to_confirm(at)} if owed else set()
    names = {one.id: one.description for one in data.subscriptions}
    rows = [
        await _invoice_row(at, one, one.id in waiting, names.get(one.subscription_id or "", ""))
        for one in data.documents
    ]
    adds = await activation.chosen(
        at.rt, at.store, PaymentMethodHooks.start_payment_method_update, setting="payments"
    )
    return BillingPage(
        methods=tuple([await _method_row(at, data, one) for one in data.payment_methods]),
        invoices=page.rows,
        years=_years(at, data),
        year=year,
        can_add=adds is not None,
        newer_url=at.path("billing", **of_year, **page.newer) if page.newer is not None else None,
        older_url=at.path("billing", **of_year, **page.older) if page.older is not None else None,
        open_invoices=tuple(one for one in rows if one.invoice.state is InvoiceState.OPEN),
        other_invoices=tuple(one for one in rows if _is_loose(one)) if start.id == "" else (),
        documents={
            one.invoice.order_id: one.invoice.id
            for one in rows
            if one.invoice.order_id and one.has_document
        },
        details=BillingDetails.of(at.customer.billing),
        about=_about(data.items),
    )


def _about(items: Iterable[OrderItem]) -> dict[str, str]:
    """What was bought, by the order's id."""
    words: dict[str, list[str]] = {}
    for one in items:
        words.setdefault(one.order_id, []).append(one.description)
    return {order_id: ", ".join(some) for order_id, some in words.items()}


async def _invoice_row(at: Here, invoice: Invoice, confirm: bool, about: str) -> InvoiceRow:
    return InvoiceRow(
        invoice,
        await offers(at, invoice.provider, InvoiceHooks.invoice_document),
        await offers(at, invoice.provider, InvoiceHooks.start_invoice_payment),
        confirm,
        about,
    )


def _is_loose(row: InvoiceRow) -> bool:
    return row.invoice.order_id is None and row.invoice.state is not InvoiceState.OPEN


def _bounds(at: Here, year: int | None) -> tuple[datetime, datetime] | None:
    """A year's first moment and the next one's, in the store's time zone."""
    if year is None:
        return None
    zone = ZoneInfo(at.store.timezone)
    first, next_first = (datetime(one, 1, 1, tzinfo=zone) for one in (year, year + 1))
    return first.astimezone(UTC), next_first.astimezone(UTC)


def _years(at: Here, data: BillingData) -> tuple[int, ...]:
    zone = ZoneInfo(at.store.timezone)
    return tuple(sorted({one.astimezone(zone).year for one in data.paid_at}, reverse=True))


async def _method_row(at: Here, data: BillingData, method: PaymentMethod) -> MethodRow:
    used = _used_for(data, method)
    removable = not used and await offers(
        at, method.provider, PaymentMethodHooks.remove_payment_method
    )
    return MethodRow(method, used, removable)


def _used_for(data: BillingData, method: PaymentMethod) -> tuple[Subscription, ...]:
    return tuple(
        one
        for one in data.subscriptions
        if one.status in RUNNING
        and (paid := paid_with(one, data.payment_methods)) is not None
        and paid.id == method.id
    )


@blueprint.post("/billing/payment-methods")
@signed_in
async def add() -> Response:
    """Off to the provider's page for another payment method."""
    return await start_update(here(), None, "billing")


@blueprint.post("/billing/payment-methods/<method_id>/remove")
@signed_in
async def remove(method_id: str) -> Response:
    """Forget a payment method, unless something is still paid with it."""
    at = here()
    done = await attempt(at, methods.remove_method(at.rt, at.store, at.customer, method_id))
    if isinstance(done, Failed):
        return await fail(at, done, "billing")
    notice("good", at.say(N_("The payment method is removed.")))
    return redirect(at.path("billing"))
