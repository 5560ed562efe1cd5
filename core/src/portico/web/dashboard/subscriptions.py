"""Subscriptions: the list, one of them, cancelling and undoing it."""

from quart import Blueprint, Response, request

from portico.catalog import service as catalog
from portico.customers.models import Customer
from portico.hooks.subscriptions import SubscriptionHooks
from portico.i18n import N_
from portico.listings import service as listings
from portico.listings.models import SubscriptionRow
from portico.records import service as records
from portico.records.models import SubscriptionRecord
from portico.sellers.models import Permission
from portico.subscriptions import service as subscriptions
from portico.subscriptions.models import CancellationMode, SubscriptionStatus
from portico.web.dashboard.forms import Fields, Form, amount_text, shown, submitted
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.lists import filter_of
from portico.web.dashboard.narrowed import Narrowed, exported, listed
from portico.web.http import gettext, lead_to, notice
from portico.web.portal.provider import Failed, attempt, offers
from portico.web.portal.views import paid_with

blueprint = Blueprint("subscriptions", __name__)

_HEADER = ("number", "begun", "mode", "status", "product", "currency", "amount", "interval",
           "every", "quantity", "next charge", "cancelled for", "ended", "e-mail", "name", "card",
           "last 4")  # fmt: skip
_UNREACHABLE = N_(
    "The payment provider could not be reached just now. Nothing has changed. "
    "Try again in a minute."
)
_OWING = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID, SubscriptionStatus.INCOMPLETE)


class SubscriptionFilter(Narrowed):
    """What the list of subscriptions may be narrowed to."""

    state: SubscriptionStatus | None = None


class CancelForm(Form):
    """When it ends."""

    mode: CancellationMode


@blueprint.get("/subscriptions")
@store_view(Permission.VIEW)
async def index() -> Response:
    """Subscriptions, the newest first."""
    at, narrowed = here(), filter_of(SubscriptionFilter, request.args)
    context = await listed(at, listings.SUBSCRIPTIONS, narrowed, narrowed.state)
    context |= {"products": await listings.products(at.rt, at.store.id)}
    return await page("dashboard/subscriptions/index.html", context)


@blueprint.get("/subscriptions/export")
@store_view(Permission.EXPORT)
async def export() -> Response:
    """The list as it is narrowed, as a CSV file."""
    at, narrowed = here(), filter_of(SubscriptionFilter, request.args)
    return await exported(at, listings.SUBSCRIPTIONS, _HEADER, _cells, narrowed, narrowed.state)


def _cells(row: SubscriptionRow) -> tuple[object, ...]:
    return (
        row.number, row.created_at, row.mode, row.status, row.description, row.currency,
        amount_text(row.amount, row.currency), row.interval, row.interval_count, row.quantity,
        row.current_period_end, row.cancel_at, row.ended_at, row.email, row.name, row.brand,
        row.last4,
    )  # fmt: skip


# One subscription


@blueprint.get("/subscriptions/<subscription_id>")
@store_view(Permission.VIEW)
async def show(subscription_id: str) -> Response:
    """One subscription and its history."""
    at = here()
    record = await _record(at, subscription_id)
    one = record.subscriptions[0]
    context = {
        "one": one,
        "customer": record.customers[0],
        "method": paid_with(one, record.methods),
        "orders": record.orders,
        "cancellations": record.cancellations,
        "changes": record.changes,
        "can_cancel": subscriptions.can_cancel(one)
        and await offers(at, one.provider, SubscriptionHooks.cancel_subscription),
        "can_resume": subscriptions.can_resume(one)
        and await offers(at, one.provider, SubscriptionHooks.resume_subscription),
    }
    return await page("dashboard/subscriptions/subscription.html", context)


async def _record(at: Here, subscription_id: str) -> SubscriptionRecord:
    record = await records.subscription(at.rt, at.store.id, subscription_id)
    if record is None:
        not_found()
    return record


def _customer(record: SubscriptionRecord) -> Customer:
    return record.customers[0]


@blueprint.get("/subscriptions/<subscription_id>/cancel")
@store_view(Permission.EDIT_ORDERS)
async def ask_to_cancel(subscription_id: str) -> Response:
    """When it is to end, and what follows."""
    record = await _record(here(), subscription_id)
    one = record.subscriptions[0]
    product = await catalog.product_by_id(here().rt, here().store.id, one.product_id)
    mode = subscriptions.cancellation_mode(here().store, one, product)
    return await _show_cancel(record, shown({"mode": mode.value}))


async def _show_cancel(
    record: SubscriptionRecord, form: Fields[CancelForm] | Fields[Form], status: int = 200
) -> Response:
    one = record.subscriptions[0]
    context = {
        "one": one, "customer": _customer(record), "form": form, "owing": one.status in _OWING,
        "can_cancel": subscriptions.can_cancel(one),
    }  # fmt: skip
    return await page("dashboard/subscriptions/cancel.html", context, status)


@blueprint.post("/subscriptions/<subscription_id>/cancel")
@store_view(Permission.EDIT_ORDERS)
async def cancel(subscription_id: str) -> Response:
    """Cancel for the customer."""
    at = here()
    record = await _record(at, subscription_id)
    fields = await submitted(CancelForm)
    if fields.data is None:
        return await _show_cancel(record, fields, 400)
    done = await attempt(
        at,
        subscriptions.cancel(
            at.rt, at.store, _customer(record), subscription_id, fields.data.mode, by=at.by
        ),
        _UNREACHABLE,
    )
    if isinstance(done, Failed):
        notice("bad", done.text)
    else:
        notice("good", gettext("The subscription is cancelled. The customer gets a mail about it."))
    return lead_to(at.path(f"subscriptions/{subscription_id}"))


@blueprint.post("/subscriptions/<subscription_id>/resume")
@store_view(Permission.EDIT_ORDERS)
async def resume(subscription_id: str) -> Response:
    """Undo a cancellation that has not taken effect."""
    at = here()
    record = await _record(at, subscription_id)
    done = await attempt(
        at,
        subscriptions.resume(at.rt, at.store, _customer(record), subscription_id, by=at.by),
        _UNREACHABLE,
    )
    if isinstance(done, Failed):
        notice("bad", done.text)
    else:
        notice("good", gettext("The subscription goes on."))
    return lead_to(at.path(f"subscriptions/{subscription_id}"))
