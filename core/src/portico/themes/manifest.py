"""``theme.toml``: what a theme says about itself, checked when it is loaded."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from portico.errors import ConfigurationError
from portico.themes.colors import parse_color

API = 1
"""The version of the contract between core and themes; a theme names the one it is written for."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SETTING = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CSS_VALUE = re.compile(r"[a-zA-Z0-9 .,%()#\"'+*/_-]{1,200}")
_IMAGE = re.compile(r"(?:https://[a-zA-Z0-9.-]+(?::\d+)?)?/[a-zA-Z0-9._~%/-]*")
_TOP = {"name", "title", "api", "parent", "settings"}
_FIELDS = {"type", "default", "label", "help", "options"}


class SettingType(StrEnum):
    """What a setting holds. A *select*'s options may each carry the CSS value they stand for."""

    COLOR = "color"
    SELECT = "select"
    IMAGE = "image"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select; ``css`` is what its custom property becomes."""

    label: str
    css: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A typed setting of a theme; ``options`` are a select's, by value."""

    name: str
    type: SettingType
    label: str
    default: str
    help: str
    options: Mapping[str, Option]

    def check(self, value: object) -> str:
        """``value`` if it fits the type, else ``ValueError`` in words for the seller."""
        if not isinstance(value, str):
            raise ValueError(f"{self.label}: this is not a text")
        value = value.strip()
        if self.type is SettingType.COLOR:
            parse_color(value)
        elif self.type is SettingType.SELECT and value not in self.options:
            raise ValueError(f"{self.label}: choose one of {', '.join(self.options)}")
        elif self.type is SettingType.IMAGE and value and not _IMAGE.fullmatch(value):
            raise ValueError(f"{self.label}: give a path of this site or an https:// address")
        elif self.type is SettingType.TEXT and (len(value) > 500 or not value.isprintable()):
            raise ValueError(f"{self.label}: at most 500 characters, in one line")
        return value

    def css(self, value: str) -> str | None:
        """``value`` for a style sheet; None where it is no matter of style."""
        if self.type is SettingType.COLOR:
            return parse_color(value).hex()
        if self.type is SettingType.SELECT:
            return self.options[value].css
        if self.type is SettingType.IMAGE:
            return f'url("{value}")' if value else "none"
        return None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A theme's name, parent and settings."""

    name: str
    title: str
    parent: str | None
    settings: Mapping[str, Setting]


def read_manifest(folder: Path) -> Manifest:
    """Read and check ``theme.toml``; ``ConfigurationError`` says in one line what is wrong."""
    path = folder / "theme.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return _manifest(raw)
    except OSError:
        raise ConfigurationError(f"theme {folder.name}: {path} cannot be read") from None
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise ConfigurationError(f"theme {folder.name}: {path}: {error}") from None


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    _refuse_unknown("", raw, _TOP)
    name = _text(raw, "name")
    if not _NAME.fullmatch(name):
        raise ValueError(f"name {name!r}: small letters, digits, - and _ only")
    if raw.get("api") != API:
        raise ValueError(f"api = {raw.get('api')!r}: this Portico reads api = {API}")
    settings = raw.get("settings", {})
    if not isinstance(settings, dict):
        raise ValueError("settings is not a table")
    return Manifest(
        name=name,
        title=_text(raw, "title"),
        parent=_text(raw, "parent") if "parent" in raw else None,
        settings={key: _setting(key, value) for key, value in settings.items()},
    )


def _setting(name: str, raw: object) -> Setting:
    where = f"settings.{name}"
    if not _SETTING.fullmatch(name):
        raise ValueError(f"{where}: small letters, digits and _ only")
    if not isinstance(raw, dict):
        raise ValueError(f"{where} is not a table")
    _refuse_unknown(f"{where}.", raw, _FIELDS)
    try:
        kind = SettingType(raw.get("type", ""))
    except ValueError:
        raise ValueError(f"{where}.type: one of {', '.join(SettingType)}") from None
    options = _options(where, raw.get("options", {})) if kind is SettingType.SELECT else {}
    setting = Setting(
        name, kind, _text(raw, "label"), raw.get("default", ""), raw.get("help", ""), options
    )
    try:
        setting.check(setting.default)
    except ValueError as error:
        raise ValueError(f"{where}.default: {error}") from None
    return setting


def _options(where: str, raw: object) -> dict[str, Option]:
    if not isinstance(raw, dict) or not raw:
        raise ValueError(f"{where}.options: a select needs a table of options")
    options: dict[str, Option] = {}
    for value, option in raw.items():
        if not isinstance(option, dict) or set(option) - {"label", "css"}:
            raise ValueError(f"{where}.options.{value}: give label and css")
        css = str(option.get("css", value))
        if not _CSS_VALUE.fullmatch(css):
            raise ValueError(f"{where}.options.{value}.css: {css!r} is not a plain CSS value")
        options[value] = Option(str(option.get("label", value)), css)
    return options


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} is missing")
    return value


def _refuse_unknown(where: str, raw: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise ValueError(f"{where}{unknown[0]}: there is no such key")
