"""Fixtures with a whole core: a runtime with plugins, the web application, a browser for it.

Say which plugins a test uses with ``@pytest.mark.plugins(plugin, ...)``, or override the fixture
``portico_plugins``; none that happens to be installed is loaded. ``portico_settings`` gives
further settings.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from portico.clock import FixedClock
from portico.settings import Settings

if TYPE_CHECKING:
    from quart import Quart
    from quart.typing import TestClientProtocol

    from portico.hooks.loader import Registry
    from portico.hooks.plugin import Plugin
    from portico.runtime import Runtime
    from portico.themes.engine import ThemeEngine

__all__ = ["app", "client", "clock", "portico_plugins", "portico_settings", "runtime"]

_KEY = "for tests only: everybody knows this key"


def make_settings(database_url: str, data_dir: Path, **overrides: Any) -> Settings:
    """Settings that depend on no environment and no file."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "data_dir": data_dir,
        "secret_keys": (_KEY,),
        "base_url": "http://127.0.0.1:8000",
        "plugins": (),
        "worker": False,
    }
    return Settings(_env_file=None, **(values | overrides))


async def create_tables(url: str, registry: Registry) -> None:
    """Core's tables and those of the plugins, without rows (see ``create_schema``)."""
    from portico.hooks.lifecycle import LifecycleHooks  # noqa: PLC0415 - see below
    from portico.tables import metadata  # noqa: PLC0415
    from portico.testing.schema import create_schema  # noqa: PLC0415

    declared = registry.contributed(LifecycleHooks.tables).values()
    await create_schema(url, [metadata, *(one.metadata for one in declared if one is not None)])


_themes: dict[object, ThemeEngine] = {}


def load_themes(registry: Registry, themes_dir: Path | None) -> ThemeEngine:
    """The themes beside a core's plugins, loaded once per process: to compile a page takes longer
    than most tests. Those of a ``themes_dir`` may change and are loaded anew."""
    from portico.themes.engine import ThemeEngine  # noqa: PLC0415 - see below

    if themes_dir is not None:
        return ThemeEngine.load(registry, themes_dir)
    plugins = tuple((one.name, type(one.plugin).__module__) for one in registry.plugins.values())
    if plugins not in _themes:
        _themes[plugins] = ThemeEngine.load(registry)
    return _themes[plugins]


@pytest.fixture
def clock() -> FixedClock:
    """The time, which stands still until a test moves it."""
    return FixedClock()


@pytest.fixture
def portico_plugins(request: pytest.FixtureRequest) -> Sequence[Plugin]:
    """The plugins of ``@pytest.mark.plugins(...)``; the closest mark counts."""
    mark = request.node.get_closest_marker("plugins")
    return () if mark is None else tuple(mark.args)


@pytest.fixture
def portico_settings() -> Mapping[str, Any]:
    """Further settings, by field name."""
    return {}


@pytest_asyncio.fixture
async def app(
    tables_url: str,
    tmp_path: Path,
    portico_plugins: Sequence[Plugin],
    portico_settings: Mapping[str, Any],
    clock: FixedClock,
) -> AsyncIterator[Quart]:
    """The web application with a connected runtime; once on SQLite, once on PostgreSQL."""
    # Not above: pytest imports this file at its start, also for tests that need none of it.
    from portico.app import create_app  # noqa: PLC0415
    from portico.assembly import start, stop  # noqa: PLC0415

    settings = make_settings(tables_url, tmp_path / "data", **portico_settings)
    settings.data_dir.mkdir(exist_ok=True)
    application = create_app(
        settings, plugins=portico_plugins, clock=clock, load_themes=load_themes
    )
    rt: Runtime = application.extensions["portico"]
    await create_tables(tables_url, rt.registry)
    await start(rt)
    yield application
    await stop(rt)


@pytest.fixture
def runtime(app: Quart) -> Runtime:
    """What services take as their first argument."""
    rt: Runtime = app.extensions["portico"]
    return rt


@pytest.fixture
def client(app: Quart) -> TestClientProtocol:
    """A browser that keeps cookies. Make further ones with ``app.test_client()``."""
    return app.test_client()
