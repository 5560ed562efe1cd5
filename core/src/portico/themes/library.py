"""Finding themes: packages with an entry point, folders in the themes directory; and plugins'
templates. What cannot work is refused here, when Portico starts, in one line."""

import importlib.util
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from portico.errors import ConfigurationError
from portico.themes.assets import Folder, read_folder
from portico.themes.manifest import Manifest, Setting, read_manifest

GROUP = "portico.themes"
CORE_FOLDER = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme and where it lives. ``line`` is the theme and its parents, the child first."""

    manifest: Manifest
    folder: Path
    static: Folder
    line: tuple[str, ...]
    settings: Mapping[str, Setting]

    @property
    def name(self) -> str:
        """Its name."""
        return self.manifest.name


@dataclass(frozen=True, slots=True)
class PluginFolder:
    """The folder of a plugin's package, for its templates, static files and translations."""

    name: str
    folder: Path
    static: Folder


def find_themes(themes_dir: Path | None) -> dict[str, Theme]:
    """Every theme by name. ``ConfigurationError`` for a broken, double or orphaned one."""
    found: dict[str, tuple[Manifest, Path]] = {}
    for folder in (*_packages(), *_folders(themes_dir)):
        with _names_the_setting(folder, themes_dir):
            _add(folder, found)
    themes = {}
    for name in sorted(found):
        with _names_the_setting(found[name][1], themes_dir):
            themes[name] = _theme(name, found)
    return themes


def _add(folder: Path, found: dict[str, tuple[Manifest, Path]]) -> None:
    manifest = read_manifest(folder)
    if manifest.name in found:
        raise ConfigurationError(
            f"theme {manifest.name}: both {found[manifest.name][1]} and {folder} have this name"
        )
    found[manifest.name] = manifest, folder


@contextmanager
def _names_the_setting(folder: Path, themes_dir: Path | None) -> Iterator[None]:
    """What is wrong with a theme that a setting has brought in is told with the setting."""
    try:
        yield
    except ConfigurationError as error:
        if themes_dir is None or folder.parent != themes_dir:
            raise
        raise ConfigurationError(f"PORTICO_THEMES_DIR: {error}") from None


def find_plugin_folders(plugins: Iterable[tuple[str, object]]) -> dict[str, PluginFolder]:
    """The package folder of each plugin object, by the plugin's name."""
    folders: dict[str, PluginFolder] = {}
    for name, plugin in plugins:
        module = sys.modules.get(type(plugin).__module__)
        package = sys.modules.get(type(plugin).__module__.split(".")[0])
        file = getattr(package, "__file__", None) or getattr(module, "__file__", None)
        if file:
            folder = Path(file).resolve().parent
            static = read_folder(f"plugin/{name}", folder / "static")
            folders[name] = PluginFolder(name, folder, static)
    return folders


@cache
def _packages() -> list[Path]:
    folders = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        # The package is data only: it is found, not imported.
        spec = importlib.util.find_spec(entry.value)
        places = list(spec.submodule_search_locations or ()) if spec else []
        if not places:
            raise ConfigurationError(f"theme {entry.name}: there is no package {entry.value}")
        folders.append(Path(places[0]))
    return folders


def _folders(themes_dir: Path | None) -> list[Path]:
    if themes_dir is None:
        return []
    if not themes_dir.is_dir():
        raise ConfigurationError(f"PORTICO_THEMES_DIR: {themes_dir} is not a folder")
    return sorted(path.parent for path in themes_dir.glob("*/theme.toml"))


def _theme(name: str, found: Mapping[str, tuple[Manifest, Path]]) -> Theme:
    manifest, folder = found[name]
    line = _line(name, found)
    settings: dict[str, Setting] = {}
    for ancestor in reversed(line):
        settings.update(found[ancestor][0].settings)
    static = read_folder(f"theme/{name}", folder / "static")
    return Theme(manifest, folder, static, line, settings)


def _line(name: str, found: Mapping[str, tuple[Manifest, Path]]) -> tuple[str, ...]:
    line: list[str] = []
    current: str | None = name
    while current is not None:
        if current in line:
            raise ConfigurationError(f"theme {name}: {' → '.join([*line, current])} is a circle")
        if current not in found:
            raise ConfigurationError(f"theme {line[-1]}: its parent {current!r} is not installed")
        line.append(current)
        current = found[current][0].parent
    return tuple(line)


def translation_folders(
    themes: Mapping[str, Theme], plugins: Mapping[str, PluginFolder]
) -> dict[str, Path]:
    """Where the catalogs of core, the plugins and the themes are, by owner."""
    folders = {"core": CORE_FOLDER / "locale"}
    folders |= {f"plugin:{name}": plugin.folder / "locale" for name, plugin in plugins.items()}
    folders |= {f"theme:{name}": theme.folder / "locale" for name, theme in themes.items()}
    return folders


def template_layers(
    line: Sequence[str], themes: Mapping[str, Theme], plugins: Mapping[str, PluginFolder]
) -> list[tuple[str, Path]]:
    """The template folders that a theme is looked up in, first one first, with their prefixes."""
    layers = [(name, themes[name].folder / "templates") for name in line]
    layers += [(name, plugins[name].folder / "templates") for name in sorted(plugins)]
    return [*layers, ("core", CORE_FOLDER / "templates")]
