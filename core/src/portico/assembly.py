"""A core without its web application: what commands and the worker need.

Apart from ``portico.app``, since the web's modules are half of all that there is to load, and a
command should answer at once.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from portico.catalog.cache import CatalogCache
from portico.clock import Clock, SystemClock
from portico.db import Database
from portico.db.schema import SchemaOwner
from portico.domains.hosts import HostMap
from portico.hooks.auth import AuthHooks
from portico.hooks.checkout import CheckoutHooks
from portico.hooks.dispatch import Hooks
from portico.hooks.emails import EmailHooks
from portico.hooks.files import FileStorageHooks
from portico.hooks.lifecycle import LifecycleHooks
from portico.hooks.loader import Registry, load_plugins
from portico.hooks.plugin import Plugin
from portico.keys import Keys
from portico.lending import ContextFactory
from portico.runtime import Runtime
from portico.settings import Settings
from portico.tables import metadata
from portico.themes.engine import ThemeEngine

_CAPABILITIES = (
    (AuthHooks.begin_sign_in, "nobody can sign in", "portico-auth-email-link"),
    (CheckoutHooks.start_checkout, "nothing can be bought", "portico-payments-sandbox"),
    (FileStorageHooks.store_file, "no file can be stored", "portico-files-local"),
    (EmailHooks.send_email, "no mail can be sent", "portico-email-smtp"),
)


def build_runtime(
    settings: Settings,
    *,
    plugins: Sequence[Plugin] | None = None,
    clock: Clock | None = None,
    load_themes: Callable[[Registry, Path | None], ThemeEngine] = ThemeEngine.load,
) -> Runtime:
    """Everything a process needs, with a database that is not connected yet.

    For tests, ``plugins`` are objects to use in place of what is installed, and ``load_themes``
    may give themes that were loaded before. Raises ConfigurationError.
    """
    if plugins is None:
        registry = load_plugins(settings.plugins, demo=settings.demo)
    else:
        registry = load_plugins((), plugins, demo=True)
    keys = Keys(settings.secret_keys)
    clock = clock or SystemClock()
    db = Database(settings.resolved_database_url, pool_size=settings.database_pool)
    hooks = Hooks(settings, db, clock, registry, keys)
    themes = load_themes(registry, settings.themes_dir)
    rt = Runtime(settings, db, clock, keys, registry, hooks, themes, CatalogCache(db), HostMap(db))
    hooks.attach(ContextFactory(rt))
    return rt


async def start(rt: Runtime) -> None:
    """Connect to the database and begin to look after the plugins."""
    if rt.db.dialect == "sqlite":
        rt.settings.make_data_dir()
    await rt.db.connect()
    rt.hooks.start()


async def stop(rt: Runtime) -> None:
    """Write what is left to write and disconnect."""
    await rt.hooks.stop()
    await rt.db.disconnect()


def schema_owners(registry: Registry) -> list[SchemaOwner]:
    """Core and each plugin with tables, in the order in which their migrations run."""
    here = Path(__file__).parent
    core = SchemaOwner("portico", metadata, here / "db" / "versions", "alembic_version")
    declared = registry.contributed(LifecycleHooks.tables)
    return [core] + [
        SchemaOwner(name, tables.metadata, tables.migrations, f"{name}_alembic_version")
        for name, tables in declared.items()
        if tables is not None
    ]


def missing(rt: Runtime) -> Iterator[str]:
    """What this installation cannot do for want of a plugin or theme, a sentence each."""
    for hook, lack, package in _CAPABILITIES:
        if not rt.registry.names_answering(hook):
            yield f"No installed plugin answers {hook.__name__}, so {lack}. Try {package}."
    if not rt.themes.themes:
        yield "No theme is installed, so pages look plain. Try portico-theme-default."
