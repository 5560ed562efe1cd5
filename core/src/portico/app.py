"""Puts the web application together; nothing is decided here."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from quart import Quart

from portico.assembly import build_runtime, missing, start, stop
from portico.clock import Clock
from portico.db.warm import warm_up
from portico.hooks.loader import Registry
from portico.hooks.plugin import Plugin
from portico.i18n import SOURCE_LOCALE
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

_GARBAGE = 3_000
"""New objects between two looks for garbage: those of a few pages."""
_FIRST_PAGES = (SignInPage.template, OverviewPage.template)
_log = structlog.get_logger("portico")


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
    if settings.warm_up:
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
