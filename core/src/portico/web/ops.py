"""For operators: is the process alive, can it serve, how is it doing."""

import hmac
from time import perf_counter
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from quart import Blueprint, Response, abort, g, jsonify, request
from quart.globals import request_ctx
from typing_extensions import override

from portico.db import DatabaseError
from portico.events import service as events
from portico.hooks.health import Health
from portico.runtime import Runtime
from portico.stores import service as stores

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECTIONS = frozenset({"p", "dashboard", "api", "hooks", "static", "x", "v1", "v2"})


def blueprints(rt: Runtime) -> list[Blueprint]:
    """``/healthz`` and ``/readyz``, and ``/metrics`` for who has the token (and in a demo)."""
    blueprint = Blueprint("ops", __name__)
    metrics = Metrics(rt)

    @blueprint.get("/healthz")
    async def healthz() -> Response:
        return jsonify({"alive": True})

    @blueprint.get("/readyz")
    async def readyz() -> Response:
        try:
            await stores.by_slug(rt, "")  # one look-up by an index: tables are there and answer
        except DatabaseError:
            response = jsonify({"ready": False, "why": "The database does not answer."})
            response.status_code = 503
            return response
        return jsonify({"ready": True})

    @blueprint.get("/metrics")
    async def show() -> Response:
        token = rt.settings.metrics_token
        if token is None and not rt.settings.demo:
            abort(404)
        if token is not None and not _knows(token.get_secret_value()):
            return Response("", 401, {"WWW-Authenticate": "Bearer"})
        return Response(await metrics.exposition(), content_type=CONTENT_TYPE_LATEST)

    @blueprint.after_app_request
    async def end(response: Response) -> Response:
        metrics.observe(response.status_code)
        return response

    return [blueprint]


def _knows(token: str) -> bool:
    sent = request.headers.get("Authorization", "")
    return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())


class Metrics:
    """The figures of one process, in Prometheus' text format."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "portico_http_request_seconds",
            "Requests by the first part of their path.",
            ["section", "method", "status"],
            registry=self._registry,
        )
        self._outbox = Gauge(
            "portico_outbox_deliveries",
            "Deliveries that wait, run or are dead.",
            ["state", "lane"],
            registry=self._registry,
        )
        self._connections = Gauge(
            "portico_database_connections",
            "Connections of this process.",
            ["state"],
            registry=self._registry,
        )
        self._registry.register(_PluginCalls(rt.hooks.health))

    def observe(self, status: int) -> None:
        """Count the request that is being answered."""
        started = g.get("started")  # by portico.web.security
        if started is None:
            return
        asked = request_ctx.request
        first = asked.path.lstrip("/").partition("/")[0]
        section = first if first in _SECTIONS else "other"
        method = asked.method if asked.method in _METHODS else "other"
        self._requests.labels(section, method, str(status)).observe(perf_counter() - started)

    async def exposition(self) -> bytes:
        """Everything, with the outbox as it is now."""
        idle, total = self._rt.db.idle_connections
        self._connections.labels("idle").set(idle)
        self._connections.labels("busy").set(total - idle)
        self._outbox.clear()
        for row in await events.counts(self._rt):
            self._outbox.labels(row.state.value, str(row.lane)).set(row.count)
        return generate_latest(self._registry)


class _PluginCalls(Collector):
    def __init__(self, health: Health) -> None:
        self._health = health

    @override
    def collect(self) -> Any:
        family = CounterMetricFamily(
            "portico_plugin_calls",
            "Calls of plugins by outcome.",
            labels=["plugin", "hook", "outcome"],
        )
        for labels, count in self._health.totals.items():
            family.add_metric(labels, count)
        yield family
