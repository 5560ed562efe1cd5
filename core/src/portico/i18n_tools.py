"""Collecting the texts to translate: ``python -m portico.i18n_tools`` (``make messages``).

Every package of the workspace has a catalog of its own, ``<package>/locale/<language>/
LC_MESSAGES/<name>.po``. Texts come from Python (``_``, ``N_``, ``gettext``, ``ngettext``),
from templates, from the labels of a ``theme.toml``, and from a plugin's title, description and
settings.
"""

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from portico.hooks.licenses import LicenseHooks
from portico.hooks.loader import GROUP
from portico.web.dashboard.schema_form import form_texts

LANGUAGES = ("de",)
_METHODS = [
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
    ("**/templates/**.txt", "jinja2"),
]
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
}
# Babel's own header holds the time of the run: every run would change every file.
_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals};\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
_THEME_TEXTS = ("label", "help")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the workspace; ``folder`` is where its Python files are."""

    name: str
    folder: Path

    def catalog(self, language: str) -> Path:
        """Where its texts in ``language`` are."""
        short = self.name.removeprefix("portico_")
        return self.folder / "locale" / language / "LC_MESSAGES" / f"{short}.po"


def packages(root: Path) -> list[Package]:
    """Core, the plugins, the themes and the examples of the workspace at ``root``."""
    patterns = ("core/src/*", "plugins/*/src/*", "themes/*/src/*", "examples/*/src/*")
    folders = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    return [Package(path.name, path) for path in folders if (path / "__init__.py").is_file()]


def extract(package: Package) -> Catalog:
    """Every text of a package."""
    catalog = Catalog(project=package.name, charset="utf-8")
    found = extract_from_dir(
        str(package.folder),
        method_map=_METHODS,
        options_map={
            "**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}
        },
        keywords=_KEYWORDS,
        comment_tags=("Translators:",),
    )
    for filename, _line, message, comments, context in found:
        # No line numbers: they change with every edit and say little.
        catalog.add(message, None, [(filename, 0)], auto_comments=comments, context=context)
    for text in _theme_texts(package.folder / "theme.toml"):
        catalog.add(text, None, [("theme.toml", 0)])
    for text in _plugin_texts(package.name):
        catalog.add(text, None, [("plugin", 0)])
    return catalog


def _plugin_texts(package: str) -> Iterator[str]:
    """What the dashboard shows of the package's plugins: they need no ``N_`` for it."""
    for point in entry_points(group=GROUP):
        if point.module.partition(".")[0] != package:
            continue
        plugin = point.load()
        yield from filter(None, (plugin.title, plugin.description))
        yield from form_texts(plugin.Settings)
        if isinstance(plugin, LicenseHooks):
            yield from form_texts(plugin.license_settings())


def _theme_texts(path: Path) -> Iterator[str]:
    if not path.is_file():
        return
    for setting in tomllib.loads(path.read_text(encoding="utf-8")).get("settings", {}).values():
        for part in (setting, *setting.get("options", {}).values()):
            yield from (part[key] for key in _THEME_TEXTS if part.get(key))


def missing(package: Package, language: str) -> list[str]:
    """The texts of a package that have no (or a doubtful) translation."""
    path = package.catalog(language)
    known = _read(path, language) if path.is_file() else Catalog(locale=language)
    lacking = []
    for message in extract(package):
        if message.id:
            translated = known.get(message.id)
            strings = translated.string if translated else ""
            complete = all(strings) if isinstance(strings, tuple | list) else bool(strings)
            if not complete or (translated and translated.fuzzy):
                lacking.append(str(message.id))
    return lacking


def update(package: Package, language: str) -> None:
    """Bring a catalog up to date: new texts are added empty, those no longer used dropped."""
    template = extract(package)
    path = package.catalog(language)
    if path.is_file():
        catalog = _read(path, language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
    else:
        catalog = Catalog(locale=language, project=package.name, charset="utf-8")
        catalog.update(template, no_fuzzy_matching=True)
    if len(catalog):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(_HEADER.format(language=language, plurals=catalog.plural_forms).encode())
            write_po(file, catalog, width=98, sort_output=True, omit_header=True)


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    """Update every catalog of the workspace in the current folder; say what is missing."""
    names = set(sys.argv[1:])
    for package in packages(Path.cwd()):
        if names and package.name not in names:
            continue
        for language in LANGUAGES:
            update(package, language)
            lacking = missing(package, language)
            print(f"{package.name}: {language}: {len(lacking)} to translate")


if __name__ == "__main__":
    main()
