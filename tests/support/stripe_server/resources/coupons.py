"""Coupons and promotion codes."""

from tests.support.stripe_server.billing.discounts import promotion_active
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.expand import shows
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.people import merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World


@answers("post", "/v1/coupons")
def _create(world: World, call: Call) -> Json:
    params = call.params
    if ("percent_off" in params) == ("amount_off" in params):
        raise invalid("You must pass either `percent_off` or `amount_off`.", "percent_off",
                      "parameter_missing")  # fmt: skip
    if "amount_off" in params and "currency" not in params:
        raise invalid("You must pass currency when passing amount_off", "currency",
                      "parameter_missing")  # fmt: skip
    duration = params.get("duration", "once")
    if duration == "repeating" and "duration_in_months" not in params:
        raise invalid("You must pass duration_in_months when passing duration=repeating.",
                      "duration_in_months", "parameter_missing")  # fmt: skip
    identity = params.get("id") or world.store.letters(8)
    if world.store.find(identity):
        raise invalid("Coupon already exists.", "id", "resource_already_exists")
    plain = {
        k: params.get(k)
        for k in (
            "amount_off",
            "currency",
            "duration_in_months",
            "max_redemptions",
            "name",
            "percent_off",
            "redeem_by",
        )
    }
    made = world.new("coupon", id=identity, duration=duration, valid=True, times_redeemed=0,
                     metadata=merged({}, params.get("metadata")), **plain)  # fmt: skip
    if "applies_to" in params:
        world.coupon_products[identity] = params["applies_to"]["products"]
    world.emit("coupon.created", made)
    return made


@answers("get", "/v1/coupons")
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "coupon")


@answers("get", "/v1/coupons/{coupon}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get("coupon", call.id, "coupon", 404)


@answers("post", "/v1/coupons/{coupon}")
def _update(world: World, call: Call) -> Json:
    made = world.store.get("coupon", call.id, "coupon", 404)
    fields = {k: call.params[k] for k in ("name",) if k in call.params}
    if "metadata" in call.params:
        fields["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, "coupon.updated", **fields)


@answers("delete", "/v1/coupons/{coupon}")
def _delete(world: World, call: Call) -> Json:
    made = world.store.get("coupon", call.id, "coupon", 404)
    made["valid"] = False
    world.emit("coupon.deleted", made)
    # kept among the objects: discounts that were given go on to point to it
    return {"id": call.id, "object": "coupon", "deleted": True}


@shows("coupon", "applies_to")
def _applies_to(world: World, coupon: Json) -> Json | None:
    products = world.coupon_products.get(coupon["id"])
    return {"products": products} if products else None


@answers("post", "/v1/promotion_codes")
def _create_code(world: World, call: Call) -> Json:
    params = call.params
    coupon = params["promotion"].get("coupon")
    if not coupon:
        raise invalid("Missing required param: promotion[coupon].", "promotion[coupon]",
                      "parameter_missing")  # fmt: skip
    world.store.get("coupon", coupon, "promotion[coupon]")
    code = params.get("code") or world.store.letters(8).upper()
    for other in world.store.all("promotion_code"):
        if other["code"].lower() == code.lower() and other["active"]:
            raise invalid("An active promotion code with `code: " + code + "` already exists.",
                          "code", "resource_already_exists")  # fmt: skip
    limits = {"first_time_transaction": False, "minimum_amount": None,
              "minimum_amount_currency": None} | params.get("restrictions", {})  # fmt: skip
    made = world.new(
        "promotion_code", active=params.get("active", True), code=code,
        customer=params.get("customer"), expires_at=params.get("expires_at"),
        max_redemptions=params.get("max_redemptions"), restrictions=limits, times_redeemed=0,
        metadata=merged({}, params.get("metadata")),
        promotion={"coupon": coupon, "type": "coupon"},
    )  # fmt: skip
    world.emit("promotion_code.created", made)
    return made


@answers("get", "/v1/promotion_codes")
def _list_codes(world: World, call: Call) -> Json:
    return listed(
        world, call, "promotion_code",
        coupon=lambda one, coupon: one["promotion"]["coupon"] == coupon,
        active=lambda one, active: promotion_active(world, one) == active,
        code=lambda one, code: one["code"].lower() == code.lower(),
    )  # fmt: skip


@answers("get", "/v1/promotion_codes/{promotion_code}")
def _retrieve_code(world: World, call: Call) -> Json:
    return world.store.get("promotion_code", call.id, "promotion_code", 404)


@answers("post", "/v1/promotion_codes/{promotion_code}")
def _update_code(world: World, call: Call) -> Json:
    made = world.store.get("promotion_code", call.id, "promotion_code", 404)
    fields = {k: call.params[k] for k in ("active",) if k in call.params}
    if "metadata" in call.params:
        fields["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, "promotion_code.updated", **fields)
