"""Customers: the list, one of them, and a sign-in link sent to them."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from quart import Blueprint, Response, request

from portico.catalog import service as catalog
from portico.customers.models import Customer
from portico.entitlements import service as entitlements
from portico.entitlements.models import Entitlement
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.invoices import service as invoices
from portico.licenses import service as licenses
from portico.orders import service as orders
from portico.people import service as people
from portico.people.models import CustomerRow, DecisionRow, SignedIn, Subscribed, Wanted
from portico.sellers.models import Permission
from portico.sessions import sign_in
from portico.sessions.sign_in import TooMany
from portico.subscriptions import service as subscriptions
from portico.web.dashboard.customer_words import reason_words, told
from portico.web.dashboard.exports import PAGE as EXPORT_PAGE
from portico.web.dashboard.exports import csv_answer
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.dashboard.lists import (
    PAGE,
    ListFilter,
    cursor,
    filter_of,
    page_of,
    url_with,
)
from portico.web.http import client_network, gettext, lead_to, ngettext, notice

blueprint = Blueprint("customers", __name__)

TIMELINE = 40
"""Entries of a timeline's page."""
_ORDERS = 20
"""Orders on a customer's page; the section of orders has them all."""
_HEADER = ("number", "email", "name", "since", "purchases", "subscription", "last_sign_in")


class CustomerFilter(ListFilter):
    """What the list is narrowed to."""

    subscribed: Subscribed | None = None
    signed_in: SignedIn | None = None

    def wanted(self) -> Wanted:
        """As the service takes it."""
        return Wanted(self.q, self.subscribed, self.signed_in)


class Access(NamedTuple):
    """A product that the customer has or had, why, and the decision behind it, if a seller's."""

    product: str
    entitlement: Entitlement
    reason: str
    decision: DecisionRow | None


@blueprint.get("/customers")
@store_view(Permission.VIEW)
async def index() -> Response:
    """The list, with its search and filters."""
    at = here()
    wanted, start = filter_of(CustomerFilter, request.args), cursor(request.args)
    found = await people.search(
        at.rt, at.store, wanted.wanted(), start.direction, start.id, PAGE + 1
    )
    context = {"wanted": wanted, "page": page_of(found, start, PAGE), "url_with": url_with}
    return await page(
        "dashboard/customers/index.html", context, fragment="dashboard/customers/_list.html"
    )


@blueprint.get("/customers/export")
@store_view(Permission.EXPORT)
async def export() -> Response:
    """The list as it is narrowed, as a CSV file."""
    at = here()
    wanted = filter_of(CustomerFilter, request.args).wanted()
    return await csv_answer(at, "customers", _HEADER, _lines(at, wanted))


async def _lines(at: Here, wanted: Wanted) -> AsyncIterator[Sequence[Sequence[object]]]:
    async for rows in people.every_page(at.rt, at.store, wanted, EXPORT_PAGE):
        yield [
            (one.number, one.email, one.name, one.created_at, one.purchases, _state(one),
             one.signed_in_at)
            for one in rows
        ]  # fmt: skip


def _state(row: CustomerRow) -> str:
    return "past_due" if row.past_due else "active" if row.subscribed else ""


async def the_customer(at: Here, customer_id: str) -> Customer:
    """The customer of the address; 404 for another store's, or one who was merged or erased.

    For what can be done to a customer.
    """
    found = await people.by_id(at.rt, at.store.id, customer_id)
    if found is None or found.merged_into or found.erased_at:
        not_found()
    return found


@blueprint.get("/customers/<customer_id>")
@store_view(Permission.VIEW)
async def show(customer_id: str) -> Response:
    """One customer: what they have, and what happened."""
    at = here()
    customer = await people.by_id(at.rt, at.store.id, customer_id)
    if customer is None:
        not_found()
    if customer.merged_into:
        notice("plain", at.say(N_("This customer was merged into the one you see here.")))
        return lead_to(at.path(f"customers/{customer.merged_into}"))
    happened = await _timeline(at, customer.id)
    if "before" in request.args:
        return await page(
            "dashboard/customers/timeline.html", {"customer": customer, **happened},
            fragment="dashboard/customers/_timeline.html",
        )  # fmt: skip
    paid = await orders.of_customer(at.rt, at.store, customer.id)
    context = {
        "customer": customer,
        "spent": await people.spent(at.rt, at.store.id, customer.id),
        "access": await _access(at, customer.id),
        "subscriptions": await subscriptions.of_customer(at.rt, at.store.id, customer.id),
        "licenses": [
            (one, licenses.mask(one.key) if one.key else None)
            for one in await licenses.of_customer(at.rt, at.store.id, customer.id)
        ],
        "orders": paid[:_ORDERS],
        "invoices": await invoices.latest_of_customer(at.rt, at.store.id, customer.id, _ORDERS),
        "more_orders": len(paid) > _ORDERS,
        **happened,
    }
    return await page("dashboard/customers/show.html", context)


async def _timeline(at: Here, customer_id: str) -> dict[str, object]:
    before = request.args.get("before", "")
    try:
        found = await people.timeline(at.rt, at.store.id, customer_id, before, TIMELINE + 1)
    except ValueError:
        not_found()
    shown = found[:TIMELINE]
    more = len(found) > TIMELINE
    return {
        "events": [told(at, one) for one in shown],
        "older": at.path(f"customers/{customer_id}", before=shown[-1].cursor) if more else None,
        "first_page": not before,
    }


async def _access(at: Here, customer_id: str) -> list[Access]:
    found = await entitlements.for_customer(at.rt, at.store, customer_id)
    decided = {
        one.product_id: one
        for one in reversed(await people.decisions(at.rt, at.store.id, customer_id))
    }
    ids = [one.product_id for one in found]
    names = {one.id: one.name for one in await catalog.products_by_ids(at.rt, at.store.id, ids)}
    rows = [
        Access(
            names.get(one.product_id, one.product_id), one, reason_words(at, one.reason),
            decided.get(one.product_id),
        )
        for one in found
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (not row.entitlement.active, row.product))


@blueprint.post("/customers/<customer_id>/sign-in-link")
@store_view(Permission.SEND_SIGN_IN_LINK)
async def send_link(customer_id: str) -> Response:
    """Mail them a sign-in link, as the portal's own door would."""
    at = here()
    customer = await the_customer(at, customer_id)
    try:
        await sign_in.send_link(at.rt, at.store, customer, network=client_network(), by=at.by)
    except TooMany as error:
        minutes = -(-error.seconds // 60)
        words = ngettext(
            "This address was written to several times. Wait %(num)s minute and try again.",
            "This address was written to several times. Wait %(num)s minutes and try again.",
            minutes,
        )
        notice("bad", words % {"num": minutes})
    except Refused as error:
        notice("bad", gettext(error.message))
    else:
        words = gettext("A sign-in link is on its way to %(email)s.")
        notice("good", words % {"email": customer.email})
    return lead_to(at.path(f"customers/{customer.id}"))
