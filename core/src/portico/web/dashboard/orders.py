"""Orders: the list, one of them, paying back, and sending its mail again."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response, request

from portico.i18n import N_
from portico.licenses import service as licenses
from portico.listings import service as listings
from portico.listings.models import OrderRow
from portico.orders import service as orders
from portico.orders.models import OrderState, PaymentState, RefundState
from portico.records import service as records
from portico.records.models import OrderRecord
from portico.sellers.models import Permission
from portico.stores.urls import portal_url
from portico.web.dashboard.forms import Amount, Fields, Form, amount_text, shown, submitted
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.lists import filter_of
from portico.web.dashboard.narrowed import Chosen, Narrowed, chosen, exported, listed
from portico.web.http import gettext, lead_to, ngettext, notice
from portico.web.portal.provider import Failed, attempt

blueprint = Blueprint("orders", __name__)

_HEADER = ("order", "date", "kind", "mode", "state", "e-mail", "name", "product", "lines",
           "currency", "total", "refunded")  # fmt: skip
_UNREACHABLE = N_(
    "The payment provider could not be reached just now. Nothing has changed. "
    "Try again in a minute."
)


class OrderFilter(Narrowed):
    """What the list of orders may be narrowed to."""

    state: OrderState | None = None


class RefundForm(Form):
    """How much to pay back."""

    amount: Amount
    reason: Annotated[str, Field(max_length=200)] = ""


# The list


@blueprint.get("/orders")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Orders and renewals, the newest first."""
    at, narrowed = here(), filter_of(OrderFilter, request.args)
    context = await listed(at, listings.ORDERS, narrowed, narrowed.state)
    context |= {"products": await listings.products(at.rt, at.store.id)}
    return await page("dashboard/orders/index.html", context)


@blueprint.get("/orders/export")
@store_view(Permission.EXPORT)
async def export() -> Response:
    """The list as it is narrowed, as a CSV file."""
    at, narrowed = here(), filter_of(OrderFilter, request.args)
    return await exported(at, listings.ORDERS, _HEADER, _cells, narrowed, narrowed.state)


def _cells(row: OrderRow) -> tuple[object, ...]:
    return (
        row.number, row.created_at, row.kind, row.mode, row.state, row.email, row.name,
        row.description, row.lines, row.currency, amount_text(row.total, row.currency),
        amount_text(row.refunded, row.currency),
    )  # fmt: skip


@blueprint.post("/orders/bulk")
@store_view(Permission.RESEND_MAIL)
async def bulk() -> Response:
    """Send the confirmation of several orders again, after asking."""
    at, rows = here(), await chosen()
    if not rows.ids:
        notice("plain", gettext("Tick the orders first."))
        return lead_to(at.path("orders"))
    if not rows.confirmed:
        return await _ask(at, rows)
    sent = 0
    for order_id in rows.ids:
        done = await attempt(
            at, orders.resend_confirmation(at.rt, at.store, order_id, by=at.by), _UNREACHABLE
        )
        sent += not isinstance(done, Failed)
    words = ngettext("%(num)s mail is on its way.", "%(num)s mails are on their way.", sent)
    notice("good" if sent else "plain", words % {"num": sent})
    if sent < len(rows.ids):
        left = len(rows.ids) - sent
        words = ngettext(
            "%(num)s order has not been paid, so there is nothing to confirm.",
            "%(num)s orders have not been paid, so there is nothing to confirm.", left,
        )  # fmt: skip
        notice("plain", words % {"num": left})
    return lead_to(at.path("orders"))


async def _ask(at: Here, rows: Chosen) -> Response:
    count = len(rows.ids)
    title = ngettext("Send %(num)s confirmation again?", "Send %(num)s confirmations again?", count)
    return await confirm(
        title=title % {"num": count},
        text=gettext("Each customer gets the mail with their files and keys once more."),
        action=gettext("Send again"), back=at.path("orders"),
        fields={"ids": ",".join(rows.ids), "do": rows.do, "confirmed": "1"},
    )  # fmt: skip


# One order


@blueprint.get("/orders/<order_id>")
@store_view(Permission.VIEW)
async def show(order_id: str) -> Response:
    """One order and everything about it."""
    at = here()
    record = await _record(at, order_id)
    contents = await at.rt.catalog.of(at.store, {item.product_id for item in record.items})
    order = record.orders[0]
    context = {
        "record": record,
        "order": order,
        "customer": record.customers[0],
        "contents": contents,
        "files": [pair for one in contents.values() for pair in one.files],
        "methods": {one.id: one for one in record.methods},
        "left": _left(record),
        "mask": licenses.mask,
        "is_paid": order.state not in (OrderState.PENDING, OrderState.FAILED),
        "invoice_url": portal_url(at.rt.settings, at.store, f"purchases/{order.id}/invoice"),
    }
    return await page("dashboard/orders/order.html", context)


async def _record(at: Here, order_id: str) -> OrderRecord:
    record = await records.order(at.rt, at.store.id, order_id)
    if record is None:
        not_found()
    return record


def _left(record: OrderRecord) -> int:
    """Minor units that can still be paid back."""
    if not any(one.state is PaymentState.SUCCEEDED for one in record.payments):
        return 0
    back = sum(one.amount for one in record.refunds if one.state is not RefundState.FAILED)
    return max(record.orders[0].total - back, 0)


@blueprint.post("/orders/<order_id>/resend")
@store_view(Permission.RESEND_MAIL)
async def resend(order_id: str) -> Response:
    """Send the confirmation again."""
    at = here()
    sent = await attempt(
        at, orders.resend_confirmation(at.rt, at.store, order_id, by=at.by), _UNREACHABLE
    )
    if isinstance(sent, Failed):
        notice("bad", sent.text)
    else:
        notice("good", gettext("The mail is on its way to %(email)s.") % {"email": sent})
    return lead_to(at.path(f"orders/{order_id}"))


# Paying back


@blueprint.get("/orders/<order_id>/refund")
@store_view(Permission.EDIT_ORDERS)
async def ask_refund(order_id: str) -> Response:
    """How much, and what follows from it."""
    at = here()
    record = await _record(at, order_id)
    text = amount_text(_left(record), record.orders[0].currency)
    return await _show_refund(record, shown({"amount": text, "reason": ""}))


async def _show_refund(
    record: OrderRecord, form: Fields[RefundForm] | Fields[Form], status: int = 200
) -> Response:
    context = {"record": record, "order": record.orders[0], "left": _left(record), "form": form}
    return await page("dashboard/orders/refund.html", context, status)


@blueprint.post("/orders/<order_id>/refund")
@store_view(Permission.EDIT_ORDERS)
async def refund(order_id: str) -> Response:
    """Pay back an order, in whole or in part."""
    at = here()
    record = await _record(at, order_id)
    fields = await submitted(RefundForm, currency=record.orders[0].currency)
    if fields.data is None:
        return await _show_refund(record, fields, 400)
    reason = fields.data.reason or None
    done = await attempt(
        at,
        orders.refund(at.rt, at.store, order_id, fields.data.amount, reason, by=at.by),
        _UNREACHABLE,
    )
    if isinstance(done, Failed):
        return await _show_refund(record, fields.refuse("amount", done.text), 409)
    if done.state is RefundState.PENDING:
        notice("plain", gettext(
            "The refund is under way. The payment provider has not confirmed it yet; we keep "
            "asking, and this page shows it."
        ))  # fmt: skip
    else:
        notice("good", gettext("The money is on its way back. The customer gets a mail about it."))
    return lead_to(at.path(f"orders/{order_id}"))
