"""A subscription's life: begun, renewed, paused, ended."""

from typing import Any

from tests.support.stripe_server import shapes
from tests.support.stripe_server.billing import discounts, invoices
from tests.support.stripe_server.billing.endings import end
from tests.support.stripe_server.billing.lines import period_line, trial_line
from tests.support.stripe_server.billing.periods import end_of
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.resources.catalog import create_price
from tests.support.stripe_server.resources.invoice_items import as_line
from tests.support.stripe_server.resources.setup_intents import new_setup
from tests.support.stripe_server.world import DAY, World

EXPIRY = 23 * 3600
"""Seconds that a first payment may take."""


def plan_of(price: Json) -> Json:
    """The price as the plan that items still carry."""
    recurring = price["recurring"]
    return shapes.new(
        "plan", id=price["id"], active=price["active"], amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"], billing_scheme=price["billing_scheme"],
        created=price["created"], currency=price["currency"], interval=recurring["interval"],
        interval_count=recurring["interval_count"], metadata=price["metadata"],
        nickname=price["nickname"], product=price["product"], usage_type=recurring["usage_type"],
        trial_period_days=recurring["trial_period_days"],
    )  # fmt: skip


def recurring_price(world: World, given: Json, param: str) -> Json:
    """The price that an item names or brings along."""
    if "price_data" in given:
        return create_price(world, given["price_data"])
    name = given.get("price") or given.get("plan")
    if not name:
        raise invalid(f"Missing required param: {param}[price].", f"{param}[price]",
                      "parameter_missing")  # fmt: skip
    price = world.store.get("price", name, f"{param}[price]")
    if price["type"] != "recurring":
        raise invalid("The price specified is set to `type=one_time` but this field only accepts "
                      "prices with `type=recurring`.", f"{param}[price]")  # fmt: skip
    if not price["active"]:
        raise invalid("The price specified is inactive. This field only accepts active prices.",
                      f"{param}[price]")  # fmt: skip
    return price


def add_item(
    world: World,
    sub: Json,
    price: Json,
    quantity: int,
    period: tuple[int, int],
    metadata: Any = None,
) -> Json:
    """Put an item into a subscription."""
    item = world.new(
        "subscription_item", sub["customer"], price=price, plan=plan_of(price), quantity=quantity,
        subscription=sub["id"], current_period_start=period[0], current_period_end=period[1],
        tax_rates=[], metadata=merged({}, metadata),
    )  # fmt: skip
    sub["items"]["data"].append(item)
    sub["items"]["total_count"] = len(sub["items"]["data"])
    return item


def draft(world: World, customer: Json, params: Json) -> Json:
    """A subscription from parameters, not announced and not billed yet."""
    if not params.get("items"):
        raise invalid("Missing required param: items.", "items", "parameter_missing")
    now = world.now(customer["id"])
    prices = [recurring_price(world, one, f"items[{place}]")
              for place, one in enumerate(params["items"])]  # fmt: skip
    if len({price["currency"] for price in prices}) > 1:
        raise invalid("All prices on a subscription must have the same currency.", "items")
    trial_end = _trial_end(params, prices[0], now)
    anchor = trial_end or params.get("billing_cycle_anchor") or now
    identity = world.store.new_id("subscription")
    sub = shapes.new(
        "subscription", id=identity, billing_cycle_anchor=anchor, created=now, start_date=now,
        currency=prices[0]["currency"], customer=customer["id"], status="active",
        collection_method=params.get("collection_method", "charge_automatically"),
        days_until_due=params.get("days_until_due"), description=params.get("description"),
        metadata=merged({}, params.get("metadata")), default_tax_rates=[],
        test_clock=customer["test_clock"], trial_end=trial_end,
        trial_start=now if trial_end else None, cancel_at_period_end=False,
        cancellation_details={"comment": None, "feedback": None, "feedback_option": None,
                              "reason": None},
        default_payment_method=params.get("default_payment_method"),
        payment_settings={"payment_method_options": None, "payment_method_types": None,
                          "save_default_payment_method": "off"}
        | params.get("payment_settings", {}),
        billing_mode={"flexible": {"proration_discounts": "included"}, "type": "flexible",
                      "updated_at": None},
        trial_settings={"end_behavior": {"billing_cycle_anchor": "unchanged",
                                         "missing_payment_method": "create_invoice"}},
    )  # fmt: skip
    world.mark(sub)
    sub["automatic_tax"] |= {"enabled": False, **params.get("automatic_tax", {})}
    sub["invoice_settings"]["issuer"] = {"account": None, "type": "self"}
    if "trial_settings" in params:
        sub["trial_settings"]["end_behavior"] |= params["trial_settings"]["end_behavior"]
    sub["items"]["url"] = f"/v1/subscription_items?subscription={identity}"
    world.store.add(sub)
    for price, one in zip(prices, params["items"], strict=True):
        end = trial_end or end_of(anchor, now, price["recurring"])
        add_item(world, sub, price, one.get("quantity", 1), (now, end), one.get("metadata"))
    _set_end(world, sub, params)
    return sub


def _trial_end(params: Json, price: Json, now: int) -> int | None:
    end = params.get("trial_end")
    days = params.get("trial_period_days")
    if days is None and params.get("trial_from_plan"):
        days = price["recurring"]["trial_period_days"]
    if end == "now" or (end is None and not days):
        return None
    if isinstance(end, int) and end <= now:
        raise invalid("The `trial_end` must be in the future.", "trial_end")
    return int(end) if end is not None else now + int(days or 0) * DAY


def _set_end(world: World, sub: Json, params: Json) -> None:
    if params.get("cancel_at_period_end"):
        sub.update(schedule_end(world, sub, True))
    elif isinstance(params.get("cancel_at"), int):
        sub["cancel_at"] = params["cancel_at"]


def period_end(sub: Json) -> int:
    """When the current period of a subscription's items ends, the last of them."""
    return max(int(item["current_period_end"]) for item in sub["items"]["data"])


def schedule_end(world: World, sub: Json, at_end: bool) -> Json:
    """Fields that say a subscription ends with its period, or does not."""
    if not at_end:
        return {"cancel_at_period_end": False, "cancel_at": None, "canceled_at": None,
                "cancellation_details": {"comment": None, "feedback": None,
                                         "feedback_option": None, "reason": None}}  # fmt: skip
    return {"cancel_at_period_end": True, "cancel_at": period_end(sub),
            "canceled_at": world.now(sub["customer"])}  # fmt: skip


def first_invoice(world: World, sub: Json, customer: Json, extra: list[Json] | None = None) -> Json:
    """The draft that a subscription begins with."""
    lines = []
    for item in sub["items"]["data"]:
        start, end = item["current_period_start"], item["current_period_end"]
        make = trial_line if sub["trial_end"] and sub["trial_end"] == end else period_line
        lines.append(make(world, item, start, end))
    return invoices.build(world, customer, lines + (extra or []), "subscription_create", sub=sub,
                          discounts=discounts.current(world, sub),
                          due_date=_due(world, sub))  # fmt: skip


def _due(world: World, sub: Json) -> int | None:
    if sub["collection_method"] != "send_invoice":
        return None
    return world.now(sub["customer"]) + (sub["days_until_due"] or 30) * DAY


def begin(world: World, sub: Json, customer: Json, behavior: str) -> Json:
    """Announce a new subscription, and bill it for the first time.

    :raises Problem: 402 with ``error_if_incomplete`` and a card that is refused.
    """
    invoice = first_invoice(world, sub, customer)
    sub["latest_invoice"] = invoice["id"]
    trial = sub["trial_end"] is not None
    owes = invoice["amount_due"] > 0 and sub["collection_method"] == "charge_automatically"
    sub["status"] = "trialing" if trial else "incomplete" if owes else "active"
    world.emit("customer.subscription.created", sub)
    invoices.finalize(world, invoice)
    if trial and sub["default_payment_method"] is None and not _has_method(customer):
        _ask_for_method(world, sub)
    if owes and behavior != "default_incomplete" and not invoices.pay(world, invoice, None):
        intent = invoices.intent_of(world, invoice)
        if behavior == "error_if_incomplete" and intent is not None:
            end(world, sub)
            world.store.remove(sub)
            invoices.void(world, invoice)
            invoices.refuse(world, invoice)
    if not owes or invoice["status"] == "paid":
        discounts.drop_used(world, sub)
    return sub


def _has_method(customer: Json) -> bool:
    return bool(customer["invoice_settings"]["default_payment_method"])


def _ask_for_method(world: World, sub: Json) -> None:
    sub["pending_setup_intent"] = new_setup(world, sub["customer"])["id"]


def renew(world: World, sub: Json) -> None:
    """A period is over: the next one begins, with an invoice; or nothing does."""
    customer = customer_of(world, sub["customer"])
    if sub["cancel_at_period_end"]:
        end(world, sub)
        return
    before = {"items": {"data": [dict(i) for i in sub["items"]["data"]]},
              "latest_invoice": sub["latest_invoice"], "status": sub["status"]}  # fmt: skip
    now = world.now(customer["id"])
    lines = []
    for item in sub["items"]["data"]:
        if item["current_period_end"] <= now:
            start = item["current_period_end"]
            stop = end_of(sub["billing_cycle_anchor"], start, item["price"]["recurring"])
            item.update(current_period_start=start, current_period_end=stop)
            lines.append(period_line(world, item, start, stop))
    if sub["status"] == "trialing":
        sub["status"] = "active"
    invoice = bill(world, sub, customer, lines, "subscription_cycle")
    sub["latest_invoice"] = invoice["id"]
    world.emit("customer.subscription.updated", sub, before)


def bill(world: World, sub: Json, customer: Json, lines: list[Json], reason: str) -> Json:
    """A draft for a subscription: these lines and all that was pending."""
    all_lines = [*pending_lines(world, sub), *lines]
    # an unpaid subscription goes on, but nobody is charged for it until somebody acts
    keep = (sub["pause_collection"] or {}).get("behavior") == "keep_as_draft" or sub[
        "status"
    ] == "unpaid"
    now = world.now(customer["id"])
    invoice = invoices.build(
        world, customer, all_lines, reason, sub=sub, discounts=discounts.current(world, sub),
        auto_advance=not keep, due_date=_due(world, sub),
        automatically_finalizes_at=None if keep else now + world.settings.finalize_after,
    )  # fmt: skip
    take_pending(world, invoice)
    discounts.drop_used(world, sub)
    return invoice


def pending_lines(world: World, sub: Json) -> list[Json]:
    """The lines of invoice items that wait for the subscription's next invoice."""
    found = []
    for item in world.store.pointing("invoiceitem", "customer", sub["customer"]):
        owner = ((item["parent"] or {}).get("subscription_details") or {}).get("subscription")
        if item["invoice"] is None and owner in (None, sub["id"]):
            found.append(as_line(world, item))
    return found


def take_pending(world: World, invoice: Json) -> None:
    """Note on the invoice items that they are on this invoice now."""
    for one in invoice["lines"]["data"]:
        for details in (one["parent"] or {}).values():
            identity = details.get("invoice_item") if isinstance(details, dict) else None
            item = world.store.find(identity) if identity else None
            if item is not None:
                world.change(item, None, invoice=invoice["id"])
