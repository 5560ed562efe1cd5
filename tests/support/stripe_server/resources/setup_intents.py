"""Setup intents: a card saved for later."""

from typing import Any

from tests.support.stripe_server.billing.payments import next_action, wants_3ds
from tests.support.stripe_server.cards import card_of, error_code
from tests.support.stripe_server.errors import Json, card_error_fields, declined, invalid
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.resources.payment_methods import attach, from_data, method_of
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World


def new_setup(world: World, customer: str | None, **more: Any) -> Json:
    """A setup intent that waits for a payment method."""
    identity = world.store.new_id("setup_intent")
    values: Json = {
        "customer": customer, "metadata": {}, "status": "requires_payment_method",
        "usage": "off_session", "payment_method_types": ["card"],
        "client_secret": f"{identity}_secret_{world.store.letters(25)}",
        "payment_method_options": {"card": {"mandate_options": None, "network": None,
                                            "request_three_d_secure": "automatic"}},
    }  # fmt: skip
    made = world.new("setup_intent", customer, id=identity, **(values | more))
    world.emit("setup_intent.created", made)
    return made


def confirm_setup(
    world: World, intent: Json, method: Json, *, authenticated: bool = False,
    return_url: str | None = None,
) -> bool:  # fmt: skip
    """Try to save a card; whether it worked. If not the intent says why, or asks for 3-D Secure."""
    card = card_of(world.store.cards.get(method["id"], ""))
    if card.refused and not card.attaches and card.secure == "never":
        error = {**card_error_fields(*error_code(card.refused)), "payment_method": dict(method)}
        world.change(intent, None, status="requires_payment_method", last_setup_error=error)
        world.emit("setup_intent.setup_failed", intent)
        return False
    if wants_3ds(world, method) and not authenticated:
        world.change(intent, None, status="requires_action", payment_method=method["id"],
                     next_action=next_action(world, intent, return_url))  # fmt: skip
        world.emit("setup_intent.requires_action", intent)
        return False
    if intent["customer"]:
        attach(world, method["id"], customer_of(world, intent["customer"]))
    world.set_up.add(method["id"])
    world.change(intent, None, status="succeeded", payment_method=method["id"], next_action=None,
                 last_setup_error=None)  # fmt: skip
    world.emit("setup_intent.succeeded", intent)
    return True


def _confirm(world: World, intent: Json, params: Json) -> Json:
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(f"You cannot confirm this SetupIntent because its status is "
                      f"{intent['status']}.", code="setup_intent_unexpected_state")  # fmt: skip
    if "payment_method_data" in params:
        method = from_data(world, params["payment_method_data"])
    else:
        identity = params.get("payment_method") or intent["payment_method"]
        if not identity:
            raise invalid("You cannot confirm this SetupIntent because it's missing a payment "
                          "method.", "payment_method", "parameter_missing")  # fmt: skip
        method = method_of(world, identity)
    worked = confirm_setup(world, intent, method, return_url=params.get("return_url"))
    if not worked and intent["status"] == "requires_payment_method":
        raise declined({**intent["last_setup_error"], "setup_intent": intent})
    return intent


@answers("post", "/v1/setup_intents")
def _create(world: World, call: Call) -> Json:
    params = call.params
    if params.get("customer"):
        customer_of(world, params["customer"])
    plain = {k: params[k] for k in ("description", "usage", "payment_method_types",
                                    "automatic_payment_methods") if k in params}  # fmt: skip
    intent = new_setup(world, params.get("customer"), **plain,
                       metadata=merged({}, params.get("metadata")))  # fmt: skip
    if params.get("payment_method"):
        intent.update(payment_method=method_of(world, params["payment_method"])["id"],
                      status="requires_confirmation")  # fmt: skip
    return _confirm(world, intent, params) if params.get("confirm") else intent


def _held(world: World, identity: str) -> Json:
    return world.store.get("setup_intent", identity, "intent", 404)


@answers("get", "/v1/setup_intents")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "setup_intent")


@answers("get", "/v1/setup_intents/{intent}")
def _retrieve(world: World, call: Call) -> Json:
    return _held(world, call.id)


@answers("post", "/v1/setup_intents/{intent}")
def _update(world: World, call: Call) -> Json:
    intent = _held(world, call.id)
    fields: Json = {k: call.params[k] for k in ("description", "customer") if k in call.params}
    if "metadata" in call.params:
        fields["metadata"] = merged(intent["metadata"], call.params["metadata"])
    return world.change(intent, None, **fields)


@answers("post", "/v1/setup_intents/{intent}/confirm")
def _confirm_call(world: World, call: Call) -> Json:
    return _confirm(world, _held(world, call.id), call.params)


@answers("post", "/v1/setup_intents/{intent}/cancel")
def _cancel(world: World, call: Call) -> Json:
    intent = _held(world, call.id)
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid("You cannot cancel this SetupIntent because it has a status of "
                      f"{intent['status']}.", code="setup_intent_unexpected_state")  # fmt: skip
    world.change(intent, None, status="canceled",
                 cancellation_reason=call.get("cancellation_reason"))  # fmt: skip
    world.emit("setup_intent.canceled", intent)
    return intent
