"""Invoice items: what the next invoice will carry besides."""

from decimal import Decimal
from typing import Any

from tests.support.stripe_server import shapes
from tests.support.stripe_server.billing.lines import rounded, total
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World


def pending(world: World, line: Json, sub: Json, item: str | None) -> Json:
    """Keep a proration's line for the subscription's next invoice."""
    price = line["pricing"]["price_details"]
    made = world.new(
        "invoiceitem", sub["customer"], amount=line["amount"], net_amount=line["amount"],
        currency=line["currency"], customer=sub["customer"], date=world.now(sub["customer"]),
        description=line["description"], discountable=line["discountable"], discounts=[],
        metadata={}, period=line["period"], proration=True, quantity=line["quantity"] or 1,
        quantity_decimal=str(line["quantity"] or 1), tax_rates=[],
        proration_details={"credited_items": None, "discount_amounts": []},
        pricing={"price_details": dict(price), "type": "price_details",
                 "unit_amount_decimal": line["pricing"]["unit_amount_decimal"]},
        parent={"type": "subscription_details", "subscription_details": {
            "subscription": sub["id"], "subscription_item": item}},
    )  # fmt: skip
    made["invoice"] = None
    world.emit("invoiceitem.created", made)
    return made


def as_line(world: World, item: Json) -> Json:
    """The line of an invoice that an item becomes."""
    details = (item["parent"] or {}).get("subscription_details") or {}
    parent = {
        "type": "invoice_item_details",
        "subscription_item_details": None,
        "invoice_item_details": {
            "invoice_item": item["id"],
            "proration": item["proration"],
            "proration_details": None,
            "subscription": None,
        },
    }
    if details.get("subscription_item"):
        parent = {"type": "subscription_item_details", "invoice_item_details": None,
                  "subscription_item_details": {
                      "invoice_item": item["id"], "proration": item["proration"],
                      "proration_details": {"credited_items": None},
                      "subscription": details["subscription"],
                      "subscription_item": details["subscription_item"]}}  # fmt: skip
    return shapes.new(
        "line_item", id=world.store.new_id("line_item"), amount=item["amount"],
        subtotal=item["amount"], currency=item["currency"], description=item["description"],
        discountable=item["discountable"], discount_amounts=[], discounts=[],
        metadata=dict(item["metadata"]), period=item["period"], quantity=item["quantity"],
        quantity_decimal=item["quantity_decimal"], pricing=item["pricing"], taxes=[],
        pretax_credit_amounts=[], parent=parent, subscription=details.get("subscription"),
    )  # fmt: skip


def _amount(world: World, params: Json) -> tuple[int, str, Any]:
    quantity = params.get("quantity", 1)
    if "amount" in params:
        return params["amount"], params.get("currency", "eur"), None
    given = params.get("pricing") or {}
    name = given.get("price")
    if name:
        price = world.store.get("price", name, "pricing[price]")
        each = Decimal(price["unit_amount_decimal"])
        details = {"price_details": {"price": price["id"], "product": price["product"]},
                   "type": "price_details", "unit_amount_decimal": str(each)}  # fmt: skip
        return rounded(each * quantity), price["currency"], details
    if "price_data" in params:
        data = params["price_data"]
        each = Decimal(str(data.get("unit_amount", data.get("unit_amount_decimal", "0"))))
        return rounded(each * quantity), data["currency"], None
    if "unit_amount_decimal" in params:
        each = Decimal(params["unit_amount_decimal"])
        return rounded(each * quantity), params.get("currency", "eur"), None
    raise invalid("Missing required param: amount.", "amount", "parameter_missing")


@answers("post", "/v1/invoiceitems")
def _create(world: World, call: Call) -> Json:
    customer = customer_of(world, call.params["customer"])
    amount, currency, pricing = _amount(world, call.params)
    now = world.now(customer["id"])
    sub = call.get("subscription")
    fallback = {"price_details": {"price": "", "product": ""}, "type": "price_details",
                "unit_amount_decimal": str(amount)}  # fmt: skip
    made = world.new(
        "invoiceitem", customer["id"], amount=amount, net_amount=amount, currency=currency,
        customer=customer["id"], date=now, description=call.get("description"), discountable=True,
        discounts=[], metadata=merged({}, call.get("metadata")), tax_rates=[],
        period=call.get("period", {"start": now, "end": now}), quantity=call.get("quantity", 1),
        quantity_decimal=str(call.get("quantity", 1)), pricing=pricing or fallback,
        parent={"type": "subscription_details", "subscription_details": {
            "subscription": sub, "subscription_item": None}} if sub else None,
    )  # fmt: skip
    made["invoice"] = None
    if call.get("invoice"):
        _into(world, made, call.params["invoice"])
    world.emit("invoiceitem.created", made)
    return made


def _into(world: World, item: Json, identity: str) -> None:
    invoice = world.store.get("invoice", identity, "invoice")
    if invoice["status"] != "draft":
        raise invalid("This invoice is no longer editable.", "invoice", "invoice_not_editable")
    line = as_line(world, item)
    line["invoice"] = identity
    invoice["lines"]["data"].append(line)
    invoice["lines"]["total_count"] = len(invoice["lines"]["data"])
    total(world, invoice, [world.store.get("discount", one) for one in invoice["discounts"]])
    world.change(item, None, invoice=identity)


@answers("get", "/v1/invoiceitems")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "invoiceitem",
                  pending=lambda one, pending: (one["invoice"] is None) == pending)  # fmt: skip


@answers("get", "/v1/invoiceitems/{invoiceitem}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get("invoiceitem", call.id, "id", 404)


@answers("delete", "/v1/invoiceitems/{invoiceitem}")
def _delete(world: World, call: Call) -> Json:
    made = world.store.get("invoiceitem", call.id, "id", 404)
    if made["invoice"] is not None:
        raise invalid("This invoice item is attached to an invoice that is no longer editable.")
    world.store.remove(made)
    world.emit("invoiceitem.deleted", made)
    return {"id": call.id, "object": "invoiceitem", "deleted": True}
