"""Test clocks: customers who live in a time of their own."""

from tests.support.stripe_server.billing.clock import run_until
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import DAY, World

_KIND = "test_helpers.test_clock"
_PATH = "/v1/test_helpers/test_clocks"


@answers("post", _PATH)
def _create(world: World, call: Call) -> Json:
    made = world.new(_KIND, frozen_time=call.params["frozen_time"], name=call.get("name"),
                     status="ready", deletes_after=world.now() + 30 * DAY)  # fmt: skip
    world.emit("test_helpers.test_clock.created", made)
    return made


@answers("get", _PATH)
def _list(world: World, call: Call) -> Json:
    return listed(world, call, _KIND)


@answers("get", _PATH + "/{test_clock}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get(_KIND, call.id, "test_clock", 404)


@answers("post", _PATH + "/{test_clock}/advance")
def _advance(world: World, call: Call) -> Json:
    made = world.store.get(_KIND, call.id, "test_clock", 404)
    target = call.params["frozen_time"]
    if target <= made["frozen_time"]:
        raise invalid("The frozen time must be after the clock's current frozen time.",
                      "frozen_time")  # fmt: skip
    world.emit("test_helpers.test_clock.advancing", made)
    run_until(world, target, made["id"])
    made["frozen_time"] = target
    world.emit("test_helpers.test_clock.ready", made)
    return made


@answers("delete", _PATH + "/{test_clock}")
def _delete(world: World, call: Call) -> Json:
    made = world.store.get(_KIND, call.id, "test_clock", 404)
    for customer in world.store.all("customer"):
        if customer["test_clock"] == made["id"]:
            for sub in world.store.pointing("subscription", "customer", customer["id"]):
                world.store.remove(sub)
            world.store.remove(customer)
    world.store.remove(made)
    world.emit("test_helpers.test_clock.deleted", made)
    return {"id": call.id, "object": _KIND, "deleted": True}
