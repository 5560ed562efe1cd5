"""Puts the parts together; nothing is decided here."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import structlog
from quart import Quart

from portico.catalog.cache import CatalogCache
from portico.clock import Clock, SystemClock
from portico.db import Database
from portico.db.schema import SchemaOwner, metadata
from portico.db.warm import warm_up
from portico.domains.hosts import HostMap
from portico.hooks.auth import AuthHooks
from portico.hooks.checkout import CheckoutHooks
from portico.hooks.dispatch import Hooks
from portico.hooks.emails import EmailHooks
from portico.hooks.files import FileStorageHooks
from portico.hooks.lifecycle import LifecycleHooks
from portico.hooks.loader import Registry, load_plugins
from portico.hooks.plugin import Plugin
from portico.i18n import SOURCE_LOCALE
from portico.keys import Keys
from portico.lending import ContextFactory
from portico.logs import configure_logging
from portico.runtime import Runtime
from portico.settings import Settings, load_settings
from portico.themes.engine import ThemeEngine
from portico.web import ops, own_domain, plugin_routes, root, static, webhooks
from portico.web.asgi_files import FileSender
from portico.web.dashboard import routes as dashboard
from portico.web.portal import routes as portal
from portico.web.portal.pages import OverviewPage, SignInPage
from portico.web.quart_app import App
from portico.web.security import install_security
from portico.worker import Worker

_CAPABILITIES = (
    (AuthHooks.begin_sign_in, "nobody can sign in", "portico-auth-email-link"),
    (CheckoutHooks.start_checkout, "nothing can be bought", "portico-payments-sandbox"),
    (FileStorageHooks.store_file, "no file can be stored", "portico-files-local"),
    (EmailHooks.send_email, "no mail can be sent", "portico-email-smtp"),
)
_GARBAGE = 3_000
_FIRST_PAGES = (SignInPage.template, OverviewPage.template)
"""New objects between two looks for garbage: those of a few pages."""
_log = structlog.get_logger("portico")


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


def create_app(
    settings: Settings,
    *,
    plugins: Sequence[Plugin] | None = None,
    clock: Clock | None = None,
    load_themes: Callable[[Registry, Path | None], ThemeEngine] = ThemeEngine.load,
) -> Quart:
    """The web application; see ``build_runtime``. Raises ConfigurationError."""
    rt = build_runtime(settings, plugins=plugins, clock=clock, load_themes=load_themes)
    app = App("portico", static_folder=None, template_folder=None)
    app.extensions["portico"] = rt
    _mount(app, rt)
    _live(app, rt)
    return app


def create_app_from_environment() -> Quart:
    """What the server's processes call: configured by ``PORTICO_*`` alone."""
    settings = load_settings()
    configure_logging(logging.WARNING if settings.demo else logging.INFO, for_good=True)
    app = create_app(settings)
    _warm(app, app.extensions["portico"])
    return app


def _mount(app: Quart, rt: Runtime) -> None:
    install_security(app, rt)
    for blueprint in (
        *portal.blueprints(),
        *dashboard.blueprints(),
        *static.blueprints(),
        *webhooks.blueprints(),
        *plugin_routes.blueprints(rt),
        *ops.blueprints(rt),
        *root.blueprints(rt),
        *own_domain.blueprints(rt),
    ):
        app.register_blueprint(blueprint)
    inner = own_domain.OwnDomains(FileSender(app.asgi_app), rt.hosts)
    app.asgi_app = inner  # type: ignore[method-assign,assignment]  # Quart's way


def _live(app: Quart, rt: Runtime) -> None:
    """Start and stop with the server."""
    worker = Worker(rt) if rt.settings.worker else None
    work: list[asyncio.Task[None]] = []
    following: list[asyncio.Task[None]] = []

    @app.before_serving
    async def begin() -> None:
        await start(rt)
        await rt.hosts.renew()
        following.append(asyncio.create_task(rt.hosts.follow()))
        for line in missing(rt):
            _log.warning("missing", what=line)
        for name, reason in rt.registry.left_out.items():
            _log.info("plugin_left_out", plugin=name, reason=reason)
        if worker is not None:
            work.append(asyncio.create_task(worker.run()))

    @app.after_serving
    async def end() -> None:
        for task in following:
            task.cancel()
        if worker is not None:
            worker.stop()
        for task in (*work, *following):
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await stop(rt)


def _warm(app: Quart, rt: Runtime) -> None:
    """Compile after the start, beside the first requests, what these would wait for otherwise."""
    work: list[asyncio.Task[None]] = []

    async def compile_all() -> None:
        # Pages first: they take the most memory for a moment, in which the statements then stay.
        await asyncio.to_thread(rt.themes.prepare, _FIRST_PAGES, SOURCE_LOCALE)
        await warm_up(rt.db.dialect, "portico", for_good=True)
        for package in sorted({one.package for one in rt.registry.plugins.values()}):
            await warm_up(rt.db.dialect, package)
        gc.unfreeze()  # what was frozen by the command line, and has been let go since
        gc.collect()
        # What is there now stays: modules, templates, statements, some 200,000 objects. Looking
        # through them for garbage again and again took a fifth of the time of a page.
        gc.freeze()
        gc.set_threshold(_GARBAGE, 10, 20)

    @app.before_serving
    async def begin() -> None:
        work.append(asyncio.create_task(compile_all()))

    @app.after_serving
    async def end() -> None:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
