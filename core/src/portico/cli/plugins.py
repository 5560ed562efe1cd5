"""``portico plugin``: what is installed, and what each store uses."""

from typing import Annotated

import typer

from portico.activation import service as activation
from portico.cli.common import StoreOption, print_rows, run, store_named
from portico.hooks.lifecycle import LifecycleHooks
from portico.hooks.loader import load_plugins
from portico.runtime import Runtime
from portico.settings import load_settings

app = typer.Typer(help="Plugins, and which store uses which.", no_args_is_help=True)
PluginName = Annotated[str, typer.Argument(help="The plugin's name (see `plugin list`).")]


def plugin_commands() -> dict[str, typer.Typer]:
    """The command groups that installed plugins bring."""
    settings = load_settings()
    registry = load_plugins(settings.plugins, demo=True)
    found = {}
    for name in registry.names_answering(LifecycleHooks.commands):
        plugin = registry.plugins[name].plugin
        assert isinstance(plugin, LifecycleHooks)
        group = plugin.commands()
        if group is not None:
            found[name] = group
    return found


@app.command("list")
def list_plugins(
    store: Annotated[str | None, typer.Option(help="Show what this store uses.")] = None,
) -> None:
    """List the installed plugins."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store) if store else None
        rows = [
            (name, loaded.plugin.title, loaded.distribution, loaded.version,
             (await activation.state(rt, found, name)).value if found else "")
            for name, loaded in rt.registry.plugins.items()
        ]  # fmt: skip
        print_rows(("Plugin", "Title", "Distribution", "Version", store or ""), rows)

    run(work)


@app.command("enable")
def enable(plugin: PluginName, store: StoreOption) -> None:
    """Switch a plugin on for a store."""

    async def work(rt: Runtime) -> None:
        await activation.enable(rt, await store_named(rt, store), plugin, by="cli")
        typer.echo(f"{plugin} is on for {store}.")

    run(work)


@app.command("retire")
def retire(plugin: PluginName, store: StoreOption) -> None:
    """Offer nothing new through a plugin; what it owns keeps working."""

    async def work(rt: Runtime) -> None:
        await activation.retire(rt, await store_named(rt, store), plugin, by="cli")
        typer.echo(f"{plugin} is retiring for {store}.")

    run(work)


@app.command("disable")
def disable(plugin: PluginName, store: StoreOption) -> None:
    """Switch a plugin off for a store, if nothing live depends on it."""

    async def work(rt: Runtime) -> None:
        found = await store_named(rt, store)
        depends = await activation.dependents(rt, found, plugin)
        for item in depends:
            typer.echo(f"{item.count} {item.what}", err=True)
        await activation.disable(rt, found, plugin, by="cli")
        typer.echo(f"{plugin} is off for {store}.")

    run(work)
