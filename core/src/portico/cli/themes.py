"""``portico theme``: themes, and whether they are fit to use."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from portico.cli.common import StoreOption, fail, run, store_named
from portico.hooks.loader import load_plugins
from portico.runtime import Runtime
from portico.settings import load_settings
from portico.stores import service as stores
from portico.themes.engine import ThemeEngine

if TYPE_CHECKING:
    from portico.themes.check import Problem

MOST = 3
"""Places that are named for each problem."""
app = typer.Typer(help="Themes of the portal.", no_args_is_help=True)


def _engine() -> ThemeEngine:
    settings = load_settings()
    return ThemeEngine.load(load_plugins(settings.plugins, demo=True), settings.themes_dir)


@app.command("list")
def list_themes() -> None:
    """List the installed themes."""
    for name, title in _engine().titles().items():
        typer.echo(f"{name}: {title}")


@app.command("use")
def use(
    name: Annotated[str, typer.Argument(help="The theme's name (see `theme list`).")],
    store: StoreOption,
) -> None:
    """Show a store's portal in a theme, with the theme's own settings."""

    async def work(rt: Runtime) -> None:
        if name not in rt.themes.titles():
            fail(f"There is no theme {name!r}. Themes: {', '.join(rt.themes.titles())}.")
        found = await store_named(rt, store)
        # Settings belong to a theme: the values of another one would only fit by chance.
        settings = found.theme_settings if found.theme == name else {}
        await stores.update_settings(rt, found.id, by="cli", theme=name, theme_settings=settings)
        typer.echo(f"{found.name} uses the theme {name}.")

    run(work)


def _by_problem(problems: Sequence["Problem"]) -> dict[str, list[str]]:
    """What is wrong, with everywhere it is: one slip in a frame is on every page."""
    found: dict[str, list[str]] = {}
    for one in problems:
        found.setdefault(one.what, []).append(one.where)
    return found


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The theme's name.")],
    html: Annotated[Path | None, typer.Option(help="Also write every page to this folder.")] = None,
) -> None:
    """Render every page with sample customers and report what is wrong."""
    from portico.themes.check import check_theme  # noqa: PLC0415 - only developers need it

    problems = check_theme(_engine(), name, html_dir=html)
    found = _by_problem(problems)
    for what, places in found.items():
        others = f" and {len(places) - MOST} more" if len(places) > MOST else ""
        typer.echo(f"{what}\n    {', '.join(places[:MOST])}{others}", err=True)
    typer.echo(f"{name}: {len(found) or 'no'} problem{'' if len(found) == 1 else 's'}")
    raise SystemExit(1 if problems else 0)
