"""Products and prices."""

from typing import Any

from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.expand import shows
from tests.support.stripe_server.listing import listed, matches, searched
from tests.support.stripe_server.people import merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.shapes import echo
from tests.support.stripe_server.world import World

_OF_PRICE = ("metadata", "currency", "product", "recurring", "unit_amount", "unit_amount_decimal")
"""Fields of a price that are not simply what was given."""


def create_product(world: World, params: Json) -> Json:
    """Make a product, with its default price where one is asked for."""
    if "id" in params and world.store.find(params["id"]):
        raise invalid("Product already exists.", "id", "resource_already_exists")
    made = world.new(
        "product", **({"id": params["id"]} if "id" in params else {}), active=True,
        type=params.get("type", "service"), images=[], marketing_features=[],
        metadata=merged({}, params.get("metadata")), updated=world.now(),
    )  # fmt: skip
    made |= echo("product", params, "metadata", "type")
    world.emit("product.created", made)
    if "default_price_data" in params:
        price = create_price(world, {**params["default_price_data"], "product": made["id"]})
        world.change(made, "product.updated", default_price=price["id"])
    return made


@answers("post", "/v1/products")
def _create_product(world: World, call: Call) -> Json:
    return create_product(world, call.params)


@answers("get", "/v1/products")
def _list_products(world: World, call: Call) -> Json:
    return listed(world, call, "product", ids=lambda one, ids: one["id"] in ids)


@answers("get", "/v1/products/search")
def _search_products(world: World, call: Call) -> Json:
    return searched(world, call, "product")


@answers("get", "/v1/products/{id}")
def _retrieve_product(world: World, call: Call) -> Json:
    return world.store.get("product", call.id, "id", 404)


@answers("post", "/v1/products/{id}")
def _update_product(world: World, call: Call) -> Json:
    made = world.store.get("product", call.id, "id", 404)
    changes = echo("product", call.params, "metadata")
    if "metadata" in call.params:
        changes["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, "product.updated", **changes, updated=world.now())


@answers("delete", "/v1/products/{id}")
def _delete_product(world: World, call: Call) -> Json:
    made = world.store.get("product", call.id, "id", 404)
    if world.store.pointing("price", "product", call.id):
        raise invalid("This product cannot be deleted because it has one or more user-created "
                      "prices.")  # fmt: skip
    world.store.remove(made)
    world.emit("product.deleted", made)
    return {"id": call.id, "object": "product", "deleted": True}


def amount_of(params: Json) -> tuple[int | None, str | None]:
    """``unit_amount`` and ``unit_amount_decimal``, each from the other."""
    if "unit_amount" in params:
        return params["unit_amount"], str(params["unit_amount"])
    text = params.get("unit_amount_decimal")
    whole = int(text) if text and "." not in text else None
    return whole, text


def create_price(world: World, params: Json) -> Json:
    """Make a price of a product that exists or is made along with it."""
    product = params.get("product")
    if product is None:
        if "product_data" not in params:
            raise invalid("Missing required param: product.", "product", "parameter_missing")
        product = create_product(world, params["product_data"])["id"]
    world.store.get("product", product, "product")
    amount, decimal = amount_of(params)
    if amount is None and decimal is None and "tiers" not in params \
            and "custom_unit_amount" not in params:  # fmt: skip
        raise invalid("One of `unit_amount`, `unit_amount_decimal`, or `custom_unit_amount` is "
                      "required.", "unit_amount", "parameter_missing")  # fmt: skip
    _free_lookup_key(world, params)
    made = world.new(
        "price", active=True, billing_scheme=params.get("billing_scheme", "per_unit"),
        currency=params["currency"].lower(), metadata=merged({}, params.get("metadata")),
        product=product, recurring=_recurring(params.get("recurring")),
        tax_behavior="unspecified", type="recurring" if "recurring" in params else "one_time",
        unit_amount=amount, unit_amount_decimal=decimal,
        tiers_mode=params.get("tiers_mode"),
    )  # fmt: skip
    made |= echo("price", params, *_OF_PRICE)
    world.emit("price.created", made)
    return made


def _recurring(given: Any) -> Json | None:
    if given is None:
        return None
    return {"interval": given["interval"], "interval_count": given.get("interval_count", 1),
            "meter": given.get("meter"), "trial_period_days": given.get("trial_period_days"),
            "usage_type": given.get("usage_type", "licensed")}  # fmt: skip


def _free_lookup_key(world: World, params: Json) -> None:
    key = params.get("lookup_key")
    for other in world.store.all("price") if key else []:
        if other["lookup_key"] == key:
            if not params.get("transfer_lookup_key"):
                raise invalid(f"A price (`{other['id']}`) already uses that lookup key.",
                              "lookup_key")  # fmt: skip
            world.change(other, "price.updated", lookup_key=None)


@answers("post", "/v1/prices")
def _create_price(world: World, call: Call) -> Json:
    return create_price(world, call.params)


@answers("get", "/v1/prices")
def _list_prices(world: World, call: Call) -> Json:
    return listed(
        world, call, "price", lookup_keys=lambda one, keys: one["lookup_key"] in keys,
        recurring=lambda one, wanted: matches(one["recurring"] or {}, wanted),
    )  # fmt: skip


@answers("get", "/v1/prices/search")
def _search_prices(world: World, call: Call) -> Json:
    return searched(world, call, "price")


@answers("get", "/v1/prices/{price}")
def _retrieve_price(world: World, call: Call) -> Json:
    return world.store.get("price", call.id, "id", 404)


@answers("post", "/v1/prices/{price}")
def _update_price(world: World, call: Call) -> Json:
    made = world.store.get("price", call.id, "id", 404)
    _free_lookup_key(world, call.params)
    changes = echo("price", call.params, *_OF_PRICE)
    if "metadata" in call.params:
        changes["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, "price.updated", **changes)


@shows("price", "currency_options")
def _currencies(world: World, price: Json) -> Json:
    return {price["currency"]: {
        "custom_unit_amount": None, "tax_behavior": price["tax_behavior"], "tiers": None,
        "unit_amount": price["unit_amount"], "unit_amount_decimal": price["unit_amount_decimal"],
    }}  # fmt: skip


@shows("price", "tiers")
def _tiers(world: World, price: Json) -> None:
    return None
