"""Invoices, their lines and payments."""

from typing import Any

from tests.support.stripe_server.billing import changes, discounts, invoices
from tests.support.stripe_server.billing import subscriptions as billing
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import listed, matches, page, searched
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.resources.invoice_items import as_line
from tests.support.stripe_server.resources.payment_methods import attach, method_of
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import DAY, World


def _held(world: World, identity: str) -> Json:
    return world.store.get("invoice", identity, "invoice", 404)


@answers("post", "/v1/invoices")
def _create(world: World, call: Call) -> Json:
    params = call.params
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customer_of(world, params["customer"])
    sub = world.store.get("subscription", params["subscription"], "subscription") \
        if "subscription" in params else None  # fmt: skip
    lines = _pending(world, customer, params, sub)
    given = params.get("discounts") or []
    held = [
        discounts.apply(
            world,
            *discounts.resolve(world, one, f"discounts[{place}]", customer["id"]),
            customer=customer["id"],
        )
        for place, one in enumerate(given)
    ]
    method = params.get("collection_method", "charge_automatically")
    days = params.get("days_until_due")
    due = params.get("due_date") or (days and world.now(customer["id"]) + days * DAY)
    if method == "send_invoice" and not due:
        raise invalid("If invoice collection method is 'send_invoice', you must specify "
                      "'due_date' or 'days_until_due'.", "days_until_due")  # fmt: skip
    made = invoices.build(
        world, customer, lines, "manual", sub=sub, discounts=held,
        auto_advance=params.get("auto_advance", False), description=params.get("description"),
        metadata=merged({}, params.get("metadata")), collection_method=method, due_date=due,
        default_payment_method=params.get("default_payment_method"),
        **({"currency": params["currency"]} if "currency" in params else {}),
    )  # fmt: skip
    billing.take_pending(world, made)
    return made


def _pending(world: World, customer: Json, params: Json, sub: Json | None) -> list[Json]:
    if sub is not None:
        return billing.pending_lines(world, sub)
    if params.get("pending_invoice_items_behavior", "exclude") == "exclude":
        return []
    found = world.store.pointing("invoiceitem", "customer", customer["id"])
    return [as_line(world, one) for one in found if one["invoice"] is None and not one["parent"]]


@answers("get", "/v1/invoices")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "invoice")


@answers("get", "/v1/invoices/search")
def _search(world: World, call: Call) -> Json:
    return searched(world, call, "invoice")


@answers("post", "/v1/invoices/create_preview")
def _preview(world: World, call: Call) -> Json:
    return changes.preview(world, call.params)


@answers("get", "/v1/invoices/{invoice}")
def _retrieve(world: World, call: Call) -> Json:
    return _held(world, call.id)


@answers("post", "/v1/invoices/{invoice}")
def _update(world: World, call: Call) -> Json:
    made = _held(world, call.id)
    fields: Json = {
        name: call.params[name] if call.params[name] != "" else None
        for name in (
            "auto_advance",
            "description",
            "footer",
            "default_payment_method",
            "due_date",
            "collection_method",
        )
        if name in call.params
    }
    if "metadata" in call.params:
        fields["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, "invoice.updated", **fields)


@answers("delete", "/v1/invoices/{invoice}")
def _delete(world: World, call: Call) -> Json:
    made = _held(world, call.id)
    if made["status"] != "draft":
        raise invalid("You can only delete draft invoices.")
    world.store.remove(made)
    world.emit("invoice.deleted", made)
    return {"id": call.id, "object": "invoice", "deleted": True}


@answers("post", "/v1/invoices/{invoice}/finalize")
def _finalize(world: World, call: Call) -> Json:
    made = invoices.finalize(world, _held(world, call.id))
    if call.get("auto_advance") and made["status"] == "open" \
            and made["collection_method"] == "charge_automatically":  # fmt: skip
        invoices.pay(world, made, None)
    return made


@answers("post", "/v1/invoices/{invoice}/pay")
def _pay(world: World, call: Call) -> Json:
    made = _held(world, call.id)
    if made["status"] == "draft":
        invoices.finalize(world, made)
    if made["status"] == "paid":
        if made["amount_due"] and made["attempted"]:
            raise invalid("Invoice is already paid", code="invoice_already_paid")
        return made
    if made["status"] == "void":
        raise invalid("You cannot pay an invoice that is void.", code="invoice_not_editable")
    if call.get("paid_out_of_band"):
        invoices.paid(world, made, out_of_band=True)
        return made
    method = _method(world, made, call.get("payment_method"))
    if not invoices.pay(world, made, method, forced=True):
        invoices.refuse(world, made)
    return made


def _method(world: World, invoice: Json, identity: str | None) -> Json | None:
    if identity is None:
        return None
    method = method_of(world, identity)
    if method["customer"] is None:
        attach(world, method["id"], customer_of(world, invoice["customer"]))
    if method["customer"] != invoice["customer"]:
        raise invalid("The payment method must belong to the invoice's customer.",
                      "payment_method")  # fmt: skip
    return method


@answers("post", "/v1/invoices/{invoice}/send")
def _send(world: World, call: Call) -> Json:
    made = _held(world, call.id)
    if made["status"] == "draft":
        invoices.finalize(world, made)
    world.emit("invoice.sent", made)
    return made


@answers("post", "/v1/invoices/{invoice}/void")
def _void(world: World, call: Call) -> Json:
    return invoices.void(world, _held(world, call.id))


@answers("post", "/v1/invoices/{invoice}/mark_uncollectible")
def _uncollectible(world: World, call: Call) -> Json:
    return invoices.mark_uncollectible(world, _held(world, call.id))


@answers("get", "/v1/invoices/{invoice}/lines")
def _lines(world: World, call: Call) -> Json:
    data: Any = _held(world, call.id)["lines"]["data"]
    return page(call, data, newest_first=False)


@answers("get", "/v1/invoice_payments")
def _list_payments(world: World, call: Call) -> Json:
    return listed(world, call, "invoice_payment",
                  payment=lambda one, wanted: matches(one["payment"], wanted))  # fmt: skip


@answers("get", "/v1/invoice_payments/{invoice_payment}")
def _retrieve_payment(world: World, call: Call) -> Json:
    return world.store.get("invoice_payment", call.id, "id", 404)
