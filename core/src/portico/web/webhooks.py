"""Where providers send their webhooks: ``/hooks/<plugin>/<store>``.

A webhook only says that something changed. The plugin verifies it, what it names goes into the
outbox, and the answer goes out at once; the worker then reads the truth from the provider.
"""

import structlog
from quart import Blueprint, Response, abort, jsonify, request

from portico.hooks.checkout import CheckoutHooks, InboundWebhook
from portico.hooks.dispatch import PluginOff
from portico.hooks.errors import Refused, RetryLater
from portico.orders.hints import put_hint
from portico.stores import service as stores
from portico.web.http import client_ip, machine, runtime

LARGEST = 2**20
"""Bytes a webhook may have; the largest that payment providers send is a few hundred kB."""
SECONDS = 10.0
"""Providers wait for about so long and then send it again."""

_log = structlog.get_logger("portico.web")
blueprint = Blueprint("webhooks", __name__)


def blueprints() -> list[Blueprint]:
    """What ``portico.app`` mounts."""
    return [blueprint]


@blueprint.post("/hooks/<plugin>/<store_slug>")
@machine
async def receive(plugin: str, store_slug: str) -> Response:
    """200 once what it names is in the outbox; 400 for a forgery, 404 where the plugin is off,
    413 for one that is too large, 503 where the plugin cannot say (the provider tries again)."""
    rt = runtime()
    body = await _body()
    store = await stores.by_slug(rt, store_slug)
    if store is None or plugin not in rt.registry.names_answering(CheckoutHooks.receive_webhook):
        abort(404)
    headers = {name.lower(): value for name, value in request.headers.items()}
    webhook = InboundWebhook(headers, body, client_ip())
    try:
        hints = await rt.hooks.owner(
            store, plugin, CheckoutHooks.receive_webhook, webhook, timeout=SECONDS
        )
    except PluginOff:
        abort(404)
    except Refused as error:
        _log.warning("webhook_refused", plugin=plugin, store=store.id, reason=error.message)
        return _answer(400, {"error": {"code": "refused", "message": error.message}})
    except RetryLater:
        return _unavailable()
    except Exception:
        _log.warning("webhook_failed", plugin=plugin, store=store.id, exc_info=True)
        return _unavailable()
    async with rt.db.transaction():
        for hint in hints:
            await put_hint(rt, store.id, plugin, hint)
    return _answer(200, {"received": len(hints)})


async def _body() -> bytes:
    """The raw body, of which not more is taken in than a webhook may have."""
    if (request.content_length or 0) > LARGEST:
        abort(413)
    body = bytearray()
    async for part in request.body:
        body += part
        if len(body) > LARGEST:
            abort(413)
    return bytes(body)


def _unavailable() -> Response:
    message = "It cannot be checked now. Send it again later."
    answer = _answer(503, {"error": {"code": "unavailable", "message": message}})
    answer.headers["Retry-After"] = "60"
    return answer


def _answer(status: int, value: object) -> Response:
    answer = jsonify(value)
    answer.status_code = status
    return answer
