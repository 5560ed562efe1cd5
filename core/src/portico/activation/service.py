"""Which plugins a store uses, and with what settings."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr, ValidationError

from portico.activation import queries
from portico.activation.cache import StorePlugins, decrypted, purpose
from portico.activation.models import Activation, Finding, HookHealth
from portico.actors import actor
from portico.events import service as events
from portico.hooks.checks import secret_fields
from portico.hooks.errors import InvalidSettings, Refused
from portico.hooks.lifecycle import SettingsChange
from portico.hooks.loader import LoadedPlugin
from portico.hooks.plugin import PluginSettings
from portico.hooks.timing import percentile
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Dependent:
    """How many records of a kind (``what``, in the plural) only this plugin can look after."""

    what: str
    count: int


class StillNeeded(Refused):
    """The plugin cannot go off: it owns something live."""

    def __init__(self, title: str, dependents: Sequence[Dependent]) -> None:
        what = ", ".join(f"{one.count} {one.what}" for one in dependents)
        super().__init__(
            f"{title} still looks after: {what}. Retire it instead; it then offers nothing new "
            "and can be switched off when these have ended."
        )
        self.dependents = tuple(dependents)


class _ChangedMeanwhile(Exception):
    """Another change of the store's plugins was faster."""


async def state(rt: Runtime, store: Store | None, plugin: str) -> Activation:
    """Whether a plugin is on, retiring or off in the store; OFF also if it is not installed."""
    plugins = await rt.hooks.activations.of(store)
    return plugins.states.get(plugin, Activation.OFF)


async def enabled(rt: Runtime, store: Store | None, *, retiring: bool = False) -> frozenset[str]:
    """The plugins that are on in the store; with ``retiring`` also those that are going."""
    plugins = await rt.hooks.activations.of(store)
    return plugins.answering if retiring else plugins.on


async def enable(rt: Runtime, store: Store, plugin: str, *, by: str) -> None:
    """Switch a plugin on. Refused when it is not installed."""
    await _switch(rt, store, plugin, Activation.ON, by)


async def retire(rt: Runtime, store: Store, plugin: str, *, by: str) -> None:
    """Offer nothing new through a plugin; what it owns keeps working."""
    await _switch(rt, store, plugin, Activation.RETIRING, by)


async def disable(rt: Runtime, store: Store, plugin: str, *, by: str) -> None:
    """Switch a plugin off, all of it at once. StillNeeded while it owns something live."""
    await _switch(rt, store, plugin, Activation.OFF, by)


async def dependents(rt: Runtime, store: Store, plugin: str) -> list[Dependent]:
    """What only this plugin can look after, and how much there is of it."""
    rows = await rt.db.all(queries.DEPENDENTS, store_id=store.id, plugin=plugin)
    return [Dependent(row.what, row.count) for row in rows if row.count]


async def plugin_settings(rt: Runtime, store: Store | None, plugin: str) -> PluginSettings:
    """A plugin's settings in the store, the defaults filled in. LookupError if not installed."""
    plugins = await rt.hooks.activations.of(store)
    if plugin not in plugins.states:
        raise LookupError(f"there is no plugin {plugin!r}")
    return plugins.settings(plugin)


async def save_settings(
    rt: Runtime, store: Store, plugin: str, values: Mapping[str, Any], *, by: str
) -> None:
    """Save the given fields; the others stay as they are.

    An empty secret stays as it is too (it is never shown, so a form comes back without it); None
    clears it. The plugin is asked before anything is written. Raises InvalidSettings.
    """
    for _ in range(_TRIES):
        try:
            await _save_settings(rt, store, plugin, values, by)
        except _ChangedMeanwhile:
            continue  # what was merged with is no longer what is stored
        return
    raise Refused("Somebody else is changing this store's plugins. Try again in a minute.")


async def _save_settings(
    rt: Runtime, store: Store, plugin: str, values: Mapping[str, Any], by: str
) -> None:
    loaded = _installed(rt, plugin)
    plugins = await rt.hooks.activations.reload(store.id)
    old = plugins.settings(plugin)
    new = _merged(rt, loaded, plugins, values)
    await rt.hooks.validate_settings(store, plugin, SettingsChange(old, new))
    plain, secret = _split(new)
    token = None
    if secret:
        token = rt.keys.encrypt(purpose(store.id, plugin), json.dumps(secret).encode())
    changed = sorted(name for name in values if getattr(old, name) != getattr(new, name))

    async def write() -> None:
        await rt.db.run(
            queries.SET_SETTINGS,
            store_id=store.id,
            plugin=plugin,
            settings=plain,
            secrets=token,
            now=rt.clock.now(),
        )

    data = {"changed": changed}
    await _change(rt, store, plugin, "plugin.settings", by, write, data, seen=plugins.version)


async def chosen(
    rt: Runtime, store: Store | None, hook: Callable[..., Any], *, setting: str
) -> str | None:
    """The plugin for new records of a capability: ``auth``, ``payments``, ``storage``, ...

    The seller's choice while it is on; else the first that is on and answers ``hook``.
    """
    on = await enabled(rt, store)
    able = [name for name in rt.registry.names_answering(hook) if name in on]
    wanted = store.settings.get("providers", {}).get(setting) if store else None
    if wanted in able:
        return str(wanted)
    return able[0] if able else None


async def hold(rt: Runtime, store: Store, plugin: str, *, retiring: bool = False) -> bool:
    """Whether the plugin is on, whatever was read before; it stays so until the transaction ends.

    For what a plugin was chosen for a moment ago and will own once it is committed. ``retiring``:
    whether it still answers, for what hangs on a record that it owns already. A transaction that
    also changes the store's row does that first: two that hold it would wait for each other.
    Changing or cancelling what is live needs no hold: it keeps its plugin from going off itself.
    """
    await rt.db.one(queries.HOLD, store_id=store.id)
    plugins = await rt.hooks.activations.reload(store.id)
    return plugin in (plugins.answering if retiring else plugins.on)


async def health(rt: Runtime, store: Store | None) -> Sequence[HookHealth]:
    """How plugins' hooks have done in the store (None: outside of stores), as last written."""
    return await rt.db.all(queries.HEALTH, store_id=store.id if store else "")


async def reset_health(rt: Runtime, store: Store | None, plugin: str) -> None:
    """Count a plugin's hooks from zero."""
    which = {"store_id": store.id if store else "", "plugin": plugin}
    async with rt.db.transaction():
        await rt.db.run(queries.RESET_HEALTH, **which)
        await rt.db.run(queries.RESET_TIMES, **which)


async def p95(rt: Runtime, store: Store) -> dict[tuple[str, str], float]:
    """Milliseconds within which 95 of 100 calls were done, by plugin and hook; with '' as the
    hook, of all of the plugin's."""
    found: dict[tuple[str, str], Counter[int]] = {}
    for one in await rt.db.all(queries.TIMES, store_id=store.id):
        for hook in (one.hook, ""):
            found.setdefault((one.plugin, hook), Counter())[one.step] += one.calls
    return {key: percentile(steps) for key, steps in found.items()}


async def report_finding(
    rt: Runtime, store: Store, source: str, kind: str, subject_id: str, message: str
) -> None:
    """Note something that a person should look at; reported again, it is counted."""
    await rt.db.run(
        queries.REPORT_FINDING,
        store_id=store.id,
        id=new_id("fnd"),
        source=source,
        kind=kind,
        subject_id=subject_id,
        message=message,
        now=rt.clock.now(),
    )


async def resolve_finding(rt: Runtime, store: Store, kind: str, subject_id: str) -> bool:
    """Note that it is mended; False where nothing was open."""
    changed = await rt.db.run(
        queries.RESOLVE_FINDING,
        store_id=store.id,
        kind=kind,
        subject_id=subject_id,
        now=rt.clock.now(),
    )
    return bool(changed)


async def findings(rt: Runtime, store: Store, limit: int = 500) -> Sequence[Finding]:
    """What somebody should look at, the latest first."""
    return await rt.db.all(queries.FINDINGS, store_id=store.id, limit=limit)


def _installed(rt: Runtime, plugin: str) -> LoadedPlugin:
    loaded = rt.registry.get(plugin)
    if loaded is None:
        raise Refused(f"The plugin {plugin!r} is not installed.")
    return loaded


async def _switch(rt: Runtime, store: Store, plugin: str, to: Activation, by: str) -> None:
    loaded = rt.registry.get(plugin)
    if loaded is None and to is not Activation.OFF:
        raise Refused(f"The plugin {plugin!r} is not installed.")
    if loaded is not None and loaded.always_on:
        raise Refused(f"{loaded.plugin.title} belongs to the installation and is on everywhere.")
    title = loaded.plugin.title if loaded else plugin

    async def write() -> None:
        if to is Activation.OFF and (needed := await dependents(rt, store, plugin)):
            raise StillNeeded(title, needed)
        await rt.db.run(
            queries.SET_STATE, store_id=store.id, plugin=plugin, state=to, now=rt.clock.now()
        )

    await _change(rt, store, plugin, f"plugin.{to.value}", by, write, {})


async def _change(
    rt: Runtime,
    store: Store,
    plugin: str,
    action: str,
    by: str,
    write: Callable[[], Awaitable[None]],
    data: Mapping[str, Any],
    *,
    seen: int | None = None,
) -> None:
    """One transaction: the store's new version (which locks it), the change, the audit entry.

    _ChangedMeanwhile where the version is no longer the one that was ``seen``.
    """
    kind, actor_id = actor(by)
    async with rt.db.transaction():
        version = await rt.db.one(queries.BUMP, store_id=store.id)
        if seen is not None and version != seen + 1:
            raise _ChangedMeanwhile
        await write()
        await events.audit(
            rt,
            store_id=store.id,
            actor_type=kind,
            actor_id=actor_id,
            action=action,
            subject_type="plugin",
            subject_id=plugin,
            data=data,
        )
    await rt.hooks.activations.reload(store.id)


def _merged(
    rt: Runtime, loaded: LoadedPlugin, plugins: StorePlugins, values: Mapping[str, Any]
) -> PluginSettings:
    """The settings in force with ``values`` over them."""
    model = loaded.plugin.Settings
    secret = secret_fields(model)
    row = plugins.stored(loaded.name)
    merged = {**_split(plugins.settings(loaded.name))[0]}
    if row is not None:
        merged |= decrypted(rt.keys, plugins.store_id, loaded.name, row.secrets)
    for name, value in values.items():
        if name in secret and value is None:
            merged.pop(name, None)
        elif not (name in secret and value == ""):
            merged[name] = value
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        raise InvalidSettings(
            {
                ".".join(str(part) for part in one["loc"]) or "settings": one["msg"].removeprefix(
                    "Value error, "
                )
                for one in error.errors()
            }
        ) from error


def _split(settings: PluginSettings) -> tuple[dict[str, Any], dict[str, str]]:
    """What is stored as it is, and what is encrypted. Defaults are not stored."""
    names = secret_fields(type(settings))
    plain = settings.model_dump(mode="json", exclude=set(names), exclude_unset=True)
    secret = {
        name: value.get_secret_value()
        for name in names
        if isinstance(value := getattr(settings, name), SecretStr) and value.get_secret_value()
    }
    return plain, secret
