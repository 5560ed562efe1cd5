"""Payment methods: made, attached to a customer, detached, listed."""

import re
from typing import Any

from tests.support.stripe_server.cards import TOKENS, Card, card_of, error_code
from tests.support.stripe_server.errors import Json, card_error_fields, declined, invalid
from tests.support.stripe_server.listing import listed, page
from tests.support.stripe_server.people import address, customer_of, merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World


def method_of(world: World, identity: str, param: str = "payment_method") -> Json:
    """A payment method; ``pm_card_...`` makes a new one each time."""
    if identity.startswith("pm_card_") and identity.removeprefix("pm_card_") in TOKENS:
        return make(world, TOKENS[identity.removeprefix("pm_card_")])
    return world.store.get("payment_method", identity, param)


def make(world: World, number: str, month: int = 12, year: int = 2034, **more: Any) -> Json:
    """A card that no customer has yet. ``more`` are its billing details."""
    card = card_of(number)
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
    shown = {
        "brand": card.brand, "checks": checks, "country": card.country,
        "display_brand": card.brand, "exp_month": month, "exp_year": year,
        "fingerprint": f"fp{number[-12:]}{month:02d}", "funding": card.funding,
        "generated_from": None, "last4": number[-4:], "networks": {
            "available": [card.brand], "preferred": None}, "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True}, "wallet": None,
    }  # fmt: skip
    details = {"address": address({"country": None} | (more.get("address") or {})),
               "email": more.get("email"), "name": more.get("name"), "phone": more.get("phone"),
               "tax_id": None}  # fmt: skip
    made = world.new("payment_method", type="card", card=shown, billing_details=details,
                     metadata={}, allow_redisplay="unspecified")  # fmt: skip
    world.store.cards[made["id"]] = number
    return made


def card_behind(world: World, method: Json) -> Card:
    """How the card of a payment method behaves."""
    return card_of(world.store.cards.get(method["id"], ""))


def from_data(world: World, data: Json) -> Json:
    """A payment method from ``type``, ``card`` and ``billing_details``."""
    if data.get("type", "card") != "card" or "card" not in data:
        raise invalid("This server's payment methods are cards.", "type")
    card = data["card"]
    if "token" in card:
        name = card["token"].removeprefix("tok_")
        if name not in TOKENS:
            raise invalid(f"No such token: '{card['token']}'", "card[token]", "resource_missing")
        number, month, year = TOKENS[name], 12, 2034
    else:
        number, month, year = card["number"], card["exp_month"], card["exp_year"]
    check_number(world, number, month, year)
    made = make(world, re.sub(r"\s", "", number), month, year, **data.get("billing_details") or {})
    made["metadata"] = merged({}, data.get("metadata"))
    return made


def check_number(world: World, number: str, month: int, year: int) -> None:
    """What Stripe checks before it asks any bank.

    :raises Problem: 402 ``incorrect_number`` or ``invalid_expiry_year``.
    """
    digits = [int(one) for one in re.sub(r"\s", "", number)[::-1] if one.isdigit()]
    luhn = sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits))
    if luhn % 10 or len(digits) < 12:
        raise declined(
            {
                "type": "card_error",
                "code": "incorrect_number",
                "message": "Your card number is incorrect.",
                "param": "number",
            }
        )
    if not 1 <= month <= 12:
        raise declined({"type": "card_error", "code": "invalid_expiry_month", "param": "exp_month",
                        "message": "Your card's expiration month is invalid."})  # fmt: skip
    if year < 2020:
        raise declined({"type": "card_error", "code": "invalid_expiry_year", "param": "exp_year",
                        "message": "Your card's expiration year is invalid."})  # fmt: skip


def attach(world: World, identity: str, customer: Json) -> Json:
    """Save a payment method to a customer.

    :raises Problem: 402 where the card refuses even that.
    """
    method = method_of(world, identity)
    if method["customer"] == customer["id"]:
        return method
    if method["customer"]:
        raise invalid("The payment method you provided has already been attached to a customer.",
                      "payment_method")  # fmt: skip
    card = card_behind(world, method)
    if card.refused and not card.attaches:
        raise declined(card_error_fields(*error_code(card.refused)))
    world.change(method, None, customer=customer["id"])
    world.emit("payment_method.attached", method)
    return method


def detach(world: World, method: Json) -> Json:
    """Take a payment method from its customer, and from all that used it by default."""
    owner = method["customer"]
    customer = customer_of(world, owner)
    world.change(method, None, customer=None)
    world.emit("payment_method.detached", method, {"customer": owner})
    settings = customer["invoice_settings"]
    if settings["default_payment_method"] == method["id"]:
        world.change(customer, "customer.updated",
                     invoice_settings={**settings, "default_payment_method": None})  # fmt: skip
    for sub in world.store.pointing("subscription", "customer", owner):
        if sub["default_payment_method"] == method["id"]:
            world.change(sub, "customer.subscription.updated", default_payment_method=None)
    return method


@answers("post", "/v1/payment_methods")
def _create(world: World, call: Call) -> Json:
    return from_data(world, call.params)


@answers("get", "/v1/payment_methods")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "payment_method")


@answers("get", "/v1/payment_methods/{payment_method}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get("payment_method", call.id, "id", 404)


@answers("post", "/v1/payment_methods/{payment_method}")
def _update(world: World, call: Call) -> Json:
    made = world.store.get("payment_method", call.id, "id", 404)
    changes: Json = {}
    if "metadata" in call.params:
        changes["metadata"] = merged(made["metadata"], call.params["metadata"])
    if call.get("billing_details"):
        given = call.params["billing_details"]
        new = {**made["billing_details"], **given}
        if "address" in given:
            new["address"] = address(given["address"])
        changes["billing_details"] = new
    if "card" in call.params:
        dates = {k: v for k, v in call.params["card"].items() if k in ("exp_month", "exp_year")}
        changes["card"] = {**made["card"], **dates}
    return world.change(made, "payment_method.updated", **changes)


@answers("post", "/v1/payment_methods/{payment_method}/attach")
def _attach(world: World, call: Call) -> Json:
    return attach(world, call.id, customer_of(world, call.params["customer"]))


@answers("post", "/v1/payment_methods/{payment_method}/detach")
def _detach(world: World, call: Call) -> Json:
    method = world.store.get("payment_method", call.id, "id", 404)
    if not method["customer"]:
        raise invalid("The payment method you provided is not attached to a customer so "
                      "detachment is impossible.", "payment_method")  # fmt: skip
    return detach(world, method)


@answers("get", "/v1/customers/{customer}/payment_methods")
def _list_of_customer(world: World, call: Call) -> Json:
    customer_of(world, call.id, "id", 404)
    things = world.store.pointing("payment_method", "customer", call.id)
    return page(call, [m for m in things if call.get("type", m["type"]) == m["type"]])


@answers("get", "/v1/customers/{customer}/payment_methods/{payment_method}")
def _retrieve_of_customer(world: World, call: Call) -> Json:
    method = world.store.get("payment_method", call.ids[1], "id", 404)
    if method["customer"] != call.id:
        raise invalid("No such payment method.", "payment_method", "resource_missing")
    return method
