"""How a plugin's own command gets a context to work with."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from portico.hooks.context import Context

T = TypeVar("T")


def run_in_store(plugin: str, store: str, work: Callable[[Context], Awaitable[T]]) -> T:
    """Connect, run ``work`` with the plugin's context in the store named ``store``, disconnect.

    For the functions of ``LifecycleHooks.commands``. An unknown store ends the program with a
    message that lists the stores; so does a plugin that is off there.
    """
    # Core is assembled here and not above: plugins import this module, and core loads plugins.
    from portico.activation import service as activation  # noqa: PLC0415
    from portico.activation.models import Activation  # noqa: PLC0415
    from portico.cli.common import fail, running, store_named  # noqa: PLC0415

    async def go() -> T:
        async with running() as rt:
            found = await store_named(rt, store)
            if await activation.state(rt, found, plugin) is Activation.OFF:
                fail(f"{plugin} is off for {store}. Run `portico plugin enable {plugin}`.")
            return await work(rt.hooks.context(found, plugin, found.locale))

    return asyncio.run(go())
