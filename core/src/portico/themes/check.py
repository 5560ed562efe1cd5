"""``portico theme check``: every page with sample customers, before a theme meets real ones.

Looks for templates that fail or use unknown names, for blocks of the default theme that an
override left out, for markup a screen reader stumbles over, and for colours that cannot be read.
"""

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import TemplateError, nodes
from jinja2.environment import Environment
from typing_extensions import override

from portico.stores.models import Store
from portico.themes.colors import contrast
from portico.themes.engine import DEFAULT_THEME, THEME_SHEET, ThemeEngine
from portico.themes.library import Theme
from portico.themes.markup import markup_problems
from portico.themes.samples import Case, Samples
from portico.themes.tokens import NotMeasured, Tokens, contrast_pairs

LOCALES = ("en", "de")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and on which page or in which file."""

    where: str
    what: str

    @override
    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def check_theme(engine: ThemeEngine, name: str, *, html_dir: Path | None = None) -> list[Problem]:
    """Everything that is wrong with a theme; nothing is a good sign.

    With ``html_dir`` every page is also written there, to be opened in a browser as it is.
    """
    if name not in engine.themes:
        known = ", ".join(engine.themes) or "none"
        words = f"there is no such theme (installed, or in PORTICO_THEMES_DIR: {known})"
        return [Problem(name, words)]
    strict = engine.strict()
    problems = [*_missing_blocks(strict, strict.themes[name])]
    for locale in LOCALES:
        for case in Samples(name, locale).cases():
            problems += _check_page(strict, case, locale, html_dir)
    problems += _contrast(strict, name)
    if html_dir is not None:
        write_assets(strict, html_dir)
    return list(dict.fromkeys(problems))


def _template(error: Exception) -> str:
    """The template and line that an error came from, as far as its traceback knows."""
    frames = [
        f"{Path(one.filename).name} line {one.lineno}: "
        for one in traceback.extract_tb(error.__traceback__)
        if one.filename.endswith(".html")
    ]
    return frames[-1] if frames else ""


def _check_page(
    engine: ThemeEngine, case: Case, locale: str, html_dir: Path | None
) -> Iterator[Problem]:
    where = f"{case.page.template} ({case.name}, {locale})"
    try:
        html = engine.render_page(case.store, case.page, case.frame, {})
    except (TemplateError, LookupError, TypeError, ValueError, AttributeError) as error:
        yield Problem(where, f"{_template(error)}{type(error).__name__}: {error}")
        return
    yield from (Problem(where, problem) for problem in markup_problems(html))
    if html_dir is not None:
        html_dir.mkdir(parents=True, exist_ok=True)
        # Absolute URLs become relative ones, so that the file opens without a server.
        page = html.replace('"/static/', '"static/')
        (html_dir / f"{case.name}-{locale}.html").write_text(page, encoding="utf-8")
        sheet = engine.sheet(case.store)
        _write(html_dir / f"static/theme/{case.store.slug}/{sheet.digest}.css", sheet.css.encode())


def write_assets(engine: ThemeEngine, html_dir: Path) -> None:
    """Write the static files of core and every theme below ``html_dir``."""
    for folder in (engine.core_static, *(theme.static for theme in engine.themes.values())):
        for path, asset in folder.files.items():
            _write(html_dir / folder.url_of(path).lstrip("/"), asset.content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _missing_blocks(engine: ThemeEngine, theme: Theme) -> Iterator[Problem]:
    """Blocks that the parent's template has and a template of the same name lacks.

    A template that extends the one it overrides has all of its blocks; one that starts anew has
    to bring them, or a child theme that fills them changes nothing.
    """
    base = theme.manifest.parent or (DEFAULT_THEME if theme.name != DEFAULT_THEME else None)
    if base is None or base not in engine.themes:
        return
    environment = engine.environments[theme.name]
    folder = theme.folder / "templates"
    for path in sorted(folder.rglob("*.html")):
        name = path.relative_to(folder).as_posix()
        try:
            original = _blocks(engine.environments[base], name)
        except TemplateError:
            continue
        try:
            lacking = original - _blocks(environment, f"{theme.name}:{name}")
        except TemplateError as error:
            yield Problem(name, f"{type(error).__name__}: {error}")
            continue
        for block in sorted(lacking):
            yield Problem(name, f"the block {block!r} of {base}'s {name} is missing")


def _blocks(environment: Environment, name: str) -> set[str]:
    """The blocks of a template and of those it extends."""
    found: set[str] = set()
    seen: set[str] = set()
    current: str | None = name
    while current is not None and current not in seen:
        seen.add(current)
        loader = environment.loader
        source = loader.get_source(environment, current)[0] if loader else ""
        tree = environment.parse(source, current)
        found |= {block.name for block in tree.find_all(nodes.Block)}
        extends = tree.find(nodes.Extends)
        parent = extends.template if extends else None
        current = parent.value if isinstance(parent, nodes.Const) else None
    return found


def _tokens(engine: ThemeEngine, store: Store) -> Tokens:
    theme = engine.theme_of(store)
    folders = [engine.themes[each].static for each in reversed(theme.line if theme else ())]
    assets = [folder.files.get(THEME_SHEET) for folder in folders]
    sheets = [engine.core_static.files["ui.css"].content.decode()]
    sheets += [asset.content.decode() for asset in assets if asset]
    return Tokens([*sheets, engine.stylesheet(store)])


def faint(engine: ThemeEngine, store: Store) -> set[tuple[str, bool]]:
    """The tokens of a store's look that are hard to tell from their ground, and whether in the
    dark. What cannot be measured is left out."""
    tokens, found = _tokens(engine, store), set()
    for (front, ground), needed in contrast_pairs().items():
        for dark in (False, True):
            with contextlib.suppress(NotMeasured):
                one, other = tokens.color(front, dark=dark), tokens.color(ground, dark=dark)
                if contrast(one, other) < needed:
                    found.add((front, dark))
    return found


def _contrast(engine: ThemeEngine, name: str) -> Iterator[Problem]:
    tokens = _tokens(engine, Samples(name).store)
    for (front, ground), needed in contrast_pairs().items():
        for dark in (False, True):
            where = f"{'dark' if dark else 'light'} colours"
            try:
                ratio = contrast(tokens.color(front, dark=dark), tokens.color(ground, dark=dark))
            except NotMeasured as error:
                yield Problem(where, f"--{front} on --{ground} was not measured: {error}")
                continue
            if ratio < needed:
                yield Problem(where, f"--{front} on --{ground} is {ratio:.2f}:1, needs {needed}:1")
