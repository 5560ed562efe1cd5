"""Subscription schedules: made from a subscription, given a next phase, lived through, released."""

from tests.support.stripe_server.billing import schedules
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World

_PATH = "/v1/subscription_schedules"


@answers("post", _PATH)
def _create(world: World, call: Call) -> Json:
    params = call.params
    if "from_subscription" not in params:
        raise invalid("This server makes schedules from a subscription.", "from_subscription",
                      "parameter_missing")  # fmt: skip
    sub = world.store.get("subscription", params["from_subscription"], "from_subscription")
    if sub["schedule"]:
        raise invalid("You cannot migrate a subscription that is already attached to a schedule: "
                      f"{sub['schedule']}.", "from_subscription")  # fmt: skip
    customer = customer_of(world, sub["customer"])
    made = world.new(
        "subscription_schedule", customer=sub["customer"], subscription=sub["id"], status="active",
        end_behavior=params.get("end_behavior", "release"), phases=[schedules.present(sub)],
        metadata=merged({}, params.get("metadata")), test_clock=customer["test_clock"],
    )  # fmt: skip
    made["billing_mode"] |= {"type": "flexible", "flexible": {"proration_discounts": "included"}}
    made["default_settings"] |= {"billing_cycle_anchor": "automatic",
                                 "collection_method": "charge_automatically"}  # fmt: skip
    made["default_settings"]["invoice_settings"]["issuer"] = {"account": None, "type": "self"}
    schedules.set_current(world, made)
    world.change(sub, "customer.subscription.updated", schedule=made["id"])
    world.emit("subscription_schedule.created", made)
    return made


def _held(world: World, identity: str) -> Json:
    return world.store.get("subscription_schedule", identity, "schedule", 404)


@answers("get", _PATH)
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "subscription_schedule")


@answers("get", _PATH + "/{schedule}")
def _retrieve(world: World, call: Call) -> Json:
    return _held(world, call.id)


@answers("post", _PATH + "/{schedule}")
def _update(world: World, call: Call) -> Json:
    made = _held(world, call.id)
    if made["status"] not in ("active", "not_started"):
        raise invalid(f"You cannot update a subscription schedule that is {made['status']}.")
    fields: Json = {k: call.params[k] for k in ("end_behavior",) if k in call.params}
    if "metadata" in call.params:
        fields["metadata"] = merged(made["metadata"], call.params["metadata"])
    if "phases" in call.params:
        sub = world.store.get("subscription", made["subscription"])
        fields["phases"] = schedules.phases(world, sub, call.params["phases"])
    world.change(made, "subscription_schedule.updated", **fields)
    schedules.set_current(world, made)
    return made


@answers("post", _PATH + "/{schedule}/release")
def _release(world: World, call: Call) -> Json:
    return schedules.release(world, _held(world, call.id))


@answers("post", _PATH + "/{schedule}/cancel")
def _cancel(world: World, call: Call) -> Json:
    return schedules.cancel(world, _held(world, call.id))
