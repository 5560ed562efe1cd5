"""Events, webhook endpoints, the account."""

from fnmatch import fnmatchcase
from typing import Any

from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.listing import listed
from tests.support.stripe_server.outbox import API_VERSION
from tests.support.stripe_server.people import merged
from tests.support.stripe_server.routes import Call, answers
from tests.support.stripe_server.world import World


@answers("get", "/v1/events")
def _list(world: World, call: Call) -> Json:
    return listed(
        world, call, "event", types=lambda one, types: one["type"] in types,
        type=lambda one, pattern: fnmatchcase(one["type"], pattern),
        delivery_success=lambda one, done: (one["pending_webhooks"] == 0) == done,
    )  # fmt: skip


@answers("get", "/v1/events/{id}")
def _retrieve(world: World, call: Call) -> Json:
    return world.store.get("event", call.id, "id", 404)


def _check(params: Json) -> None:
    url = params.get("url", "http://")
    if not url.startswith(("http://", "https://")):
        raise invalid("Invalid URL: An explicit scheme (such as https) must be provided.", "url",
                      "url_invalid")  # fmt: skip


@answers("post", "/v1/webhook_endpoints")
def _create(world: World, call: Call) -> Json:
    _check(call.params)
    made = world.new(
        "webhook_endpoint", url=call.params["url"], enabled_events=call.params["enabled_events"],
        api_version=call.get("api_version", API_VERSION), status="enabled",
        description=call.get("description") or None, metadata=merged({}, call.get("metadata")),
    )  # fmt: skip
    secret = "whsec_" + world.store.letters(32)
    world.outbox.secrets[made["id"]] = [secret]
    return {**made, "secret": secret}


@answers("get", "/v1/webhook_endpoints")
def _list_endpoints(world: World, call: Call) -> Json:
    return listed(world, call, "webhook_endpoint")


def _held(world: World, identity: str) -> Json:
    return world.store.get("webhook_endpoint", identity, "id", 404)


@answers("get", "/v1/webhook_endpoints/{webhook_endpoint}")
def _retrieve_endpoint(world: World, call: Call) -> Json:
    return _held(world, call.id)


@answers("post", "/v1/webhook_endpoints/{webhook_endpoint}")
def _update(world: World, call: Call) -> Json:
    _check(call.params)
    made = _held(world, call.id)
    fields: Any = {k: call.params[k] for k in ("url", "enabled_events", "description")
                   if k in call.params}  # fmt: skip
    if "disabled" in call.params:
        fields["status"] = "disabled" if call.params["disabled"] else "enabled"
    if "metadata" in call.params:
        fields["metadata"] = merged(made["metadata"], call.params["metadata"])
    return world.change(made, None, **fields)


@answers("delete", "/v1/webhook_endpoints/{webhook_endpoint}")
def _delete(world: World, call: Call) -> Json:
    world.store.remove(_held(world, call.id))
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


@answers("get", "/v1/account")
def _account(world: World, call: Call) -> Json:
    return world.account


@answers("get", "/v1/accounts/{account}")
def _account_by_id(world: World, call: Call) -> Json:
    if call.id != world.account["id"]:
        raise invalid(f"No such account: '{call.id}'", "account", "resource_missing")
    return world.account
