"""Small plugins for tests of the dispatcher and the loader."""

from collections.abc import Awaitable, Callable
from typing import Any

from portico.api import (
    Context,
    Customer,
    NavigationItem,
    Plugin,
    PortalHooks,
    hookimpl,
)

Work = Callable[[], Awaitable[Any]]


class Menu(Plugin, PortalHooks):
    """Answers portal_navigation with one entry named like itself, after some work."""

    title = "Menu"

    def __init__(self, name: str, work: Work | None = None, weight: int = 100) -> None:
        self.name = name  # type: ignore[misc]  # one class serves many names here
        self.weight = weight  # type: ignore[misc]  # likewise
        self.work = work
        self.calls = 0

    @hookimpl
    async def portal_navigation(self, ctx: Context, customer: Customer) -> list[NavigationItem]:
        self.calls += 1
        if self.work is not None:
            result: list[NavigationItem] | None = await self.work()
            if result is not None:
                return result
        return [NavigationItem(label=ctx.plugin, path="/")]


def menus(*names: str, **weights: int) -> list[Menu]:
    """Plugins of these names, with their weights where they are not the usual one."""
    return [Menu(name) for name in names] + [Menu(n, weight=w) for n, w in weights.items()]
