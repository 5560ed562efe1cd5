"""What is known about a customer: merging two, giving it out, erasing it."""

from typing import Annotated

from pydantic import Field
from quart import Blueprint, Response, request

from portico.customers import service as customers
from portico.customers.models import Customer
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.people import service as people
from portico.people.changes import service as changes
from portico.sellers.models import Permission
from portico.web.dashboard.customers import the_customer
from portico.web.dashboard.forms import Fields, Form, shown, submitted
from portico.web.dashboard.frame import page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.http import gettext, lead_to, notice
from portico.web.json_file import json_file

blueprint = Blueprint("customer_data", __name__)


class MergeForm(Form):
    """The customer who is merged into this one."""

    other_id: Annotated[str, Field(max_length=64)]


class EraseForm(Form):
    """The address, typed, so that nobody erases by mistake."""

    confirmation: str = ""


@blueprint.get("/customers/<customer_id>/merge")
@store_view(Permission.EDIT_CUSTOMERS)
async def ask_to_merge(customer_id: str) -> Response:
    """Choose the other one by address; then what moves."""
    at = here()
    customer = await the_customer(at, customer_id)
    email = request.args.get("other", "").strip()[:254]
    other = await customers.by_email(at.rt, at.store.id, email) if email else None
    form = shown({"other": email})
    if other is not None and other.id == customer.id:
        form.refuse("other", gettext("This is the customer itself. Type the address of the other."))
        other = None
    elif email and other is None:
        form.refuse("other", gettext("Nobody has this address in this store."))
    context = {
        "customer": customer, "other": other, "form": form,
        "moves": await changes.counts(at.rt, at.store.id, other.id) if other else {},
    }  # fmt: skip
    return await page("dashboard/customers/merge.html", context)


@blueprint.post("/customers/<customer_id>/merge")
@store_view(Permission.EDIT_CUSTOMERS)
async def merge(customer_id: str) -> Response:
    """Move everything of the other one here."""
    at = here()
    customer = await the_customer(at, customer_id)
    fields = await submitted(MergeForm)
    other_id = fields.data.other_id if fields.data else ""
    other = await people.by_id(at.rt, at.store.id, other_id)
    if other is None:
        not_found()
    try:
        await changes.merge(at.rt, at.store, customer.id, other.id, by=at.by)
    except LookupError:
        not_found()
    notice("good", gettext("The two are one customer now."))
    return lead_to(at.path(f"customers/{customer.id}"))


@blueprint.get("/customers/<customer_id>/data")
@store_view(Permission.EDIT_CUSTOMERS)
async def data(customer_id: str) -> Response:
    """A JSON file of everything about the person."""
    at = here()
    customer = await the_customer(at, customer_id)
    found = await changes.export(at.rt, at.store, customer.id, by=at.by)
    return json_file(found, f"{at.store.slug}-customer-{customer.number}.json")


@blueprint.get("/customers/<customer_id>/erase")
@store_view(Permission.EDIT_CUSTOMERS)
async def ask_to_erase(customer_id: str) -> Response:
    """Say what goes, what stays and why."""
    at = here()
    return await _erase(at, await the_customer(at, customer_id), shown({"confirmation": ""}))


async def _erase(
    at: Here, customer: Customer, form: Fields[EraseForm] | Fields[Form], status: int = 200
) -> Response:
    running = await changes.running_subscriptions(at.rt, at.store.id, customer.id)
    context = {"customer": customer, "form": form, "running": running}
    return await page("dashboard/customers/erase.html", context, status)


@blueprint.post("/customers/<customer_id>/erase")
@store_view(Permission.EDIT_CUSTOMERS)
async def erase(customer_id: str) -> Response:
    """Erase; there is no way back."""
    at = here()
    customer = await the_customer(at, customer_id)
    fields = await submitted(EraseForm)
    if fields.data is not None and fields.data.confirmation.lower() != customer.email:
        words = gettext("Type %(email)s to confirm.") % {"email": customer.email}
        fields.refuse("confirmation", words)
    if fields.data is None:
        return await _erase(at, customer, fields, 400)
    try:
        await changes.erase(at.rt, at.store, customer.id, by=at.by)
    except Refused as error:
        return await _erase(at, customer, fields.refuse("", gettext(error.message)), 409)
    notice("good", at.say(N_("The personal data is erased.")))
    return lead_to(at.path(f"customers/{customer.id}"))
