"""What a running process has at hand; the first argument of every service function."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from portico.clock import Clock
from portico.db import Database
from portico.settings import Settings

if TYPE_CHECKING:
    from portico.catalog.cache import CatalogCache
    from portico.domains.hosts import HostMap
    from portico.hooks.dispatch import Hooks
    from portico.hooks.loader import Registry
    from portico.keys import Keys
    from portico.themes.engine import ThemeEngine


@dataclass(frozen=True, slots=True)
class Runtime:
    """Built once by ``portico.app``; nothing in Portico is global."""

    settings: Settings
    db: Database
    clock: Clock
    keys: "Keys"
    registry: "Registry"
    hooks: "Hooks"
    themes: "ThemeEngine"
    catalog: "CatalogCache"
    hosts: "HostMap"
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when something was put into the outbox, so that a worker here need not wait to look."""
