"""Payment Links: an address that opens a new Checkout Session for whoever comes."""

from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.expand import shows
from tests.support.stripe_server.listing import listed, page
from tests.support.stripe_server.people import merged
from tests.support.stripe_server.resources.checkout import create, items_of
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World

_PATH = "/v1/payment_links"
_TO_SESSION = ("allow_promotion_codes", "automatic_tax", "invoice_creation", "line_items",
               "metadata", "payment_intent_data", "payment_method_collection", "subscription_data",
               "tax_id_collection", "customer_creation")  # fmt: skip


@answers("post", _PATH)
def _create(world: World, call: Call) -> Json:
    params = call.params
    items = items_of(world, params["line_items"])
    recurring = any(one["price"]["type"] == "recurring" for one in items)
    identity = world.store.new_id("payment_link")
    after = params.get("after_completion") or {"type": "hosted_confirmation"}
    made = world.new(
        "payment_link", id=identity, active=True, currency=items[0]["currency"],
        allow_promotion_codes=params.get("allow_promotion_codes", False),
        billing_address_collection=params.get("billing_address_collection", "auto"),
        customer_creation=params.get("customer_creation", "always" if recurring else "if_required"),
        metadata=merged({}, params.get("metadata")), submit_type="auto",
        payment_method_collection=params.get("payment_method_collection", "always"),
        url=f"{world.base_url}/b/{identity}",
    )  # fmt: skip
    made["after_completion"] = {
        "type": after["type"], "redirect": after.get("redirect"), "hosted_confirmation":
        None if after.get("redirect") else {"custom_message": None}}  # fmt: skip
    made["tax_id_collection"] = {"enabled": False, "required": "never"} | params.get(
        "tax_id_collection", {})  # fmt: skip
    session = {name: params[name] for name in _TO_SESSION if name in params}
    session["mode"] = "subscription" if recurring else "payment"
    if recurring:
        session.pop("customer_creation", None)
    world.checkouts[identity] = {"items": items, "params": session}
    world.emit("payment_link.created", made)
    return made


def open_session(world: World, link: Json) -> Json:
    """A session for one visitor of the link."""
    params = dict(world.checkouts[link["id"]]["params"])
    redirect = link["after_completion"]["redirect"] or {}
    params["success_url"] = redirect.get("url") or f"{world.base_url}/b/{link['id']}/done"
    session = create(world, params)
    session["payment_link"] = link["id"]
    return session


@answers("get", _PATH)
def _list(world: World, call: Call) -> Json:
    return listed(world, call, "payment_link")


@answers("get", _PATH + "/{payment_link}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get("payment_link", call.id, "payment_link", 404)


@answers("post", _PATH + "/{payment_link}")
def _update(world: World, call: Call) -> Json:
    made = world.store.get("payment_link", call.id, "payment_link", 404)
    fields: Json = {k: call.params[k] for k in ("active", "allow_promotion_codes")
                    if k in call.params}  # fmt: skip
    if "metadata" in call.params:
        fields["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, "payment_link.updated", **fields)


@answers("get", _PATH + "/{payment_link}/line_items")
def _line_items(world: World, call: Call) -> Json:
    world.store.get("payment_link", call.id, "payment_link", 404)
    return page(call, world.checkouts[call.id]["items"], newest_first=False)


@shows("payment_link", "line_items")
def _show_items(world: World, link: Json) -> Json:
    return {"object": "list", "data": world.checkouts[link["id"]]["items"], "has_more": False,
            "url": f"{_PATH}/{link['id']}/line_items"}  # fmt: skip
