"""``portico theme``: themes, and whether they are fit to use."""

from pathlib import Path
from typing import Annotated

import typer

from portico.hooks.loader import load_plugins
from portico.settings import load_settings
from portico.themes.engine import ThemeEngine

app = typer.Typer(help="Themes of the portal.", no_args_is_help=True)


def _engine() -> ThemeEngine:
    settings = load_settings()
    return ThemeEngine.load(load_plugins(settings.plugins, demo=True), settings.themes_dir)


@app.command("list")
def list_themes() -> None:
    """List the installed themes."""
    for name, title in _engine().titles().items():
        typer.echo(f"{name}: {title}")


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(help="The theme's name.")],
    html: Annotated[Path | None, typer.Option(help="Also write every page to this folder.")] = None,
) -> None:
    """Render every page with sample customers and report what is wrong."""
    from portico.themes.check import check_theme  # noqa: PLC0415 - only developers need it

    problems = check_theme(_engine(), name, html_dir=html)
    for problem in problems:
        typer.echo(str(problem), err=True)
    typer.echo(f"{name}: {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}")
    raise SystemExit(1 if problems else 0)
