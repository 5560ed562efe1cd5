"""Refunds and disputes."""

from tests.support.stripe_server.billing.payments import balance_entry
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.people import merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World


def refund(world: World, charge: Json, amount: int | None, params: Json) -> Json:
    """Give money of a charge back.

    :raises Problem: 400 where there is not so much left, or a dispute has it.
    """
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = left if amount is None else amount
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                      code="charge_disputed")  # fmt: skip
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.",
                      code="charge_already_refunded")  # fmt: skip
    if not 0 < amount <= left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge "
                      f"({left})", "amount")  # fmt: skip
    customer = charge["customer"]
    made = world.new(
        "refund", customer, amount=amount, charge=charge["id"], currency=charge["currency"],
        payment_intent=charge["payment_intent"], reason=params.get("reason"), status="succeeded",
        metadata=merged({}, params.get("metadata")), customer=customer,
        payment_method=charge["payment_method"], destination_details={
            "card": {"reference": None, "reference_status": "pending", "type": "refund"},
            "type": "card"},
    )  # fmt: skip
    made["balance_transaction"] = balance_entry(world, made, -amount, 0, "refund")["id"]
    done = charge["amount_refunded"] + amount
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    world.change(charge, None, amount_refunded=done, refunded=done == charge["amount_captured"])
    world.emit("refund.created", made)
    world.emit("charge.refunded", charge, before)
    return made


@answers("post", "/v1/refunds")
def _create(world: World, call: Call) -> Json:
    params = call.params
    if "charge" in params:
        charge = world.store.get("charge", params["charge"], "charge")
    elif "payment_intent" in params:
        intent = world.store.get("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge "
                          "to refund.", "payment_intent")  # fmt: skip
        charge = world.store.get("charge", intent["latest_charge"])
    else:
        raise invalid("One of the following params should be provided for this request: "
                      "payment_intent or charge.", "charge", "parameter_missing")  # fmt: skip
    return refund(world, charge, params.get("amount"), params)


@answers("get", "/v1/refunds")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "refund")


@answers("get", "/v1/refunds/{refund}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get("refund", call.id, "refund", 404)


@answers("post", "/v1/refunds/{refund}")
def _update(world: World, call: Call) -> Json:
    made = world.store.get("refund", call.id, "refund", 404)
    fields = {"metadata": merged(made["metadata"], call.params["metadata"])} \
        if "metadata" in call.params else {}  # fmt: skip
    return world.change(made, "refund.updated", **fields)


@answers("get", "/v1/disputes")
def _list_disputes(world: World, call: Call) -> Json:
    return listed(world, call, "dispute")


@answers("get", "/v1/disputes/{dispute}")
def _retrieve_dispute(world: World, call: Call) -> Json:
    return world.store.get("dispute", call.id, "dispute", 404)


def settle(world: World, dispute: Json, won: bool) -> Json:
    """The bank has decided."""
    if dispute["status"] in ("won", "lost"):
        raise invalid("This dispute is already closed.")
    if won:
        charge = world.store.get("charge", dispute["charge"])
        entry = balance_entry(world, {**charge, "id": dispute["id"]}, dispute["amount"], 0,
                              "adjustment")  # fmt: skip
        dispute["balance_transactions"].append(entry)
        world.change(dispute, None, status="won")
        world.emit("charge.dispute.funds_reinstated", dispute)
    else:
        world.change(dispute, None, status="lost")
    world.emit("charge.dispute.closed", dispute)
    return dispute


@answers("post", "/v1/disputes/{dispute}/close")
def _close(world: World, call: Call) -> Json:
    return settle(world, world.store.get("dispute", call.id, "dispute", 404), won=False)
