"""What plugins that are on in another store cost this one: they should cost nothing."""

import statistics
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from portico.activation import service as activation
from portico.customers import service as customers
from portico.stores import service as stores

from bench.load import Request, run
from bench.overview import page_of_demo, token_of_demo
from bench.servers import DEFAULT_PLUGINS, Installation, portico, sign_in

COUNTS = (0, 10, 50)
OTHER = "other"
CONNECTIONS = 4
ROUNDS = 4
SECONDS = 4.0
WARM_UP = 2.0
TRICKLE_SECONDS = 0.2

_PANELS = {
    "waits": "await asyncio.Event().wait()",
    "raises": 'raise RuntimeError("this plugin is broken")',
    "answers": 'return [Panel("{name}/panel.html", {{"words": "Hello"}})]',
}
_MODULE = '''"""A plugin for a measurement: on every page of the store it is on in, it {does}."""

import asyncio

from portico.api import Context, NavigationItem, Panel, PanelSlot, Plugin, PortalHooks, hookimpl


class Extra(Plugin, PortalHooks):
    name, title = "{name}", "{name}"

    @hookimpl
    async def portal_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        {panels}

    @hookimpl
    async def portal_navigation(self, ctx: Context, customer: object) -> list[NavigationItem]:
        return [NavigationItem("{name}", "page")]


plugin = Extra()
'''


def _names(count: int) -> list[str]:
    return [f"bench_extra_{number}" for number in range(count)]


def make_distributions(folder: Path, count: int) -> list[str]:
    """Write packages with their metadata, as an installer leaves them; returns their names."""
    for number, name in enumerate(_names(count)):
        does = {0: "waits", 1: "raises"}.get(number, "answers")
        package, metadata = folder / name, folder / f"{name}-1.0.dist-info"
        package.mkdir(parents=True)
        metadata.mkdir()
        panels = _PANELS[does].format(name=name)
        (package / "__init__.py").write_text(_MODULE.format(name=name, does=does, panels=panels))
        templates = package / "templates" / name
        templates.mkdir(parents=True)
        (templates / "panel.html").write_text("<section><p>{{ words }}</p></section>\n")
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[portico.plugins]\n{name} = {name}:plugin\n")
    return _names(count)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


async def _make_other_store(installation: Installation, names: list[str]) -> str:
    """A store with every extra plugin on, and a customer of it who is signed in: the cookie."""
    plugins = ",".join((*DEFAULT_PLUGINS, *names))
    async with installation.running(PORTICO_PLUGINS=plugins) as rt:
        store = await stores.create(rt, slug=OTHER, name="Other", by="bench")
        for name in names:
            await activation.enable(rt, store, name, by="bench")
        async with rt.db.transaction():
            customer = await customers.find_or_create(rt, store, "other@example.com")
        return await sign_in(rt, store, customer.id)


async def measure(installation: Installation, folder: Path) -> dict[int, float]:
    """The p99 of the demo store's overview in seconds, by the number of plugins elsewhere.

    The servers are asked in turn, several rounds; each figure is the median of its rounds.
    """
    packages = folder / "packages"
    names = make_distributions(packages, max(COUNTS))
    with _importable(packages):
        other = await _make_other_store(installation, names)
    token = await token_of_demo(installation)
    rounds: dict[int, list[float]] = {count: [] for count in COUNTS}
    async with AsyncExitStack() as stack:
        pages = {}
        for count in COUNTS:
            plugins = ",".join((*DEFAULT_PLUGINS, *names[:count]))
            server = await stack.enter_async_context(
                portico(installation, folder, workers=2, PORTICO_PLUGINS=plugins,
                        PYTHONPATH=str(packages))
            )  # fmt: skip
            pages[count] = (
                page_of_demo(server.base, token, connections=CONNECTIONS),
                # The other store's customers are there all the while; they come one by one.
                Request(f"{server.base}/p/{OTHER}/", {"Cookie": f"portico-{OTHER}={other}"},
                        connections=2, every=TRICKLE_SECONDS),
            )  # fmt: skip
            await run(*pages[count], seconds=WARM_UP)
        for _ in range(ROUNDS):
            for count, requests in pages.items():
                result = (await run(*requests, seconds=SECONDS))[0]
                rounds[count].append(result.percentile(99))
    return {count: statistics.median(found) for count, found in rounds.items()}
