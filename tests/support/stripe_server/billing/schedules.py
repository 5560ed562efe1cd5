"""What a subscription schedule does: one phase after the other."""

from tests.support.stripe_server.billing import changes
from tests.support.stripe_server.billing.endings import ENDED, end
from tests.support.stripe_server.billing.periods import later
from tests.support.stripe_server.billing.subscriptions import period_end, plan_of, recurring_price
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.world import World


def present(sub: Json) -> Json:
    """The phase that a subscription is in without a schedule: this period."""
    items = [{"price": one["price"], "quantity": one["quantity"]} for one in sub["items"]["data"]]
    start = min(one["current_period_start"] for one in sub["items"]["data"])
    return _phase(sub, items, start, period_end(sub), "create_prorations")


def _phase(sub: Json, items: list[Json], start: int, stop: int, behavior: str) -> Json:
    return {
        "add_invoice_items": [], "application_fee_percent": None, "automatic_tax": None,
        "billing_cycle_anchor": None, "billing_thresholds": None, "collection_method": None,
        "currency": sub["currency"], "default_payment_method": None, "default_tax_rates": [],
        "description": None, "discounts": [], "end_date": stop, "invoice_settings": None,
        "items": [{"billing_thresholds": None, "discounts": [], "metadata": {},
                   "plan": one["price"]["id"], "price": one["price"]["id"],
                   "quantity": one["quantity"], "tax_rates": []} for one in items],
        "metadata": {}, "on_behalf_of": None, "proration_behavior": behavior, "start_date": start,
        "transfer_data": None, "trial_end": None,
    }  # fmt: skip


def phases(world: World, sub: Json, given: list[Json]) -> list[Json]:
    """The phases of an update: each begins where the one before ends."""
    made: list[Json] = []
    for place, one in enumerate(given):
        param = f"phases[{place}]"
        items = [{"price": recurring_price(world, item, f"{param}[items][{number}]"),
                  "quantity": item.get("quantity", 1)}
                 for number, item in enumerate(one["items"])]  # fmt: skip
        start = one.get("start_date") or (made[-1]["end_date"] if made else None)
        if not isinstance(start, int):
            start = world.now(sub["customer"])
        stop = one.get("end_date")
        if stop is None:
            length = one.get("duration") or items[0]["price"]["recurring"]
            stop = later(start, length["interval"], length.get("interval_count", 1))
        if stop <= start:
            raise invalid("The end date of a phase must be after its start.", f"{param}[end_date]")
        behavior = one.get("proration_behavior", "create_prorations")
        made.append(_phase(sub, items, start, stop, behavior))
    return made


def set_current(world: World, schedule: Json) -> None:
    """Say which phase it is now."""
    now = world.now(schedule["customer"])
    for one in schedule["phases"]:
        if one["start_date"] <= now < one["end_date"]:
            schedule["current_phase"] = {"start_date": one["start_date"],
                                         "end_date": one["end_date"]}  # fmt: skip
            return
    schedule["current_phase"] = None


def next_turn(schedule: Json) -> int | None:
    """When the current phase ends."""
    current = schedule["current_phase"]
    return current["end_date"] if schedule["status"] == "active" and current else None


def turn(world: World, schedule: Json) -> None:
    """A phase is over: the next begins, or the schedule ends as it says."""
    over = schedule["current_phase"]["end_date"]
    sub = world.store.get("subscription", schedule["subscription"])
    following = next((p for p in schedule["phases"] if p["start_date"] == over), None)
    if sub["status"] in ENDED:
        release(world, schedule)
    elif following is not None:
        _enter(world, sub, following)
        set_current(world, schedule)
        world.emit("subscription_schedule.updated", schedule)
    elif schedule["end_behavior"] == "cancel":
        schedule["current_phase"] = None
        world.change(schedule, None, status="completed", completed_at=world.now(sub["customer"]))
        world.emit("subscription_schedule.completed", schedule)
        sub["schedule"] = None
        end(world, sub)
    else:
        release(world, schedule)


def _enter(world: World, sub: Json, phase: Json) -> None:
    """Take over a phase's items; at a period's end there is nothing to prorate."""
    items = [{"id": held["id"], "price": new["price"], "quantity": new["quantity"]}
             for held, new in zip(sub["items"]["data"], phase["items"], strict=False)]  # fmt: skip
    if all(i["current_period_end"] <= world.now(sub["customer"]) for i in sub["items"]["data"]):
        for held, new in zip(sub["items"]["data"], items, strict=False):
            price = world.store.get("price", new["price"])
            held.update(price=price, plan=plan_of(price), quantity=new["quantity"])
        world.emit("customer.subscription.updated", sub)
        return
    asked = {"items": items, "proration_behavior": phase["proration_behavior"]}
    change = changes.work_out(world, sub, asked)
    changes.put_in_force(world, sub, change, phase["proration_behavior"], "allow_incomplete")
    world.emit("customer.subscription.updated", sub)


def release(world: World, schedule: Json) -> Json:
    """Let the subscription go on by itself."""
    if schedule["status"] not in ("active", "not_started"):
        raise invalid(f"You cannot release a subscription schedule that is {schedule['status']}.")
    sub = world.store.get("subscription", schedule["subscription"])
    world.change(schedule, None, status="released", released_subscription=sub["id"],
                 released_at=world.now(sub["customer"]), subscription=None,
                 current_phase=None)  # fmt: skip
    world.change(sub, "customer.subscription.updated", schedule=None)
    world.emit("subscription_schedule.released", schedule)
    return schedule


def cancel(world: World, schedule: Json) -> Json:
    """End the schedule and its subscription."""
    sub = world.store.get("subscription", schedule["subscription"])
    world.change(schedule, None, status="canceled", canceled_at=world.now(sub["customer"]),
                 current_phase=None)  # fmt: skip
    sub["schedule"] = None
    end(world, sub)
    world.emit("subscription_schedule.canceled", schedule)
    return schedule
