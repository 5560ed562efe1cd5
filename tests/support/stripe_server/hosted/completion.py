"""What happens when a customer submits Checkout's page."""

from dataclasses import dataclass

from tests.support.stripe_server.billing import discounts, invoices, payments
from tests.support.stripe_server.billing import subscriptions as billing
from tests.support.stripe_server.billing.lines import line
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.people import add_tax_id, address, customer_of, merged
from tests.support.stripe_server.resources.checkout import in_trial
from tests.support.stripe_server.resources.customers import create
from tests.support.stripe_server.resources.payment_intents import confirm
from tests.support.stripe_server.resources.payment_methods import attach
from tests.support.stripe_server.resources.setup_intents import confirm_setup, new_setup
from tests.support.stripe_server.world import World


@dataclass
class Buyer:
    """What the customer typed."""

    email: str
    name: str = ""
    country: str = ""
    postal_code: str = ""
    tax_id: str = ""
    line1: str = ""
    city: str = ""


def pay(world: World, session: Json, buyer: Buyer, method: Json | None) -> Json | None:
    """Charge or save the card: the intent that was needed, None for none.

    The intent says what came of it: succeeded, requires_action or a refusal.
    """
    held = world.checkouts[session["id"]]
    held["buyer"] = buyer
    if session["mode"] == "setup":
        intent = world.store.get("setup_intent", session["setup_intent"])
        assert method is not None
        confirm_setup(world, intent, method)
        return intent
    if session["mode"] == "subscription" or session["customer_creation"] == "always":
        _customer(world, session, buyer)
    if not session["amount_total"]:
        return _save_only(world, session, method)
    assert method is not None
    intent = _intent(world, session)
    confirm(world, intent, method)
    return intent


def _customer(world: World, session: Json, buyer: Buyer) -> Json:
    """The session's customer, made on the first try and kept for the next."""
    held = world.checkouts[session["id"]]
    identity = session["customer"] or held.get("customer")
    if identity:
        return customer_of(world, identity)
    made = create(world, {"email": buyer.email, "name": buyer.name or None,
                          "address": _address(buyer)})  # fmt: skip
    if session["locale"] and session["locale"] != "auto":
        made["preferred_locales"] = [session["locale"]]
    held["customer"] = made["id"]
    return made


def _address(buyer: Buyer) -> Json | None:
    return address({"country": buyer.country, "postal_code": buyer.postal_code,
                    "line1": buyer.line1, "city": buyer.city})  # fmt: skip


def _save_only(world: World, session: Json, method: Json | None) -> Json | None:
    held = world.checkouts[session["id"]]
    if method is None or session["mode"] != "subscription":
        return None
    intent = new_setup(world, session["customer"] or held["customer"])
    held["intent"] = intent["id"]
    confirm_setup(world, intent, method)
    return intent


def _intent(world: World, session: Json) -> Json:
    held = world.checkouts[session["id"]]
    begun = world.store.find(held.get("intent", ""))
    if begun is not None and begun["object"] == "payment_intent":
        # refused before; since then a code or a quantity may have changed the sum
        return world.change(begun, None, amount=session["amount_total"])
    params = held["params"]
    data = params.get("payment_intent_data") or {}
    keep = "off_session" if session["mode"] == "subscription" else data.get("setup_future_usage")
    intent = payments.new_intent(
        world, session["amount_total"], session["currency"],
        session["customer"] or held.get("customer"), metadata=merged({}, data.get("metadata")),
        setup_future_usage=keep, description=data.get("description") or (
            "Subscription creation" if session["mode"] == "subscription" else None),
        capture_method=data.get("capture_method", "automatic_async"),
        receipt_email=data.get("receipt_email"),
    )  # fmt: skip
    held["intent"] = intent["id"]
    return intent


def complete(world: World, session: Json, intent: Json | None) -> None:
    """All that a successful page leads to."""
    held = world.checkouts[session["id"]]
    buyer: Buyer = held["buyer"]
    customer = customer_of(world, session["customer"] or held["customer"]) \
        if session["customer"] or held.get("customer") else None  # fmt: skip
    if customer is not None:
        _learn(world, session, customer, buyer)
    if session["mode"] == "subscription":
        assert customer is not None
        _subscribe(world, session, customer, intent)
    elif session["mode"] == "payment":
        _sell(world, session, customer, intent)
    tax_ids = [{"type": "eu_vat", "value": buyer.tax_id}] if buyer.tax_id else []
    world.change(
        session, None, status="complete", url=None, customer=customer["id"] if customer else None,
        # a trial, a code that takes all, a card only saved: nothing was to be paid today
        payment_status="paid" if session["amount_total"] else "no_payment_required",
        customer_details={
            "address": _address(buyer), "business_name": None, "email": buyer.email or (
                customer["email"] if customer else None), "individual_name": None,
            "name": buyer.name or (customer["name"] if customer else None), "phone": None,
            "tax_exempt": "none", "tax_ids": tax_ids},
    )  # fmt: skip
    world.emit("checkout.session.completed", session)


def _learn(world: World, session: Json, customer: Json, buyer: Buyer) -> None:
    """Take over what the page asked, where the session allows it for a known customer."""
    held = world.checkouts[session["id"]]
    may = held["params"].get("customer_update") or {}
    new = session["customer"] is None
    fields: Json = {}
    if buyer.name and (new or may.get("name") == "auto"):
        fields["name"] = buyer.name
    if buyer.country and (new or may.get("address") == "auto"):
        fields["address"] = _address(buyer)
    world.change(customer, "customer.updated", **fields)
    if buyer.tax_id:
        known = world.store.pointing("tax_id", "customer", customer["id"])
        if all(one["value"] != buyer.tax_id for one in known):
            add_tax_id(world, customer, "eu_vat", buyer.tax_id)


def _redeem(world: World, session: Json, customer: Json, sub: str | None) -> list[Json]:
    held = world.checkouts[session["id"]]
    if not held["coupon"]:
        return []
    coupon = world.store.get("coupon", held["coupon"])
    promotion = world.store.get("promotion_code", held["promotion"]) if held["promotion"] else None
    return [discounts.apply(world, coupon, promotion, customer=customer["id"], subscription=sub,
                            checkout=session["id"])]  # fmt: skip


def _subscribe(world: World, session: Json, customer: Json, intent: Json | None) -> None:
    held = world.checkouts[session["id"]]
    data = dict(held["params"].get("subscription_data") or {})
    recurring = [one for one in held["items"] if one["price"]["type"] == "recurring"]
    items = [{"price": one["price"]["id"], "quantity": one["quantity"],
              "metadata": one["metadata"]} for one in recurring]  # fmt: skip
    sub = billing.draft(
        world,
        customer,
        {**data, "items": items, "automatic_tax": {"enabled": session["automatic_tax"]["enabled"]}},
    )
    if intent is not None:
        sub["default_payment_method"] = intent["payment_method"]
        attach(world, intent["payment_method"], customer)
    sub["discounts"] = [one["id"] for one in _redeem(world, session, customer, sub["id"])]
    extra = [_one_time(world, one, sub["created"]) for one in held["items"] if one not in recurring]
    invoice = billing.first_invoice(world, sub, customer, extra)
    sub["latest_invoice"] = invoice["id"]
    sub["status"] = "trialing" if in_trial(held["params"]) else "active"
    world.emit("customer.subscription.created", sub)
    _settle(world, invoice, intent)
    discounts.drop_used(world, sub)
    session.update(subscription=sub["id"], invoice=invoice["id"])


def _one_time(world: World, item: Json, at: int) -> Json:
    details = {"invoice_item": "", "proration": False, "proration_details": None,
               "subscription": None}  # fmt: skip
    return line(world, item["price"], item["quantity"],
                item["amount_subtotal"], (at, at), description=item["description"],
                parent={"type": "invoice_item_details", "invoice_item_details": details,
                        "subscription_item_details": None})  # fmt: skip


def _settle(world: World, invoice: Json, intent: Json | None) -> None:
    """Finalize an invoice that the page has paid already."""
    paid_by = intent if intent is not None and intent["object"] == "payment_intent" else None
    invoices.finalize(world, invoice, paid_by=paid_by)
    if invoice["status"] == "open":
        invoices.paid(world, invoice)


def _sell(world: World, session: Json, customer: Json | None, intent: Json | None) -> None:
    held = world.checkouts[session["id"]]
    if customer is not None and intent is not None and intent["setup_future_usage"]:
        attach(world, intent["payment_method"], customer)
    found = _redeem(world, session, customer, None) if customer else []
    creation = session["invoice_creation"]
    if customer is not None and creation["enabled"]:
        now = world.now(customer["id"])
        invoice = invoices.build(
            world, customer, [_one_time(world, one, now) for one in held["items"]], "manual",
            discounts=found, description=creation["invoice_data"]["description"],
            metadata=merged({}, creation["invoice_data"]["metadata"]),
        )  # fmt: skip
        _settle(world, invoice, intent)
        session["invoice"] = invoice["id"]
    if intent is not None:
        session["payment_intent"] = intent["id"]
