"""Builds the ``Context`` of a call. A page makes many, so nothing here asks the database."""

import structlog

from portico.hooks.context import Context
from portico.hooks.loader import LoadedPlugin
from portico.hooks.plugin import PluginSettings
from portico.lending.database import LentDatabase, TableGuard
from portico.lending.limits import LentLimits
from portico.lending.outgoing import LentEvents, LentMail, LentSignIns, LentUrls
from portico.lending.past import LentPast
from portico.lending.records import LentCatalog, LentCustomers, LentOrders, LentSubscriptions
from portico.lending.scope import Lent
from portico.lending.secrets import LentSecrets
from portico.runtime import Runtime
from portico.stores.models import Mode, Store

DEFAULT_LOCALE = "en"


class ContextFactory:
    """Makes contexts for the plugins of one runtime."""

    def __init__(self, rt: Runtime) -> None:
        self._rt = rt
        self._data_dir = str(rt.settings.data_dir)
        self._databases = {
            name: LentDatabase(rt.db, TableGuard(name, _tables(loaded)))
            for name, loaded in rt.registry.plugins.items()
        }

    def make(
        self, store: Store | None, plugin: str, locale: str | None, settings: PluginSettings
    ) -> Context:
        """The context of one call."""
        rt = self._rt
        language = locale or (store.locale if store else DEFAULT_LOCALE)
        lent = Lent(rt, store, plugin, language)
        return Context(
            plugin=plugin,
            store=store,
            mode=store.mode if store else Mode.LIVE,
            locale=language,
            clock=rt.clock,
            log=structlog.get_logger("portico.plugins", plugin=plugin, store=lent.slug),
            own_settings=settings,
            data_dir=self._data_dir,
            orders=LentOrders(lent),
            customers=LentCustomers(lent),
            subscriptions=LentSubscriptions(lent),
            catalog=LentCatalog(lent),
            past=LentPast(lent),
            mail=LentMail(lent),
            events=LentEvents(lent),
            sign_ins=LentSignIns(lent),
            limits=LentLimits(lent),
            secrets=LentSecrets(lent),
            db=self._databases[plugin],
            urls=LentUrls(lent),
        )


def _tables(loaded: LoadedPlugin) -> frozenset[str]:
    declared = loaded.contributed.get("tables")
    return frozenset(declared.metadata.tables if declared else ())
