"""Checkout Sessions: made, shown, expired. What their page does is in ``hosted``."""

from decimal import Decimal
from typing import Any

from tests.support.stripe_server import shapes
from tests.support.stripe_server.billing import discounts
from tests.support.stripe_server.billing.lines import (
    discount_of,
    price_amount,
    product_name,
    rounded,
)
from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.expand import shows
from tests.support.stripe_server.limits import check_amount, check_email
from tests.support.stripe_server.listing import listed, matches, page
from tests.support.stripe_server.people import customer_of, merged
from tests.support.stripe_server.resources.catalog import create_price
from tests.support.stripe_server.resources.setup_intents import new_setup
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.shapes import echo
from tests.support.stripe_server.world import DAY, World

_NOT_PLAIN = (
    "automatic_tax", "currency", "customer", "discounts", "expires_at", "invoice_creation",
    "metadata", "mode", "payment_method_options", "phone_number_collection",
    "saved_payment_method_options", "tax_id_collection", "ui_mode",
)  # fmt: skip
"""Fields that are not simply what was given."""


@answers("post", "/v1/checkout/sessions")
def _create(world: World, call: Call) -> Json:
    return create(world, call.params)


def create(world: World, params: Json) -> Json:
    """Make a session from checked parameters."""
    mode = _mode(params)
    customer = params.get("customer")
    if customer and params.get("customer_email"):
        raise invalid("You may only specify one of these parameters: customer, customer_email.",
                      "customer_email")  # fmt: skip
    check_email(params.get("customer_email"), "customer_email")
    if customer:
        _check_customer(customer_of(world, customer), params)
    _check_times(params, world.now(customer))
    identity = world.store.new_id("checkout.session")
    items = items_of(world, params.get("line_items") or [])
    _check_items(mode, items)
    now = world.now(customer)
    made = world.new(
        "checkout.session", customer, id=identity, mode=mode, status="open", customer=customer,
        metadata=merged({}, params.get("metadata")), payment_status="unpaid",
        url=f"{world.base_url}/c/pay/{identity}", ui_mode=params.get("ui_mode", "hosted_page"),
        expires_at=params.get("expires_at", now + DAY),
        currency=items[0]["currency"] if items else params.get("currency"),
        **({"payment_method_types": ["card"]} | echo("checkout.session", params, *_NOT_PLAIN)),
    )  # fmt: skip
    _finish(world, made, params, mode)
    world.checkouts[identity] = {"items": items, "params": params, "coupon": None,
                                 "promotion": None}  # fmt: skip
    _first_discount(world, made, params)
    sums(world, made)
    check_amount(made["amount_total"] or 0, made["currency"] or "eur", "line_items")
    return made


def _check_customer(customer: Json, params: Json) -> None:
    """What Stripe wants of a known customer before it asks them for tax matters."""
    may = params.get("customer_update") or {}
    if (params.get("automatic_tax") or {}).get("enabled") and not customer["address"] \
            and may.get("address") != "auto":  # fmt: skip
        raise invalid(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add "
            "a valid address to the Customer or set either `customer_update[address]` to 'auto' "
            "or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to "
            "the Customer.", None, "customer_tax_location_invalid",
        )  # fmt: skip
    if (params.get("tax_id_collection") or {}).get("enabled") and may.get("name") != "auto":
        raise invalid("Tax ID collection requires updating business name on the customer. To "
                      "enable tax ID collection for an existing customer, please set "
                      "`customer_update[name]` to `auto`.", "customer_update[name]")  # fmt: skip


def _check_times(params: Json, now: int) -> None:
    expires = params.get("expires_at")
    if expires is not None and not now + 1800 <= expires <= now + DAY:
        raise invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours from "
                      "Checkout Session creation.", "expires_at")  # fmt: skip
    data = params.get("subscription_data") or {}
    if data.get("trial_end") is not None and data["trial_end"] < now + 2 * DAY:
        raise invalid("The `trial_end` date has to be at least 2 days in the future.",
                      "subscription_data[trial_end]")  # fmt: skip
    if data.get("trial_period_days") is not None and data["trial_period_days"] < 1:
        raise invalid("The minimum number of trial period days is 1.",
                      "subscription_data[trial_period_days]")  # fmt: skip


def _mode(params: Json) -> str:
    mode = params.get("mode")
    if mode is None:
        raise invalid("Missing required param: mode.", "mode", "parameter_missing")
    hosted = params.get("ui_mode", "hosted_page") == "hosted_page"
    if hosted and "success_url" not in params:
        raise invalid("Missing required param: success_url.", "success_url", "parameter_missing")
    for name, only in (
        ("subscription_data", "subscription"),
        ("payment_intent_data", "payment"),
        ("setup_intent_data", "setup"),
        ("invoice_creation", "payment"),
    ):
        if name in params and mode != only:
            raise invalid(f"You can not pass `{name}` in `{mode}` mode.", name)
    if mode != "setup" and not params.get("line_items"):
        raise invalid("Missing required param: line_items.", "line_items", "parameter_missing")
    if params.get("allow_promotion_codes") and params.get("discounts"):
        raise invalid("You may only specify one of these parameters: allow_promotion_codes, "
                      "discounts.", "discounts")  # fmt: skip
    if "customer_creation" in params and mode != "payment":
        raise invalid("`customer_creation` can only be used in `payment` mode.",
                      "customer_creation")  # fmt: skip
    return str(mode)


def items_of(world: World, given: list[Json]) -> list[Json]:
    """The line items of a session or a link."""
    return [_item(world, one, place) for place, one in enumerate(given)]


def _item(world: World, given: Json, place: int) -> Json:
    param = f"line_items[{place}]"
    if "price_data" in given:
        price = create_price(world, given["price_data"])
    elif "price" in given:
        price = world.store.get("price", given["price"], f"{param}[price]")
    else:
        raise invalid(f"Missing required param: {param}[price].", f"{param}[price]",
                      "parameter_missing")  # fmt: skip
    if not price["active"]:
        raise invalid("The price specified is inactive. This field only accepts active prices.",
                      f"{param}[price]")  # fmt: skip
    quantity = given.get("quantity", 1)
    if quantity < 1:
        raise invalid(f"Invalid integer: {quantity}", f"{param}[quantity]",
                      "parameter_invalid_integer")  # fmt: skip
    adjustable = given.get("adjustable_quantity")
    return shapes.new(
        "item", id=world.store.new_id("item"), currency=price["currency"], price=price,
        description=product_name(world, price), quantity=quantity, discounts=[], taxes=[],
        metadata=merged({}, given.get("metadata")), adjustable_quantity=adjustable and {
            "enabled": adjustable["enabled"], "maximum": adjustable.get("maximum", 99),
            "minimum": adjustable.get("minimum", 0)},
    )  # fmt: skip


def _check_items(mode: str, items: list[Json]) -> None:
    kinds = {item["price"]["type"] for item in items}
    if mode == "payment" and "recurring" in kinds:
        raise invalid("You specified `payment` mode but passed a recurring price. Either switch to "
                      "`subscription` mode or use only one-time prices.")  # fmt: skip
    if mode == "subscription" and "recurring" not in kinds:
        raise invalid("You must provide at least one recurring price in `subscription` mode when "
                      "using prices.")  # fmt: skip
    if len({item["currency"] for item in items}) > 1:
        raise invalid("All prices must have the same currency.", "line_items")


def _finish(world: World, made: Json, params: Json, mode: str) -> None:
    if mode == "payment":
        made["customer_creation"] = params.get("customer_creation", "if_required")
        creation = params.get("invoice_creation") or {"enabled": False}
        made["invoice_creation"] = {"enabled": creation["enabled"], "invoice_data": {
            "account_tax_ids": None, "custom_fields": None, "description": None, "footer": None,
            "issuer": None, "metadata": {}, "rendering_options": None}
            | creation.get("invoice_data", {})}  # fmt: skip
    if mode == "subscription":
        made["customer_creation"] = None if made["customer"] else "always"
        made["payment_method_collection"] = params.get("payment_method_collection", "always")
    if mode == "setup":
        data = params.get("setup_intent_data") or {}
        intent = new_setup(world, made["customer"], description=data.get("description"),
                           metadata=merged({}, data.get("metadata")))  # fmt: skip
        made.update(setup_intent=intent["id"], payment_status="no_payment_required")
    tax = params.get("automatic_tax") or {"enabled": False}
    made["automatic_tax"] |= {"enabled": tax["enabled"],
                              "provider": "stripe" if tax["enabled"] else None}  # fmt: skip
    if "tax_id_collection" in params:
        made["tax_id_collection"] = {"enabled": False, "required": "never"} | params[
            "tax_id_collection"
        ]
    if "customer_update" in params and not made["customer"]:
        raise invalid("`customer_update` can only be used with `customer`.", "customer_update")
    made["phone_number_collection"] = {"enabled": False} | (
        params.get("phone_number_collection") or {}
    )
    made["payment_method_options"] = {"card": {"request_three_d_secure": "automatic"}}
    made["saved_payment_method_options"] = {
        "allow_redisplay_filters": ["always"], "payment_method_remove": "disabled",
        "payment_method_save": None}  # fmt: skip


def _first_discount(world: World, made: Json, params: Json) -> None:
    given = params.get("discounts") or []
    if given:
        coupon, promotion = discounts.resolve(world, given[0], "discounts[0]", made["customer"])
        use_discount(world, made, coupon, promotion)


def use_discount(world: World, session: Json, coupon: Json, promotion: Json | None) -> None:
    """Let a coupon count on this session; it is redeemed when the session is complete."""
    held = world.checkouts[session["id"]]
    held["coupon"], held["promotion"] = coupon["id"], promotion and promotion["id"]
    session["discounts"] = [{"coupon": coupon["id"] if promotion is None else None,
                             "promotion_code": promotion and promotion["id"]}]  # fmt: skip
    sums(world, session)


def in_trial(session_params: Json) -> bool:
    """Whether the subscription begins with a trial."""
    data = session_params.get("subscription_data") or {}
    return bool(data.get("trial_period_days") or data.get("trial_end"))


def sums(world: World, session: Json) -> None:
    """Add up a session: what has to be paid now."""
    if session["mode"] == "setup":
        return
    held = world.checkouts[session["id"]]
    coupon = held["coupon"]
    fake = {"source": {"coupon": coupon}}
    subtotal, off, tax = 0, 0, 0
    percent = world.settings.tax_percent if session["automatic_tax"]["enabled"] else 0
    left = sum(_costs_now(held, one) for one in held["items"])
    for item in held["items"]:
        amount = _costs_now(held, item)
        less = discount_of(world, fake, amount, left, {item["price"]["product"]}) if coupon else 0
        less = min(less, amount)
        left -= less
        taxed = rounded((amount - less) * _decimal(percent) / 100)
        item.update(amount_subtotal=amount, amount_discount=less, amount_tax=taxed,
                    amount_total=amount - less + taxed)  # fmt: skip
        subtotal, off, tax = subtotal + amount, off + less, tax + taxed
    session.update(
        amount_subtotal=subtotal, amount_total=subtotal - off + tax,
        total_details={"amount_discount": off, "amount_shipping": 0, "amount_tax": tax},
    )  # fmt: skip
    if percent:
        session["automatic_tax"]["status"] = "complete"


def _decimal(value: float) -> Any:
    return Decimal(str(value))


def _costs_now(held: Json, item: Json) -> int:
    if item["price"]["type"] == "recurring" and in_trial(held["params"]):
        return 0
    return price_amount(item["price"], item["quantity"])


def _held(world: World, identity: str) -> Json:
    return world.store.get("checkout.session", identity, "session", 404)


@answers("get", "/v1/checkout/sessions")
def _list(world: World, call: Call) -> Json:
    return listed(
        world, call, "checkout.session",
        customer_details=lambda one, wanted: matches(one["customer_details"] or {}, wanted),
    )  # fmt: skip


@answers("get", "/v1/checkout/sessions/{session}")
def _retrieve(world: World, call: Call) -> Json:
    return _held(world, call.id)


@answers("post", "/v1/checkout/sessions/{session}")
def _update(world: World, call: Call) -> Json:
    made = _held(world, call.id)
    fields: Json = {}
    if "metadata" in call.params:
        fields["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, None, **fields)


@answers("post", "/v1/checkout/sessions/{session}/expire")
def _expire(world: World, call: Call) -> Json:
    made = _held(world, call.id)
    if made["status"] != "open":
        raise invalid("Only Checkout Sessions with a status in [\"open\"] can be expired. This "
                      f"Checkout Session has a status of {made['status']}.")  # fmt: skip
    return expire(world, made)


def expire(world: World, session: Json) -> Json:
    """Close a session that nobody completed."""
    world.change(session, None, status="expired", url=None)
    world.emit("checkout.session.expired", session)
    return session


@answers("get", "/v1/checkout/sessions/{session}/line_items")
def _line_items(world: World, call: Call) -> Json:
    _held(world, call.id)
    return page(call, world.checkouts[call.id]["items"], newest_first=False)


@shows("checkout.session", "line_items")
def _show_items(world: World, session: Json) -> Json:
    items = world.checkouts[session["id"]]["items"]
    return {"object": "list", "data": items[:100], "has_more": len(items) > 100,
            "url": f"/v1/checkout/sessions/{session['id']}/line_items"}  # fmt: skip
