"""Changes to a customer: the address, and access by hand."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from quart import Blueprint, Response

from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.customers.models import Customer
from portico.customers.service import EmailTaken
from portico.entitlements import service as entitlements
from portico.i18n import N_
from portico.people import service as people
from portico.sellers.models import Permission
from portico.web.dashboard.customers import the_customer
from portico.web.dashboard.forms import EmailAddress, Fields, Form, shown, submitted
from portico.web.dashboard.frame import confirm, page
from portico.web.dashboard.here import Here, here, not_found, store_view
from portico.web.http import gettext, lead_to, notice

blueprint = Blueprint("customer_changes", __name__)


class EmailForm(Form):
    """The right address."""

    email: EmailAddress


class Decision(StrEnum):
    """What is decided about access."""

    GIVE = "give"
    WITHDRAW = "withdraw"


class AccessForm(Form):
    """Access by hand; without a date for ever."""

    decision: Decision
    product_id: str
    until: date | None = None
    reason: Annotated[str, Field(max_length=500)]


# The address


@blueprint.get("/customers/<customer_id>/email")
@store_view(Permission.EDIT_CUSTOMERS)
async def email(customer_id: str) -> Response:
    """The form."""
    customer = await the_customer(here(), customer_id)
    return await _email(customer, shown({"email": customer.email}))


async def _email(
    customer: Customer, form: Fields[EmailForm] | Fields[Form], status: int = 200, taken: str = ""
) -> Response:
    context = {"customer": customer, "form": form, "taken": taken}
    return await page("dashboard/customers/email.html", context, status)


@blueprint.post("/customers/<customer_id>/email")
@store_view(Permission.EDIT_CUSTOMERS)
async def correct_email(customer_id: str) -> Response:
    """Correct it; who has it already may be the same person: then the two can be merged."""
    at = here()
    customer = await the_customer(at, customer_id)
    fields = await submitted(EmailForm)
    fields.against({"email": customer.email})
    if fields.data is None:
        return await _email(customer, fields, 409 if fields.conflicts else 400)
    try:
        new = await customers.correct_email(
            at.rt, at.store, customer.id, fields.data.email, by=at.by
        )
    except EmailTaken:
        other = fields.data.email
        words = gettext("Another customer has this address. If it is the same person, merge them.")
        return await _email(customer, fields.refuse("email", words), 409, other)
    if new.email != customer.email:
        words = gettext("The address is corrected. Both addresses are told by mail.")
        notice("good", words)
    return lead_to(at.path(f"customers/{customer.id}"))


# Access


@blueprint.get("/customers/<customer_id>/access")
@store_view(Permission.EDIT_CUSTOMERS)
async def access(customer_id: str) -> Response:
    """The form: give or withdraw, which product, until when, why."""
    values = {"decision": Decision.GIVE.value, "product_id": "", "until": "", "reason": ""}
    return await _access(await the_customer(here(), customer_id), shown(values))


async def _access(
    customer: Customer, form: Fields[AccessForm] | Fields[Form], status: int = 200
) -> Response:
    at = here()
    products = await catalog.products(at.rt, at.store)
    context = {
        "customer": customer,
        "form": form,
        "products": {"": at.say(N_("Choose a product"))} | {one.id: one.name for one in products},
        "today": at.rt.clock.now().astimezone(ZoneInfo(at.store.timezone)).date(),
    }
    return await page("dashboard/customers/access.html", context, status)


@blueprint.post("/customers/<customer_id>/access")
@store_view(Permission.EDIT_CUSTOMERS)
async def decide(customer_id: str) -> Response:
    """Note the decision; it counts at once, whatever was paid."""
    at = here()
    customer = await the_customer(at, customer_id)
    fields = await submitted(AccessForm)
    product = None
    if fields.data is not None:
        found = await catalog.products_by_ids(at.rt, at.store.id, [fields.data.product_id])
        product = found[0] if found else None
        if product is None:
            fields.refuse("product_id", gettext("Choose one of the list."))
    ends_at = _end_of(at, fields.data.until) if fields.data and fields.data.until else None
    if ends_at is not None and ends_at <= at.rt.clock.now():
        fields.refuse("until", gettext("Choose a day that is not over."))
    if fields.data is None or product is None:
        return await _access(customer, fields, 400)
    give = fields.data.decision is Decision.GIVE
    decided = entitlements.give if give else entitlements.withdraw
    await decided(
        at.rt, at.store, customer.id, product.id, reason=fields.data.reason, by=at.by,
        ends_at=ends_at,
    )  # fmt: skip
    words = N_("Access to %(name)s is given.") if give else N_("Access to %(name)s is withdrawn.")
    notice("good", at.say(words, name=product.name))
    return lead_to(at.path(f"customers/{customer.id}"))


def _end_of(at: Here, day: date) -> datetime:
    """The moment a day is over in the store's time zone."""
    zone = ZoneInfo(at.store.timezone)
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


@blueprint.get("/customers/<customer_id>/access/<grant_id>/revoke")
@store_view(Permission.EDIT_CUSTOMERS)
async def ask_to_revoke(customer_id: str, grant_id: str) -> Response:
    """Say what holds without the decision."""
    at = here()
    customer = await the_customer(at, customer_id)
    await _decision(at, customer, grant_id)
    return await confirm(
        title=gettext("Take the decision back?"),
        text=gettext(
            "Then what was bought and subscribed counts again, as if nobody had decided anything."
        ),
        action=gettext("Take it back"),
        back=at.path(f"customers/{customer.id}"),
    )


async def _decision(at: Here, customer: Customer, grant_id: str) -> None:
    """404 unless it is one about this customer that is in force."""
    mine = await people.decisions(at.rt, at.store.id, customer.id)
    if grant_id not in {one.id for one in mine}:
        not_found()


@blueprint.post("/customers/<customer_id>/access/<grant_id>/revoke")
@store_view(Permission.EDIT_CUSTOMERS)
async def revoke(customer_id: str, grant_id: str) -> Response:
    """Take a decision back."""
    at = here()
    customer = await the_customer(at, customer_id)
    await _decision(at, customer, grant_id)
    await entitlements.revoke(at.rt, at.store, grant_id, by=at.by)
    notice("good", gettext("The decision is taken back."))
    return lead_to(at.path(f"customers/{customer.id}"))
