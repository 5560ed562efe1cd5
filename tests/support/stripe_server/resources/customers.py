"""Customers, their tax ids and their balance."""

from tests.support.stripe_server.billing.endings import ENDED, end
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.expand import shows
from tests.support.stripe_server.limits import check_email
from tests.support.stripe_server.listing import listed, page, searched
from tests.support.stripe_server.people import (
    add_tax_id,
    add_to_balance,
    address,
    balance_line,
    customer_of,
    merged,
)
from tests.support.stripe_server.resources.payment_methods import attach
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.shapes import echo
from tests.support.stripe_server.world import World

_NOT_PLAIN = ("address", "shipping", "metadata", "invoice_settings", "test_clock")


def create(world: World, params: Json) -> Json:
    """Make a customer from checked parameters."""
    clock = params.get("test_clock")
    if clock:
        world.store.get("test_helpers.test_clock", clock, "test_clock")
    identity = world.store.new_id("customer")
    made = world.new(
        "customer", id=identity, test_clock=clock, balance=0, delinquent=False,
        invoice_prefix=world.store.letters(8).upper(), next_invoice_sequence=1, tax_exempt="none",
        preferred_locales=[], metadata={}, invoice_settings={
            "custom_fields": None, "default_payment_method": None, "footer": None,
            "rendering_options": None,
        },
    )  # fmt: skip
    if clock:
        made["created"] = world.now(identity)
    made |= _changes(world, made, params)
    for datum in params.get("tax_id_data", []):
        add_tax_id(world, made, datum["type"], datum["value"])
    if made["balance"]:
        balance_line(world, made, made["balance"], made["balance"], {})
    world.emit("customer.created", made)
    if params.get("payment_method"):
        attach(world, params["payment_method"], made)
    return made


def _changes(world: World, made: Json, params: Json) -> Json:
    check_email(params.get("email"), "email")
    changes = echo("customer", params, *_NOT_PLAIN)
    if "address" in params:
        changes["address"] = address(params["address"])
    if "shipping" in params:
        given = params["shipping"]
        changes["shipping"] = {"address": address(given["address"]), "name": given["name"],
                               "phone": given.get("phone"), "carrier": None,
                               "tracking_number": None} if given else None  # fmt: skip
    if "metadata" in params:
        changes["metadata"] = merged(made["metadata"], params["metadata"])
    if "invoice_settings" in params:
        changes["invoice_settings"] = _invoice_settings(world, made, params["invoice_settings"])
    return changes


def _invoice_settings(world: World, made: Json, given: Json) -> Json:
    new = {key: (value if value != "" else None) for key, value in given.items()}
    method = new.get("default_payment_method")
    if method:
        held = world.store.get("payment_method", method, "invoice_settings[default_payment_method]")
        if held["customer"] != made["id"]:
            raise invalid(
                f"The customer does not have a payment method with the ID {method}. The payment "
                "method must be attached to the customer.",
                "invoice_settings[default_payment_method]", "resource_missing",
            )  # fmt: skip
    return {**made["invoice_settings"], **new}


@answers("post", "/v1/customers")
def _create(world: World, call: Call) -> Json:
    return create(world, call.params)


@answers("get", "/v1/customers")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "customer")


@answers("get", "/v1/customers/search")
def _search(world: World, call: Call) -> Json:
    return searched(world, call, "customer")


@answers("get", "/v1/customers/{customer}")
def _retrieve(world: World, call: Call) -> Json:
    if world.store.removed.get(call.id) == "customer":
        return {"id": call.id, "object": "customer", "deleted": True}
    return customer_of(world, call.id, "id", 404)


@answers("post", "/v1/customers/{customer}")
def _update(world: World, call: Call) -> Json:
    made = customer_of(world, call.id, "id", 404)
    changes = _changes(world, made, call.params)
    if "balance" in changes and changes["balance"] != made["balance"]:
        balance_line(world, made, changes["balance"] - made["balance"], changes["balance"], {})
    return world.change(made, "customer.updated", **changes)


@answers("delete", "/v1/customers/{customer}")
def _delete(world: World, call: Call) -> Json:
    made = customer_of(world, call.id, "id", 404)
    for sub in world.store.pointing("subscription", "customer", call.id):
        if sub["status"] not in ENDED:
            end(world, sub)
    world.store.remove(made)
    world.emit("customer.deleted", made)
    return {"id": call.id, "object": "customer", "deleted": True}


@answers("delete", "/v1/customers/{customer}/discount")
def _delete_discount(world: World, call: Call) -> Json:
    made = customer_of(world, call.id, "id", 404)
    if not made["discount"]:
        raise invalid("No active discount for customer", code="resource_missing")
    old = made["discount"]
    world.change(made, "customer.updated", discount=None)
    world.emit("customer.discount.deleted", old)
    return {**old, "deleted": True}


@answers("post", "/v1/customers/{customer}/tax_ids")
def _create_tax_id(world: World, call: Call) -> Json:
    customer = customer_of(world, call.id, "id", 404)
    return add_tax_id(world, customer, call.params["type"], call.params["value"])


@answers("get", "/v1/customers/{customer}/tax_ids")
def _list_tax_ids(world: World, call: Call) -> Json:
    customer_of(world, call.id, "id", 404)
    return page(call, world.store.pointing("tax_id", "customer", call.id))


@answers("get", "/v1/customers/{customer}/tax_ids/{id}")
def _retrieve_tax_id(world: World, call: Call) -> Json:
    return world.store.get("tax_id", call.ids[1], "id", 404)


@answers("delete", "/v1/customers/{customer}/tax_ids/{id}")
def _delete_tax_id(world: World, call: Call) -> Json:
    made = world.store.get("tax_id", call.ids[1], "id", 404)
    world.store.remove(made)
    world.emit("customer.tax_id.deleted", made)
    return {"id": made["id"], "object": "tax_id", "deleted": True}


@answers("post", "/v1/customers/{customer}/balance_transactions")
def _create_balance(world: World, call: Call) -> Json:
    customer = customer_of(world, call.id, "id", 404)
    customer["currency"] = customer["currency"] or call.params["currency"]
    return add_to_balance(world, customer, call.params["amount"],
                          description=call.get("description"),
                          metadata=merged({}, call.get("metadata")))  # fmt: skip


@answers("get", "/v1/customers/{customer}/balance_transactions")
def _list_balance(world: World, call: Call) -> Json:
    customer_of(world, call.id, "id", 404)
    call.params["customer"] = call.id
    return listed(world, call, "customer_balance_transaction")


def _as_list(things: list[Json], url: str) -> Json:
    return {"object": "list", "data": things[::-1][:10], "has_more": len(things) > 10, "url": url}


@shows("customer", "tax_ids")
def _tax_ids(world: World, customer: Json) -> Json:
    found = world.store.pointing("tax_id", "customer", customer["id"])
    return _as_list(found, f"/v1/customers/{customer['id']}/tax_ids")


@shows("customer", "subscriptions")
def _subscriptions(world: World, customer: Json) -> Json:
    found = [s for s in world.store.pointing("subscription", "customer", customer["id"])
             if s["status"] not in ("canceled", "incomplete_expired")]  # fmt: skip
    return _as_list(found, f"/v1/customers/{customer['id']}/subscriptions")


@shows("customer", "sources")
def _sources(world: World, customer: Json) -> Json:
    return _as_list([], f"/v1/customers/{customer['id']}/sources")


@shows("customer", "invoice_credit_balance")
def _credit(world: World, customer: Json) -> Json:
    return {customer["currency"]: customer["balance"]} if customer["currency"] else {}


@shows("customer", "tax")
def _tax(world: World, customer: Json) -> Json:
    where = (customer["address"] or {}).get("country")
    location = {"country": where, "source": "billing_address", "state": None} if where else None
    return {"automatic_tax": "supported" if where else "unrecognized_location",
            "ip_address": None, "location": location, "provider": "stripe"}  # fmt: skip
