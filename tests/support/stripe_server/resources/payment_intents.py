"""Payment intents and charges."""

from tests.support.stripe_server.billing import invoices, payments
from tests.support.stripe_server.errors import Json, card_error_fields, declined, invalid
from tests.support.stripe_server.expand import shows
from tests.support.stripe_server.limits import check_amount
from tests.support.stripe_server.listing import listed, searched
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.resources.payment_methods import attach, from_data, method_of
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World


def confirm(
    world: World, intent: Json, method: Json, *, authenticated: bool = False,
    return_url: str | None = None,
) -> bool:  # fmt: skip
    """Try to pay an intent, and do all that follows from its success: whether it worked.

    What belongs to an invoice settles that; a card that is to be used again is saved.
    """
    worked = payments.attempt(world, intent, method, authenticated=authenticated,
                              return_url=return_url)  # fmt: skip
    bound = world.store.pointing("invoice_payment", "payment_intent", intent["id"])
    if not worked:
        if bound and intent["status"] != "requires_action":
            invoice = world.store.get("invoice", bound[0]["invoice"])
            invoices.failed(world, invoice, intent, forced=True)
        return False
    if intent["customer"] and intent["setup_future_usage"] and not method["customer"]:
        attach(world, method["id"], customer_of(world, intent["customer"]))
    for payment in bound:
        invoice = world.store.get("invoice", payment["invoice"])
        if invoice["status"] == "open" and intent["status"] == "succeeded":
            invoices.paid(world, invoice)
    return True


def _chosen(world: World, intent: Json, params: Json) -> Json | None:
    if "payment_method_data" in params:
        return from_data(world, params["payment_method_data"])
    identity = params.get("payment_method") or intent["payment_method"]
    return method_of(world, identity) if identity else None


def _confirm(world: World, intent: Json, params: Json) -> Json:
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(f"This PaymentIntent's status is {intent['status']}, so it cannot be "
                      "confirmed.", code="payment_intent_unexpected_state")  # fmt: skip
    method = _chosen(world, intent, params)
    if method is None:
        raise invalid("You cannot confirm this PaymentIntent because it's missing a payment "
                      "method.", "payment_method", "payment_intent_unexpected_state")  # fmt: skip
    if params.get("setup_future_usage"):
        intent["setup_future_usage"] = params["setup_future_usage"]
    if params.get("off_session") and payments.wants_3ds(world, method):
        fields = card_error_fields("authentication_required", "authentication_required")
        payments.fail(world, intent, method, fields, "authentication_required")
        raise declined({**fields, "payment_intent": intent, "payment_method": method})
    worked = confirm(world, intent, method, return_url=params.get("return_url"))
    if not worked and intent["status"] == "requires_payment_method":
        raise declined({**intent["last_payment_error"], "payment_intent": intent})
    return intent


@answers("post", "/v1/payment_intents")
def _create(world: World, call: Call) -> Json:
    params = call.params
    customer = params.get("customer")
    if customer:
        customer_of(world, customer)
    if params["amount"] < 1:
        raise invalid("This value must be greater than or equal to 1.", "amount",
                      "parameter_invalid_integer")  # fmt: skip
    check_amount(params["amount"], params["currency"])
    plain = {k: params[k] for k in ("description", "receipt_email", "setup_future_usage",
                                    "capture_method", "confirmation_method", "statement_descriptor",
                                    "payment_method_types") if k in params}  # fmt: skip
    intent = payments.new_intent(
        world, params["amount"], params["currency"], customer, **plain,
        metadata=merged({}, params.get("metadata")),
        automatic_payment_methods=params.get("automatic_payment_methods"),
    )  # fmt: skip
    method = _chosen(world, intent, params)
    if method is not None:
        intent.update(payment_method=method["id"], status="requires_confirmation")
    return _confirm(world, intent, params) if params.get("confirm") else intent


def _held(world: World, identity: str) -> Json:
    return world.store.get("payment_intent", identity, "intent", 404)


@answers("get", "/v1/payment_intents")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "payment_intent")


@answers("get", "/v1/payment_intents/search")
def _search(world: World, call: Call) -> Json:
    return searched(world, call, "payment_intent")


@answers("get", "/v1/payment_intents/{intent}")
def _retrieve(world: World, call: Call) -> Json:
    return _held(world, call.id)


@answers("post", "/v1/payment_intents/{intent}")
def _update(world: World, call: Call) -> Json:
    intent = _held(world, call.id)
    fields: Json = {k: call.params[k] if call.params[k] != "" else None for k in (
        "amount", "currency", "description", "receipt_email", "setup_future_usage", "customer")
        if k in call.params}  # fmt: skip
    if "metadata" in call.params:
        fields["metadata"] = merged(intent["metadata"], call.params["metadata"])
    if call.get("payment_method"):
        fields["payment_method"] = method_of(world, call.params["payment_method"])["id"]
        if intent["status"] == "requires_payment_method":
            fields["status"] = "requires_confirmation"
    return world.change(intent, None, **fields)


@answers("post", "/v1/payment_intents/{intent}/confirm")
def _confirm_call(world: World, call: Call) -> Json:
    return _confirm(world, _held(world, call.id), call.params)


@answers("post", "/v1/payment_intents/{intent}/cancel")
def _cancel(world: World, call: Call) -> Json:
    intent = _held(world, call.id)
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid("You cannot cancel this PaymentIntent because it has a status of "
                      f"{intent['status']}.", code="payment_intent_unexpected_state")  # fmt: skip
    world.change(intent, None, status="canceled", canceled_at=world.now(intent["customer"]),
                 cancellation_reason=call.get("cancellation_reason"), next_action=None)  # fmt: skip
    world.emit("payment_intent.canceled", intent)
    return intent


@answers("post", "/v1/payment_intents/{intent}/capture")
def _capture(world: World, call: Call) -> Json:
    intent = _held(world, call.id)
    if intent["status"] != "requires_capture":
        raise invalid("This PaymentIntent could not be captured because it has a status of "
                      f"{intent['status']}.", code="payment_intent_unexpected_state")  # fmt: skip
    charge = world.store.get("charge", intent["latest_charge"])
    payments.capture(world, intent, charge, intent["payment_method"])
    world.emit("charge.captured", charge)
    return intent


@answers("get", "/v1/charges")
def _list_charges(world: World, call: Call) -> Json:
    return listed(world, call, "charge")


@answers("get", "/v1/charges/search")
def _search_charges(world: World, call: Call) -> Json:
    return searched(world, call, "charge")


@answers("get", "/v1/charges/{charge}")
def _retrieve_charge(world: World, call: Call) -> Json:
    return world.store.get("charge", call.id, "charge", 404)


@answers("post", "/v1/charges/{charge}")
def _update_charge(world: World, call: Call) -> Json:
    charge = world.store.get("charge", call.id, "charge", 404)
    fields: Json = {k: call.params[k] for k in ("description", "receipt_email") if k in call.params}
    if "metadata" in call.params:
        fields["metadata"] = merged(charge["metadata"], call.params["metadata"])
    return world.change(charge, "charge.updated", **fields)


@answers("get", "/v1/balance_transactions")
def _list_entries(world: World, call: Call) -> Json:
    return listed(world, call, "balance_transaction")


@answers("get", "/v1/balance_transactions/{id}")
def _retrieve_entry(world: World, call: Call) -> Json:
    return world.store.get("balance_transaction", call.id, "id", 404)


@shows("charge", "refunds")
def _refunds(world: World, charge: Json) -> Json:
    found = world.store.pointing("refund", "charge", charge["id"])
    return {"object": "list", "data": found[::-1], "has_more": False,
            "url": f"/v1/charges/{charge['id']}/refunds"}  # fmt: skip
