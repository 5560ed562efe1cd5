"""Changes to a running subscription: plan, quantity, trial; what they cost, and previews."""

from dataclasses import dataclass, field

from tests.support.stripe_server.billing import discounts, invoices
from tests.support.stripe_server.billing.lines import period_line, proration
from tests.support.stripe_server.billing.periods import end_of
from tests.support.stripe_server.billing.subscriptions import (
    add_item,
    bill,
    pending_lines,
    period_end,
    plan_of,
    recurring_price,
)
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.resources.invoice_items import pending
from tests.support.stripe_server.world import World


@dataclass
class Change:
    """New items of a subscription, worked out but not yet in force."""

    items: list[Json]
    """Copies of the items as they will be; a new one has no id yet."""
    prorations: list[Json] = field(default_factory=list)
    reset: bool = False
    """Whether a new period begins now, because the interval changed or somebody asked."""
    deleted: list[str] = field(default_factory=list)
    ends_trial: bool = False


def work_out(world: World, sub: Json, params: Json) -> Change:
    """What ``items``, ``proration_behavior``, ``proration_date`` and the anchor lead to."""
    now = world.now(sub["customer"])
    at = params.get("proration_date") or now
    ends = params.get("trial_end")
    change = Change([dict(item) for item in sub["items"]["data"]])
    old = {item["id"]: item for item in sub["items"]["data"]}
    for place, given in enumerate(params.get("items") or []):
        _one(world, sub, change, given, f"items[{place}]")
    anchor = params.get("billing_cycle_anchor") or {}
    change.ends_trial = ends == "now"
    change.reset = (
        anchor.get("type") == "now"
        or ends == "now"
        or any(
            _interval(item) != _interval(old[item["id"]])
            for item in change.items
            if item["id"] in old
        )
    )
    if params.get("proration_behavior") != "none" and sub["status"] != "trialing":
        _prorate(world, change, old, at)
    if change.reset:
        for item in change.items:
            item["current_period_start"] = now
            item["current_period_end"] = end_of(now, now, item["price"]["recurring"])
    return change


def _interval(item: Json) -> tuple[str, int]:
    recurring = item["price"]["recurring"]
    return recurring["interval"], recurring["interval_count"]


def _one(world: World, sub: Json, change: Change, given: Json, param: str) -> None:
    if "id" not in given:
        _added(world, sub, change, given, param)
        return
    item = next((one for one in change.items if one["id"] == given["id"]), None)
    if item is None:
        raise invalid(f"No such subscription item: '{given['id']}'", f"{param}[id]",
                      "resource_missing")  # fmt: skip
    if given.get("deleted"):
        change.items.remove(item)
        change.deleted.append(item["id"])
        return
    if "price" in given or "price_data" in given or "plan" in given:
        item["price"] = recurring_price(world, given, param)
        item["plan"] = plan_of(item["price"])
        item["quantity"] = given.get("quantity", 1 if "quantity" in given else item["quantity"])
    if "quantity" in given:
        item["quantity"] = given["quantity"]
    if "metadata" in given:
        item["metadata"] = merged(item["metadata"], given["metadata"])


def _added(world: World, sub: Json, change: Change, given: Json, param: str) -> None:
    price = recurring_price(world, given, param)
    if price["currency"] != sub["currency"]:
        raise invalid("The price's currency must be the subscription's.", f"{param}[price]")
    if any(item["price"]["id"] == price["id"] for item in change.items):
        raise invalid(f"Cannot add multiple subscription items with the same price: {price['id']}",
                      f"{param}[price]")  # fmt: skip
    first = sub["items"]["data"][0]
    change.items.append({
        "id": "", "price": price, "plan": plan_of(price), "quantity": given.get("quantity", 1),
        "subscription": sub["id"], "metadata": merged({}, given.get("metadata")),
        "current_period_start": first["current_period_start"],
        "current_period_end": first["current_period_end"],
    })  # fmt: skip


def _prorate(world: World, change: Change, old: dict[str, Json], at: int) -> None:
    for item in change.items:
        was = old.get(item["id"])
        same = was is not None and was["price"]["id"] == item["price"]["id"] \
            and was["quantity"] == item["quantity"]  # fmt: skip
        if same and not change.reset:
            continue
        if was is not None:
            change.prorations.append(
                proration(world, was, was["price"], was["quantity"] or 0, at, -1)
            )
        if not change.reset:
            change.prorations.append(
                proration(world, item, item["price"], item["quantity"] or 0, at, 1)
            )
    for identity in change.deleted:
        was = old[identity]
        change.prorations.append(proration(world, was, was["price"], was["quantity"] or 0, at, -1))


def put_in_force(world: World, sub: Json, change: Change, behavior: str, payment: str) -> None:
    """Make a worked-out change true, and bill what has to be billed at once.

    :raises Problem: 402 with ``error_if_incomplete`` and a card that is refused.
    """
    before = {**sub, "items": [dict(item) for item in sub["items"]["data"]]}
    _store_items(world, sub, change)
    if change.ends_trial:
        sub.update(trial_end=world.now(sub["customer"]), status="active")
    if change.reset:
        sub["billing_cycle_anchor"] = world.now(sub["customer"])
    if not change.reset and behavior != "always_invoice":
        for one in change.prorations:
            pending(
                world, one, sub, one["parent"]["subscription_item_details"]["subscription_item"]
            )
        return
    lines = list(change.prorations)
    if change.reset:
        lines += [period_line(world, item, item["current_period_start"], item["current_period_end"])
                  for item in sub["items"]["data"]]  # fmt: skip
    if lines and (change.reset or sub["status"] != "trialing"):
        _bill_now(world, sub, lines, payment, before)


def _bill_now(world: World, sub: Json, lines: list[Json], payment: str, before: Json) -> None:
    customer = customer_of(world, sub["customer"])
    invoice = bill(world, sub, customer, lines, "subscription_update")
    sub["latest_invoice"] = invoice["id"]
    invoices.finalize(world, invoice)
    if invoice["status"] == "paid" or sub["collection_method"] != "charge_automatically":
        return
    if not invoices.pay(world, invoice, None) and payment == "error_if_incomplete":
        _take_back(world, sub, before, invoice)
        invoices.refuse(world, invoice)


def _take_back(world: World, sub: Json, before: Json, invoice: Json) -> None:
    """Let a change that was not paid never have been, but for its invoice, which is void."""
    for item in world.store.pointing("subscription_item", "subscription", sub["id"]):
        world.store.remove(item)
    for item in before["items"]:
        world.store.add(item)
    sub["items"]["data"] = before["items"]
    sub["items"]["total_count"] = len(before["items"])
    for item in world.store.pointing("invoiceitem", "invoice", invoice["id"]):
        world.change(item, None, invoice=None)
    invoices.void(world, invoice)
    kept = ("billing_cycle_anchor", "latest_invoice", "status", "trial_end")
    world.change(sub, None, **{name: before[name] for name in kept})


def _store_items(world: World, sub: Json, change: Change) -> None:
    held = {item["id"]: item for item in sub["items"]["data"]}
    for identity in change.deleted:
        item = held.pop(identity)
        sub["items"]["data"].remove(item)
        world.store.remove(item)
    for item in change.items:
        if item["id"]:
            held[item["id"]].update(item)
        else:
            made = add_item(
                world,
                sub,
                item["price"],
                item["quantity"],
                (item["current_period_start"], item["current_period_end"]),
                item["metadata"],
            )
            for one in change.prorations:
                details = one["parent"]["subscription_item_details"]
                details["subscription_item"] = details["subscription_item"] or made["id"]
    sub["items"]["total_count"] = len(sub["items"]["data"])


def preview(world: World, params: Json) -> Json:
    """The invoice that would come: next, or at once with a change.

    :raises Problem: 404 ``invoice_upcoming_none`` where none will.
    """
    name = params.get("subscription")
    if not name:
        raise invalid("This server previews invoices of a subscription.", "subscription",
                      "parameter_missing")  # fmt: skip
    sub = world.store.get("subscription", name, "subscription")
    details = params.get("subscription_details") or {}
    ends = sub["cancel_at_period_end"] or details.get("cancel_at_period_end")
    if sub["status"] in ("canceled", "incomplete_expired") or (ends and not details.get("items")):
        raise invalid("No upcoming invoices for customer: " + sub["customer"], None,
                      "invoice_upcoming_none")  # fmt: skip
    change = work_out(world, sub, details)
    customer = customer_of(world, sub["customer"])
    at_once = change.reset or details.get("proration_behavior") == "always_invoice"
    lines = list(change.prorations)
    if change.reset:
        lines += [period_line(world, item, item["current_period_start"], item["current_period_end"])
                  for item in change.items]  # fmt: skip
    elif not at_once:
        lines = pending_lines(world, sub) + lines + _next_period(world, sub, change)
    else:
        lines = pending_lines(world, sub) + lines
    held = discounts.current(world, sub)
    if "discounts" in params:
        held = _trial_discounts(world, params["discounts"] or [], sub)
    reason = "subscription_update" if at_once else "upcoming"
    when = world.now(customer["id"]) if at_once else period_end(sub)
    made = invoices.build(world, customer, lines, reason, sub=sub, discounts=held, preview=True,
                          created=when, next_payment_attempt=when)  # fmt: skip
    if "proration_date" in details:
        made["parent"]["subscription_details"]["subscription_proration_date"] = \
            details["proration_date"]  # fmt: skip
    return made


def _next_period(world: World, sub: Json, change: Change) -> list[Json]:
    found = []
    for item in change.items:
        start = item["current_period_end"]
        stop = end_of(sub["billing_cycle_anchor"], start, item["price"]["recurring"])
        found.append(period_line(world, item, start, stop))
    return found


def _trial_discounts(world: World, given: list[Json], sub: Json) -> list[Json]:
    """Discounts for a preview: shaped like real ones, redeemed by nobody."""
    found = []
    for place, one in enumerate(given):
        if one.get("discount"):
            found.append(world.store.get("discount", one["discount"], "discounts"))
            continue
        coupon, promotion = discounts.resolve(world, one, f"discounts[{place}]", sub["customer"])
        found.append({"id": world.store.new_id("discount"), "object": "discount", "end": None,
                      "source": {"coupon": coupon["id"], "type": "coupon"},
                      "promotion_code": promotion and promotion["id"]})  # fmt: skip
    return found
