"""A store's plugins and their settings, kept in memory for as long as the store's version says."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from portico.activation import queries
from portico.activation.models import Activation
from portico.activation.queries import PluginRow
from portico.db import Database
from portico.hooks.loader import Registry
from portico.hooks.plugin import PluginSettings
from portico.keys import DecryptionError, Keys
from portico.stores.models import Store

MAX_STORES = 10_000
_log = structlog.get_logger("portico.plugins")


def purpose(store_id: str, plugin: str) -> str:
    """What the secrets of a plugin's settings are encrypted for: they fit nowhere else."""
    return f"plugin settings {store_id} {plugin}"


def decrypted(keys: Keys, store_id: str, plugin: str, token: str | None) -> dict[str, Any]:
    """A plugin's secrets by field. Raises DecryptionError."""
    if token is None:
        return {}
    values: dict[str, Any] = json.loads(keys.decrypt(purpose(store_id, plugin), token))
    return values


class StorePlugins:
    """One store's plugins at one version. Settings are read when first asked for."""

    def __init__(
        self, store_id: str, version: int, rows: Sequence[PluginRow], registry: Registry, keys: Keys
    ) -> None:
        self.version = version
        self.store_id = store_id
        self._rows = {row.plugin: row for row in rows if row.plugin in registry.plugins}
        self._registry = registry
        self._keys = keys
        self._settings: dict[str, PluginSettings] = {}
        # Outside of stores nothing is switched off: sellers sign in, and get mail, by the plugins
        # that the stores use.
        self.states: Mapping[str, Activation] = {
            name: Activation.ON if loaded.always_on or not store_id else self._state(name)
            for name, loaded in registry.plugins.items()
        }
        self.on = frozenset(n for n, state in self.states.items() if state is Activation.ON)
        self.answering = frozenset(
            n for n, state in self.states.items() if state is not Activation.OFF
        )

    def _state(self, plugin: str) -> Activation:
        row = self._rows.get(plugin)
        return row.state if row is not None and row.state is not None else Activation.OFF

    def settings(self, plugin: str) -> PluginSettings:
        """The plugin's settings in this store: what was saved, over the defaults."""
        found = self._settings.get(plugin)
        if found is None:
            found = self._settings[plugin] = self._read(plugin)
        return found

    def stored(self, plugin: str) -> PluginRow | None:
        """The row as it is in the database."""
        return self._rows.get(plugin)

    def _read(self, plugin: str) -> PluginSettings:
        model = self._registry.plugins[plugin].plugin.Settings
        row = self._rows.get(plugin)
        if row is None:
            return model()
        log = _log.bind(plugin=plugin, store_id=self.store_id)
        values = dict(row.settings or {})
        try:
            values |= decrypted(self._keys, self.store_id, plugin, row.secrets)
        except DecryptionError as error:
            log.error("plugin_secrets_unreadable", error=str(error))
        try:
            return model.model_validate(values)
        except ValidationError as error:
            # The plugin changed its settings since they were saved; what still fits is kept.
            bad = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
            log.warning("plugin_settings_outdated", fields=sorted(bad))
        try:
            return model.model_validate({k: v for k, v in values.items() if k not in bad})
        except ValidationError:
            return model()


class ActivationCache:
    """The snapshots of the stores that this process has served."""

    def __init__(self, db: Database, registry: Registry, keys: Keys) -> None:
        self._db = db
        self._registry = registry
        self._keys = keys
        self._stores: dict[str, StorePlugins] = {}
        self._outside = StorePlugins("", 0, (), registry, keys)

    def known(self, store: Store | None) -> StorePlugins:
        """What ``of`` has read before; RuntimeError where it has not."""
        if store is None:
            return self._outside
        found = self._stores.get(store.id)
        if found is None or found.version < store.plugins_version:
            raise RuntimeError(f"the plugins of the store {store.slug!r} have not been read")
        return found

    async def of(self, store: Store | None) -> StorePlugins:
        """The plugins of a store as of its version or later; None: those of the installation."""
        if store is None:
            return self._outside
        found = self._stores.get(store.id)
        if found is not None and found.version >= store.plugins_version:
            return found
        return await self.reload(store.id)

    async def reload(self, store_id: str) -> StorePlugins:
        """Read a store's plugins from the database."""
        rows = await self._db.all(queries.ROWS, store_id=store_id)
        version = rows[0].plugins_version if rows else 0
        found = StorePlugins(store_id, version, rows, self._registry, self._keys)
        if not self._db.in_transaction:  # it may yet be rolled back
            if len(self._stores) >= MAX_STORES:
                self._stores.clear()
            self._stores[store_id] = found
        return found
