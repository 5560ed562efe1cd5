"""Tables, routes, commands, jobs, settings and health of a plugin."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import typer

from portico.hooks.context import Context
from portico.hooks.markers import contribution, each, owner
from portico.hooks.pages import Route
from portico.hooks.plugin import PluginSettings


@dataclass(frozen=True, slots=True)
class PluginTables:
    """A plugin's tables, each named ``<plugin>_...``, and the folder of its Alembic scripts."""

    metadata: sa.MetaData
    migrations: Path


@dataclass(frozen=True, slots=True)
class Job:
    """Work for the worker, run as ``run(ctx, payload)``.

    With ``every`` it runs by itself that often (in each store the plugin is on in, or once for a
    plugin of the installation's scope); without, when ``ctx.events.enqueue`` asks for it.
    """

    name: str
    run: Callable[[Context, Mapping[str, Any]], Awaitable[None]]
    every: timedelta | None = None


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """Settings that a seller wants to save; ``old`` are the ones in force."""

    old: PluginSettings
    new: PluginSettings


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Asked by ``portico doctor`` and the dashboard. ``deep`` may take some seconds."""

    deep: bool = False


@dataclass(frozen=True, slots=True)
class HealthReport:
    """One thing that was checked. ``fix`` says what to do when it is not ``ok``."""

    what: str
    ok: bool
    fix: str = ""


class LifecycleHooks:
    """What a plugin brings with it."""

    @contribution
    def tables(self) -> PluginTables | None:
        """The plugin's own tables."""
        return None

    @contribution
    def routes(self) -> list[Route]:
        """Public routes."""
        return []

    @contribution
    def commands(self) -> typer.Typer | None:
        """Commands, mounted as ``portico <plugin> ...``."""
        return None

    @contribution
    def jobs(self) -> list[Job]:
        """Work for the worker."""
        return []

    @owner
    async def validate_settings(self, ctx: Context, change: SettingsChange) -> None:
        """Try settings before they are saved; ``InvalidSettings`` names the fields."""
        raise NotImplementedError

    @each
    async def check_health(self, ctx: Context, check: HealthCheck) -> list[HealthReport]:
        """Whether what the plugin needs is there and answers."""
        return []
