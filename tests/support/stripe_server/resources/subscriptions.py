"""Subscriptions and their items."""

import copy
from typing import Any

from tests.support.stripe_server.billing import changes, discounts, invoices
from tests.support.stripe_server.billing import subscriptions as billing
from tests.support.stripe_server.billing.endings import ENDED, end
from tests.support.stripe_server.billing.lines import proration
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import Filter, listed, matches, searched
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.resources.invoice_items import pending
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.shapes import echo
from tests.support.stripe_server.world import World

_ID = "/v1/subscriptions/{subscription_exposed_id}"


def _held(world: World, identity: str) -> Json:
    return world.store.get("subscription", identity, "id", 404)


def _method(world: World, customer: Json, identity: str) -> None:
    method = world.store.get("payment_method", identity, "default_payment_method")
    if method["customer"] != customer["id"]:
        raise invalid("The customer does not have a payment method with the ID "
                      f"{identity}. The payment method must be attached to the customer.",
                      "default_payment_method", "resource_missing")  # fmt: skip


@answers("post", "/v1/subscriptions")
def _create(world: World, call: Call) -> Json:
    params = call.params
    if "customer" not in params:
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = customer_of(world, params["customer"])
    if params.get("default_payment_method"):
        _method(world, customer, params["default_payment_method"])
    behavior = params.get("payment_behavior", "allow_incomplete")
    automatic = params.get("collection_method", "charge_automatically") == "charge_automatically"
    trial = params.get("trial_end") or params.get("trial_period_days")
    has = (
        params.get("default_payment_method")
        or customer["invoice_settings"]["default_payment_method"]
    )
    if automatic and not trial and not has and behavior != "default_incomplete" \
            and _costs(world, params):  # fmt: skip
        raise invalid("This customer has no attached payment source or default payment method. "
                      "Please consider adding a default payment method. For more information, "
                      "visit https://docs.stripe.com/billing/subscriptions/payment-methods-setting"
                      "#payment-method-priority.", code="resource_missing")  # fmt: skip
    sub = billing.draft(world, customer, params)
    given = params.get("discounts") or []
    sub["discounts"] = [one["id"] for one in
                        discounts.wanted(world, given, customer["id"], sub["id"])]  # fmt: skip
    return billing.begin(world, sub, customer, behavior)


def _costs(world: World, params: Json) -> bool:
    for place, one in enumerate(params.get("items") or []):
        if "price" in one:
            price = world.store.get("price", one["price"], f"items[{place}][price]")
            if price["unit_amount"] and one.get("quantity", 1):
                return True
        elif "price_data" in one:
            return True
    return False


@answers("get", "/v1/subscriptions")
def _list(world: World, call: Call) -> Json:
    call.params.setdefault("status", "not_ended")
    return listed(
        world, call, "subscription", status=_in_status, price=_has_price, plan=_has_price,
        current_period_start=_period("current_period_start"),
        current_period_end=_period("current_period_end"),
    )  # fmt: skip


def _in_status(sub: Json, status: str) -> bool:
    if status in ("ended", "not_ended"):
        return (sub["status"] in ENDED) == (status == "ended")
    return status in ("all", sub["status"])


def _has_price(sub: Json, price: str) -> bool:
    return any(item["price"]["id"] == price for item in sub["items"]["data"])


def _period(name: str) -> Filter:
    def within(sub: Json, wanted: Any) -> bool:
        return any(matches(item, {name: wanted}) for item in sub["items"]["data"])

    return within


@answers("get", "/v1/subscriptions/search")
def _search(world: World, call: Call) -> Json:
    return searched(world, call, "subscription")


@answers("get", _ID)
def _retrieve(world: World, call: Call) -> Json:
    return _held(world, call.id)


@answers("post", _ID)
def _update(world: World, call: Call) -> Json:
    sub, params = _held(world, call.id), call.params
    if sub["status"] in ENDED:
        allowed = {"cancellation_details", "metadata", "expand"}
        if params.keys() - allowed:
            raise invalid("A canceled subscription can only update its cancellation_details and "
                          "metadata.")  # fmt: skip
    if sub["schedule"] and params.keys() & {"items", "cancel_at_period_end", "cancel_at"}:
        raise invalid("The subscription is managed by the subscription schedule `"
                      f"{sub['schedule']}`, and updating any cancelation behavior or items "
                      "directly is not allowed. Please update the schedule instead.")  # fmt: skip
    fields = _fields(world, sub, params)
    if _moves(params):
        # worked out before anything is written: a refusal must leave the subscription as it was
        change = changes.work_out(world, sub, params)
        before = {"items": {"data": copy.deepcopy(sub["items"]["data"])},
                  "latest_invoice": sub["latest_invoice"], "status": sub["status"]}  # fmt: skip
        changes.put_in_force(world, sub, change,
                             params.get("proration_behavior", "create_prorations"),
                             params.get("payment_behavior", "allow_incomplete"))  # fmt: skip
        before |= {key: sub[key] for key, value in fields.items() if sub[key] != value}
        sub.update(fields)
        world.store.touch(sub)
        world.emit("customer.subscription.updated", sub, before)
        return sub
    return world.change(sub, "customer.subscription.updated", **fields)


def _moves(params: Json) -> bool:
    anchor = params.get("billing_cycle_anchor") or {}
    return bool(params.get("items")) or params.get("trial_end") == "now" \
        or anchor.get("type") == "now"  # fmt: skip


_NOT_PLAIN = ("items", "metadata", "discounts", "cancel_at", "cancel_at_period_end", "trial_end",
              "cancellation_details", "pause_collection", "billing_cycle_anchor", "automatic_tax",
              "payment_settings", "trial_settings")  # fmt: skip


def _fields(world: World, sub: Json, params: Json) -> Json:
    """The plain fields that an update sets."""
    fields = echo("subscription", params, *_NOT_PLAIN)
    if fields.get("default_payment_method"):
        _method(world, customer_of(world, sub["customer"]), fields["default_payment_method"])
    if "metadata" in params:
        fields["metadata"] = merged(sub["metadata"], params["metadata"])
    if "discounts" in params:
        held = discounts.wanted(world, params["discounts"] or [], sub["customer"], sub["id"])
        fields["discounts"] = [one["id"] for one in held]
    for name in ("payment_settings", "trial_settings", "automatic_tax"):
        if name in params:
            fields[name] = {**(sub[name] or {}), **params[name]}
    return fields | _ending(world, sub, params) | _pausing(world, sub, params) | _trial(sub, params)


def _ending(world: World, sub: Json, params: Json) -> Json:
    fields: Json = {}
    if "cancel_at_period_end" in params:
        at_end = params["cancel_at_period_end"]
        if at_end != sub["cancel_at_period_end"] or sub["cancel_at"]:
            fields |= billing.schedule_end(world, sub, at_end)
        if at_end:
            fields["cancellation_details"] = {**sub["cancellation_details"],
                                              "reason": "cancellation_requested"}  # fmt: skip
    if "cancel_at" in params:
        at = params["cancel_at"]
        if at in ("min_period_end", "max_period_end"):
            at = billing.period_end(sub)
        fields |= {"cancel_at": at or None,
                   "canceled_at": world.now(sub["customer"]) if at else None}  # fmt: skip
    if "cancellation_details" in params:
        told: Json = {k: v or None for k, v in params["cancellation_details"].items()}
        base: Json = fields.get("cancellation_details") or sub["cancellation_details"]
        fields["cancellation_details"] = {**base, **told}
    return fields


def _pausing(world: World, sub: Json, params: Json) -> Json:
    if "pause_collection" not in params:
        return {}
    given = params["pause_collection"]
    if given == "":
        return {"pause_collection": None}
    return {"pause_collection": {"behavior": given["behavior"],
                                 "resumes_at": given.get("resumes_at")}}  # fmt: skip


def _trial(sub: Json, params: Json) -> Json:
    end = params.get("trial_end")
    if not isinstance(end, int):
        return {}
    for item in sub["items"]["data"]:
        item["current_period_end"] = end
    return {"trial_end": end, "trial_start": sub["trial_start"] or sub["start_date"],
            "status": "trialing", "billing_cycle_anchor": end}  # fmt: skip


@answers("delete", _ID)
def _cancel(world: World, call: Call) -> Json:
    sub = _held(world, call.id)
    if sub["status"] in ENDED:
        raise invalid(f"No such subscription: '{call.id}'", "id", "resource_missing")
    if call.get("prorate"):
        _credit(world, sub)
    told: Json = {k: v or None for k, v in (call.get("cancellation_details") or {}).items()}
    if call.get("invoice_now"):
        lines = billing.pending_lines(world, sub)
        if lines:
            customer = customer_of(world, sub["customer"])
            invoice = billing.bill(world, sub, customer, [], "subscription_update")
            sub["latest_invoice"] = invoice["id"]
            invoices.finalize(world, invoice)
            if invoice["status"] == "open":
                invoices.pay(world, invoice, None)
    return end(world, sub, **told)


def _credit(world: World, sub: Json) -> None:
    at = world.now(sub["customer"])
    for item in sub["items"]["data"]:
        line = proration(world, item, item["price"], item["quantity"] or 0, at, -1)
        pending(world, line, sub, item["id"])


@answers("delete", _ID + "/discount")
def _delete_discount(world: World, call: Call) -> Json:
    sub = _held(world, call.id)
    if not sub["discounts"]:
        raise invalid(f"No active discount for subscription: {call.id}", code="resource_missing")
    old = world.store.get("discount", sub["discounts"][0])
    world.change(sub, "customer.subscription.updated", discounts=[])
    world.emit("customer.discount.deleted", old)
    return {**old, "deleted": True}


@answers("post", "/v1/subscriptions/{subscription}/resume")
def _resume(world: World, call: Call) -> Json:
    sub = _held(world, call.id)
    if sub["status"] != "paused":
        raise invalid(f"Subscription {call.id} is not paused, and only paused subscriptions can be "
                      "resumed.")  # fmt: skip
    change = changes.work_out(world, sub, {"billing_cycle_anchor": {"type": "now"},
                                           "proration_behavior": "none"})  # fmt: skip
    sub.update(status="active", status_details=None)
    changes.put_in_force(world, sub, change, "none", "allow_incomplete")
    world.emit("customer.subscription.resumed", sub)
    return sub


def _item(world: World, identity: str) -> Json:
    return world.store.get("subscription_item", identity, "id", 404)


def _change_items(world: World, sub: Json, given: list[Json], params: Json) -> None:
    asked: Any = {"items": given, **{k: params[k] for k in (
        "proration_behavior", "proration_date") if k in params}}  # fmt: skip
    change = changes.work_out(world, sub, asked)
    changes.put_in_force(world, sub, change, params.get("proration_behavior", "create_prorations"),
                         params.get("payment_behavior", "allow_incomplete"))  # fmt: skip
    world.emit("customer.subscription.updated", sub, {})


_ITEM = ("price", "price_data", "plan", "quantity", "metadata")


@answers("get", "/v1/subscription_items")
def _list_items(world: World, call: Call) -> Json:
    _held(world, call.params["subscription"])
    return listed(world, call, "subscription_item")


@answers("get", "/v1/subscription_items/{item}")
def _retrieve_item(world: World, call: Call) -> Json:
    return _item(world, call.id)


@answers("post", "/v1/subscription_items")
def _create_item(world: World, call: Call) -> Json:
    sub = _held(world, call.params["subscription"])
    _change_items(world, sub, [{k: call.params[k] for k in _ITEM if k in call.params}], call.params)
    made: Json = sub["items"]["data"][-1]
    return made


@answers("post", "/v1/subscription_items/{item}")
def _update_item(world: World, call: Call) -> Json:
    item = _item(world, call.id)
    given = {k: call.params[k] for k in _ITEM if k in call.params}
    _change_items(
        world, _held(world, item["subscription"]), [{"id": call.id, **given}], call.params
    )
    return item


@answers("delete", "/v1/subscription_items/{item}")
def _delete_item(world: World, call: Call) -> Json:
    item = _item(world, call.id)
    sub = _held(world, item["subscription"])
    if len(sub["items"]["data"]) == 1:
        raise invalid(
            "A subscription must have at least one active plan. To cancel a "
            "subscription, please use the cancel API endpoint on /v1/subscriptions."
        )
    _change_items(world, sub, [{"id": call.id, "deleted": True}], call.params)
    return {"id": call.id, "object": "subscription_item", "deleted": True}
