"""Coupons and promotion codes applied: to a subscription, an invoice, a Checkout Session."""

from tests.support.stripe_server.billing.periods import later
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.world import World


def usable(world: World, coupon: Json, param: str) -> None:
    """Let a coupon through that can be redeemed now.

    :raises Problem: 400 ``coupon_expired``.
    """
    over = coupon["redeem_by"] is not None and coupon["redeem_by"] <= world.now()
    used_up = (coupon["max_redemptions"] is not None
               and coupon["times_redeemed"] >= coupon["max_redemptions"])  # fmt: skip
    if over or used_up or not coupon["valid"]:
        raise invalid(f"Coupon {coupon['id']} is expired and cannot be applied.", param,
                      "coupon_expired")  # fmt: skip


def promotion_by_code(world: World, code: str) -> Json | None:
    """The active promotion code that a customer typed, whatever its case."""
    for one in world.store.all("promotion_code"):
        if one["code"].lower() == code.strip().lower() and promotion_active(world, one):
            return one
    return None


def promotion_active(world: World, promotion: Json) -> bool:
    """Whether a promotion code can be redeemed."""
    over = promotion["expires_at"] is not None and promotion["expires_at"] <= world.now()
    used_up = (promotion["max_redemptions"] is not None
               and promotion["times_redeemed"] >= promotion["max_redemptions"])  # fmt: skip
    return bool(promotion["active"]) and not over and not used_up


def resolve(
    world: World, given: Json, param: str, customer: str | None = None
) -> tuple[Json, Json | None]:
    """The coupon behind ``{coupon: ...}`` or ``{promotion_code: ...}``, and the code.

    :raises Problem: 400 where it does not exist, can no longer be redeemed, or is for others.
    """
    promotion = None
    name = given.get("coupon")
    if given.get("promotion_code"):
        where = f"{param}[promotion_code]"
        promotion = world.store.get("promotion_code", given["promotion_code"], where)
        if not promotion_active(world, promotion):
            raise invalid("This promotion code is inactive.", where, "promotion_code_inactive")
        reason = not_for(world, promotion, customer)
        if reason:
            raise invalid(reason, where)
        name = promotion["promotion"]["coupon"]
    if not name:
        raise invalid("You must pass a coupon, a promotion code or a discount.", param)
    coupon = world.store.get("coupon", name, f"{param}[coupon]")
    usable(world, coupon, f"{param}[coupon]")
    return coupon, promotion


def not_for(
    world: World, promotion: Json, customer: str | None, amount: int | None = None
) -> str:  # fmt: skip
    """Why this customer cannot redeem a code, or not on this amount; empty if they can."""
    if promotion["customer"] and promotion["customer"] != customer:
        return "This promotion code cannot be redeemed because it belongs to another customer."
    limits = promotion["restrictions"]
    if limits["first_time_transaction"] and customer and _has_paid(world, customer):
        return ("This promotion code cannot be redeemed because the associated customer has prior "
                "transactions.")  # fmt: skip
    if amount is not None and amount < (limits["minimum_amount"] or 0):
        return "This promotion code cannot be redeemed: the amount is below its minimum."
    return ""


def _has_paid(world: World, customer: str) -> bool:
    charges = world.store.pointing("charge", "customer", customer)
    return any(one["status"] == "succeeded" for one in charges)


def apply(
    world: World, coupon: Json, promotion: Json | None, *, customer: str,
    subscription: str | None = None, checkout: str | None = None,
) -> Json:  # fmt: skip
    """A discount: one redemption of a coupon."""
    start = world.now(customer)
    end = None
    if coupon["duration"] == "repeating":
        end = later(start, "month", coupon["duration_in_months"])
    made = world.new(
        "discount", customer, customer=customer, subscription=subscription, start=start, end=end,
        promotion_code=promotion["id"] if promotion else None, checkout_session=checkout,
        source={"coupon": coupon["id"], "type": "coupon"},
    )  # fmt: skip
    world.change(coupon, "coupon.updated", times_redeemed=coupon["times_redeemed"] + 1)
    if promotion is not None:
        world.change(promotion, "promotion_code.updated",
                     times_redeemed=promotion["times_redeemed"] + 1)  # fmt: skip
    world.emit("customer.discount.created", made)
    return made


def wanted(world: World, given: list[Json], customer: str, subscription: str) -> list[Json]:
    """The discounts of a subscription after an update that lists them."""
    kept: list[Json] = []
    for place, one in enumerate(given):
        if one.get("discount"):
            kept.append(world.store.get("discount", one["discount"], "discounts"))
            continue
        coupon, promotion = resolve(world, one, f"discounts[{place}]", customer)
        kept.append(apply(world, coupon, promotion, customer=customer, subscription=subscription))
    return kept


def current(world: World, sub: Json) -> list[Json]:
    """The discounts of a subscription that still hold for a new invoice."""
    now = world.now(sub["customer"])
    found = [world.store.get("discount", one) for one in sub["discounts"]]
    return [one for one in found if one["end"] is None or one["end"] > now]


def drop_used(world: World, sub: Json) -> None:
    """Take away what was for one invoice only, or is over."""
    now = world.now(sub["customer"])
    kept = []
    for identity in sub["discounts"]:
        discount = world.store.get("discount", identity)
        coupon = world.store.find(discount["source"]["coupon"])
        once = coupon is not None and coupon["duration"] == "once"
        if once or (discount["end"] is not None and discount["end"] <= now):
            world.emit("customer.discount.deleted", discount)
        else:
            kept.append(identity)
    if kept != sub["discounts"]:
        world.change(sub, "customer.subscription.updated", discounts=kept)
