"""Rendering: a store's theme, its settings and the reader's language applied to a page."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import structlog
from jinja2 import StrictUndefined, TemplateError, Undefined
from markupsafe import Markup

from portico.hooks.loader import Registry
from portico.i18n import Translations, direction
from portico.stores.models import Store
from portico.themes.accent import accent_properties, light_shades
from portico.themes.assets import HASH_LENGTH, Folder, read_folder
from portico.themes.colors import parse_color
from portico.themes.compiled import PageEnvironment
from portico.themes.editions import Edition
from portico.themes.environment import Words, build_environment
from portico.themes.icons import icon, icon_sprite, with_icons, with_icons_inside
from portico.themes.library import (
    CORE_FOLDER,
    PluginFolder,
    Theme,
    find_plugin_folders,
    find_themes,
    template_layers,
    translation_folders,
)
from portico.themes.manifest import SettingType
from portico.web.portal.frame_model import Frame
from portico.web.portal.pages import Page

log = structlog.get_logger(__name__)

CORE = "core"
"""The layer below every theme, and the name to render without a theme."""
DEFAULT_THEME = "default"
THEME_SHEET = "theme.css"
"""The style sheet of a theme; a child's is loaded after its parents'."""
_KEPT_SHEETS = 1000

Slots = Mapping[str, Sequence[Markup]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A store's own style sheet: its theme's settings as CSS custom properties."""

    digest: str
    css: str
    values: Mapping[str, str]


@dataclass(slots=True)
class ThemeEngine:
    """Every theme, ready to render. Built once, at start."""

    themes: Mapping[str, Theme]
    plugins: Mapping[str, PluginFolder]
    translations: Translations
    core_static: Folder
    environments: Mapping[str, PageEnvironment]
    linking: bool = True
    """Whether pages are linked (``portico.themes.linked``); as they are, errors tell the line."""
    _editions: dict[tuple[str, str | None, str], Edition] = field(default_factory=dict)
    _by_digest: dict[str, Sheet] = field(default_factory=dict)
    _missing: set[str] = field(default_factory=set)
    _sheets: OrderedDict[str, Sheet] = field(default_factory=OrderedDict)

    @classmethod
    def load(
        cls,
        registry: Registry | None = None,
        themes_dir: Path | None = None,
    ) -> Self:
        """Find the themes, read templates' folders, static files and translations.

        ``ConfigurationError`` in one line for a theme or catalog that cannot work.
        """
        loaded: Iterable[tuple[str, object]] = (
            [(name, plugin.plugin) for name, plugin in registry.plugins.items()] if registry else []
        )
        themes, plugins = find_themes(themes_dir), find_plugin_folders(loaded)
        return cls(
            themes=themes,
            plugins=plugins,
            translations=Translations.load(translation_folders(themes, plugins)),
            core_static=read_folder("core", CORE_FOLDER / "static"),
            environments={name: _environment(name, themes, plugins) for name in (*themes, CORE)},
        )

    # Rendering

    def render_page(self, store: Store, page: Page, frame: Frame, slots: Slots) -> str:
        """A page of the portal in the store's theme."""
        return self.render_portal(store, page.template, frame, {"page": page}, slots)

    def render_portal(
        self,
        store: Store,
        template: str,
        frame: Frame,
        context: Mapping[str, Any],
        slots: Slots | None = None,
    ) -> str:
        """Any template of the portal: core's pages, and those of plugins (``<plugin>/…``)."""
        theme = self.theme_of(store)
        if theme is None:
            template = "portal/no_theme.html"
        return self._render(theme, template, self._of_store(store, frame, context), slots or {})

    def render_panel(
        self, store: Store, template: str, frame: Frame, context: Mapping[str, Any]
    ) -> Markup:
        """A part of a page, such as a plugin's panel."""
        values = self._of_store(store, frame, context)
        return Markup(  # noqa: S704  rendered with autoescape
            self._render(self.theme_of(store), template, values, {})
        )

    def render(
        self,
        theme_name: str | None,
        template: str,
        locale: str,
        context: Mapping[str, Any],
        *,
        timezone: str = "UTC",
        fragment: bool = False,
    ) -> str:
        """A template outside a portal page: the dashboard, plugins' public pages, mails.

        ``theme_name`` None renders with core's own templates only. A ``fragment`` is put into
        some page that is shown already, and so carries its icons itself.
        """
        theme = self._theme(theme_name) if theme_name else None
        values = {**context, "locale": locale, "timezone": timezone}
        values.setdefault("direction", direction(locale))
        store = values.get("store")
        if isinstance(store, Store):
            values |= self._look(store)
        return self._render(
            theme, template, values, {}, with_icons_inside if fragment else with_icons
        )

    def _render(
        self,
        theme: Theme | None,
        template: str,
        values: dict[str, Any],
        slots: Slots,
        finish: Callable[[str], str] = with_icons,
    ) -> str:
        first = template.partition("/")[0]
        plugin = first if first in self.plugins else None
        values["slot"] = partial(_slot, slots)
        return finish(self._edition(theme, plugin, values["locale"]).render(template, values))

    def prepare(self, templates: Iterable[str], locale: str) -> None:
        """Compile pages of the default theme before anybody asks for them.

        A broken one is left to who does: there it can be said which page it is.
        """
        theme = self.themes.get(DEFAULT_THEME)
        for template in templates if theme else ():
            with suppress(TemplateError):
                self._edition(theme, None, locale).prepare(template)

    def _edition(self, theme: Theme | None, plugin: str | None, locale: str) -> Edition:
        name = theme.name if theme else CORE
        found = self._editions.get((name, plugin, locale))
        if found is None:
            line = theme.line if theme else ()
            said = Words(self.translations.translator(locale, line, plugin))
            values = {
                "_": said.gettext,
                "gettext": said.gettext,
                "ngettext": said.ngettext,
                "icon": icon,
                "icon_sprite": icon_sprite,
                "static": partial(self._static, line, plugin),
                "sheets": self.sheet_urls(theme),
            }
            known = self.linking and locale in self.translations.locales
            found = Edition(self.environments[name], said, values, known)
            if locale in self.translations.locales:
                self._editions[name, plugin, locale] = found
        return found

    def _of_store(self, store: Store, frame: Frame, context: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **context,
            **self._look(store),
            "frame": frame,
            "locale": frame.locale,
            "direction": frame.direction,
            "timezone": store.timezone,
            "csrf_token": frame.csrf_token,
            "portal": partial(_portal, frame.base or f"/p/{store.slug}/"),
        }

    def _look(self, store: Store) -> dict[str, Any]:
        sheet = self.sheet(store)
        return {
            "theme": sheet.values,
            "store_sheet": f"/static/theme/{store.slug}/{sheet.digest}.css",
        }

    # Themes and their settings

    def titles(self) -> dict[str, str]:
        """What each installed theme calls itself, by name."""
        return {name: theme.manifest.title for name, theme in self.themes.items()}

    def strict(self) -> Self:
        """A copy whose templates may use no unknown name; for checks and tests."""
        return replace(
            self,
            linking=False,
            _editions={},
            environments={
                name: _environment(name, self.themes, self.plugins, StrictUndefined)
                for name in (*self.themes, CORE)
            },
        )

    def theme_of(self, store: Store) -> Theme | None:
        """The store's theme; the default one where it is not installed any more; None where not
        even that is."""
        return self._theme(store.theme)

    def _theme(self, name: str) -> Theme | None:
        theme = self.themes.get(name)
        if theme is None:
            if name not in self._missing:
                self._missing.add(name)
                log.warning("theme_missing", theme=name)
            theme = self.themes.get(DEFAULT_THEME)
        return theme

    def settings_of(self, store: Store) -> dict[str, str]:
        """The theme's settings in force: the store's where they fit, else the defaults."""
        theme = self.theme_of(store)
        values: dict[str, str] = {}
        for name, setting in (theme.settings if theme else {}).items():
            try:
                values[name] = setting.check(store.theme_settings.get(name, setting.default))
            except ValueError:
                values[name] = setting.default
        return values

    def validate_settings(self, theme_name: str, values: Mapping[str, object]) -> dict[str, str]:
        """What is wrong with ``values``, by setting, in words for the seller."""
        settings = self.themes[theme_name].settings
        errors = {name: f"{name}: this theme has no such setting" for name in values}
        for name, value in values.items():
            if name in settings:
                try:
                    settings[name].check(value)
                    del errors[name]
                except ValueError as error:
                    errors[name] = str(error)
        return errors

    def sheet(self, store: Store) -> Sheet:
        """The store's own style sheet. Kept, since every page asks for it."""
        key = f"{store.theme}\0{store.theme_settings}"
        sheet = self._sheets.get(key)
        if sheet is None:
            values = self.settings_of(store)
            css = self._css(store, values)
            digest = hashlib.sha256(css.encode()).hexdigest()[:HASH_LENGTH]
            sheet = self._sheets[key] = self._by_digest[digest] = Sheet(digest, css, values)
            if len(self._sheets) > _KEPT_SHEETS:
                self._by_digest.pop(self._sheets.popitem(last=False)[1].digest, None)
        return sheet

    def sheet_by_digest(self, digest: str) -> Sheet | None:
        """A sheet that this process has made, by its hash."""
        return self._by_digest.get(digest)

    def stylesheet(self, store: Store) -> str:
        """The CSS of the store's settings."""
        return self.sheet(store).css

    def _css(self, store: Store, values: Mapping[str, str]) -> str:
        theme = self.theme_of(store)
        properties: dict[str, str] = {}
        for name, value in values.items():
            setting = theme.settings[name] if theme else None
            css = setting.css(value) if setting else None
            if css is not None:
                properties[f"--setting-{name.replace('_', '-')}"] = css
            if name == "accent" and setting and setting.type is SettingType.COLOR:
                properties |= accent_properties(parse_color(value))
        lines = "".join(f"  {name}: {value};\n" for name, value in properties.items())
        return f":root {{\n{lines}}}\n"

    def email_colors(self, store: Store) -> dict[str, str]:
        """``accent`` and ``on_accent`` as hex: mail programs know no custom properties."""
        accent = self.settings_of(store).get("accent", "#3056c6")
        shades = light_shades(parse_color(accent))
        return {"accent": shades.fill.hex(), "on_accent": shades.on_fill.hex()}

    # Static files

    def sheet_urls(self, theme: Theme | None) -> list[str]:
        """The shared style sheets of a page: core's, then the theme's parents', then its own."""
        urls = [self.core_static.url_of("ui.css")]
        for name in reversed(theme.line if theme else ()):
            static = self.themes[name].static
            if THEME_SHEET in static.files:
                urls.append(static.url_of(THEME_SHEET))
        return urls

    def static_url(self, theme: str | None, path: str) -> str:
        """The URL of a static file: of the theme, its parents, or core; ``LookupError`` else."""
        found = self._theme(theme) if theme else None
        return self._static(found.line if found else (), None, path)

    def _static(self, line: Sequence[str], plugin: str | None, path: str) -> str:
        folders = [self.themes[name].static for name in line]
        folders += [self.plugins[plugin].static] if plugin else []
        for folder in (*folders, self.core_static):
            if path in folder.files:
                return folder.url_of(path)
        raise LookupError(f"there is no static file {path!r}")

    def static_folder(self, kind: str, name: str = "") -> Folder | None:
        """The folder behind ``/static/core``, ``/static/theme/<name>`` or ``/static/plugin/…``."""
        if kind == "core":
            return self.core_static
        owners: Mapping[str, Theme | PluginFolder] = (
            self.themes if kind == "theme" else self.plugins
        )
        owner = owners.get(name)
        return owner.static if owner else None


def _environment(
    name: str,
    themes: Mapping[str, Theme],
    plugins: Mapping[str, PluginFolder],
    undefined: type[Undefined] = Undefined,
) -> PageEnvironment:
    line = themes[name].line if name in themes else ()
    return build_environment(template_layers(line, themes, plugins), frozenset(plugins), undefined)


def _slot(slots: Slots, name: str) -> Markup:
    return Markup().join(slots.get(name, ()))


def _portal(base: str, path: str = "") -> str:
    return base + path.lstrip("/")
