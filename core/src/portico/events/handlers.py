"""Handlers of the outbox that belong to no feature: events for plugins, jobs, housekeeping."""

from datetime import datetime, timedelta

import structlog

from portico.activation import service as activation
from portico.events import queries, service
from portico.events.models import Delivery, EventType
from portico.hooks.dispatch import PluginOff
from portico.hooks.errors import Refused, RetryLater
from portico.hooks.events import Event, EventHooks
from portico.hooks.lifecycle import Job, LifecycleHooks
from portico.hooks.plugin import Scope
from portico.runtime import Runtime
from portico.storage import service as storage
from portico.stores import images
from portico.stores import service as stores
from portico.stores.models import Store
from portico.uploads import service as uploads

HOUSEKEEPING = timedelta(hours=1)
KEEP_ATTEMPTS = timedelta(days=2)
"""How long sign-in attempts stay behind their end, for "this link has expired"."""
EVENT_SECONDS = 60.0
JOB_SECONDS = 15 * 60.0
QUICK_TRIES = 3
_log = structlog.get_logger("portico.worker")


async def fan_out(rt: Runtime, delivery: Delivery) -> None:
    """One delivery for each plugin that wants to know, so that one's trouble is not another's."""
    store = await _store(rt, delivery)
    if store is None:
        return
    on = await activation.enabled(rt, store, retiring=True)
    async with rt.db.transaction():
        for plugin in rt.registry.names_answering(EventHooks.on_event):
            if plugin in on:
                await service.put(
                    rt,
                    "plugin_event",
                    f"{delivery.key}:{plugin}",
                    {**delivery.payload, "plugin": plugin},
                    store_id=store.id,
                )


async def plugin_event(rt: Runtime, delivery: Delivery) -> None:
    """Tell one plugin of one event."""
    store = await _store(rt, delivery)
    if store is None:
        return
    told = delivery.payload
    event = Event(
        id=told["id"],
        type=EventType(told["type"]),
        store_id=store.id,
        subject_id=told["subject_id"],
        data=told["data"],
        created_at=datetime.fromisoformat(told["created_at"]),
    )
    await rt.hooks.owner(store, told["plugin"], EventHooks.on_event, event, timeout=EVENT_SECONDS)


async def job(rt: Runtime, delivery: Delivery) -> timedelta | None:
    """Run a plugin's job; one that runs by itself comes back after its interval."""
    plugin, name = delivery.payload["plugin"], delivery.payload["job"]
    store = await _store(rt, delivery)
    found = find_job(rt, plugin, name)
    repeats = bool(delivery.payload.get("periodic"))
    if repeats and (
        found is None
        or found.every is None
        or plugin not in await activation.enabled(rt, store, retiring=True)
    ):
        return None  # it is put back when the plugin is on again
    if found is None:
        raise Refused(f"The plugin {plugin!r} is not installed or has no job {name!r}.")
    try:
        await rt.hooks.run(
            store, plugin, f"job {name}", found.run, delivery.payload["payload"],
            timeout=JOB_SECONDS,
        )  # fmt: skip
    except Exception as error:
        if not repeats:
            raise
        return _next_round(found, delivery, error)
    return found.every if repeats else None


def _next_round(found: Job, delivery: Delivery, error: Exception) -> timedelta | None:
    """When to run a periodic job that failed again. A dead letter would end its rounds for good:
    after a few quick tries, and where it says itself that trying is of no use, the next is due."""
    if isinstance(error, RetryLater):
        return min(error.after, found.every) if found.every else error.after
    if delivery.attempts < QUICK_TRIES and not isinstance(error, (Refused, PluginOff)):
        raise error
    _log.warning("job_failed", plugin=delivery.payload["plugin"], job=found.name, exc_info=error)
    return found.every


def find_job(rt: Runtime, plugin: str, name: str) -> Job | None:
    """A plugin's job by its name."""
    jobs = rt.registry.contributed(LifecycleHooks.jobs).get(plugin, [])
    return next((one for one in jobs if one.name == name), None)


async def schedule(rt: Runtime) -> None:
    """See that everything that runs by itself is in the outbox, once for all nodes.

    Each has one row that is put off to its next time instead of deleted, so no interval is
    worked twice.
    """
    wanted: dict[str, tuple[str, dict[str, object], str | None, timedelta]] = {
        "housekeeping": ("housekeeping", {}, None, HOUSEKEEPING),
        "periodic:core:card_expiring": ("card_expiring", {}, None, timedelta()),
        "periodic:core:domains": ("domains", {}, None, timedelta()),
        "periodic:core:figure_days": ("figure_days", {}, None, timedelta()),
    }
    periodic = [
        (plugin, one, one.every)
        for plugin, jobs in rt.registry.contributed(LifecycleHooks.jobs).items()
        for one in jobs
        if one.every is not None
    ]
    everywhere = list(await stores.all_stores(rt)) if periodic else []
    for plugin, one, every in periodic:
        loaded = rt.registry.get(plugin)
        outside = loaded is not None and loaded.plugin.scope is Scope.INSTALLATION
        for store in [None] if outside else everywhere:
            if store is None or plugin in await activation.enabled(rt, store, retiring=True):
                key = f"periodic:{store.id if store else '-'}:{plugin}:{one.name}"
                payload = {"plugin": plugin, "job": one.name, "payload": {}, "periodic": True}
                wanted[key] = ("job", payload, store.id if store else None, every)
    there = set(await rt.db.all(queries.KEYS, keys=list(wanted)))
    now = rt.clock.now()
    for key in wanted.keys() - there:
        kind, payload, store_id, every = wanted[key]
        await service.put(rt, kind, key, payload, store_id=store_id, not_before=now + every)


async def housekeeping(rt: Runtime, delivery: Delivery) -> timedelta:
    """Delete what has expired: sessions, sign-in attempts, rate counters, uploads given up, bytes
    without a row, pictures of long ago."""
    now = rt.clock.now()
    await rt.db.run(queries.DROP_SESSIONS, now=now)
    await rt.db.run(queries.DROP_ATTEMPTS, now=now - KEEP_ATTEMPTS)
    await rt.db.run(queries.DROP_COUNTERS, now=now)
    await uploads.collect(rt)
    await storage.collect(rt)
    await images.collect(rt)
    return HOUSEKEEPING


async def _store(rt: Runtime, delivery: Delivery) -> Store | None:
    return await stores.by_id(rt, delivery.store_id) if delivery.store_id else None
