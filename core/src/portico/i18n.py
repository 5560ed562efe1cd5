"""Languages: messages from .po files, and dates, money and sizes as the reader writes them.

Messages come from three kinds of catalog, asked in this order: the theme and its parents, the
plugin whose template or hook speaks, core. The .po files are read once, at start; nothing is
compiled.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date as babel_date
from babel.dates import format_time as babel_time
from babel.dates import get_datetime_format, get_timezone_name
from babel.messages.pofile import PoFileError, read_po
from babel.numbers import format_currency, format_decimal

from portico.errors import ConfigurationError

SOURCE_LOCALE = "en"
"""The language of the msgids themselves."""

_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = (
    dict.fromkeys(_NO_DIGITS.split(), 0)
    | dict.fromkeys(_THREE_DIGITS.split(), 3)
    | {"CLF": 4, "UYW": 4}
)
"""Digits after the point where they are not two; ISO 4217, table A.1. CLDR's own list tells how
much is *shown* and differs, so that it must not decide what a minor unit is."""


def N_(message: str) -> str:  # noqa: N802  gettext's own name for "translate this later"
    """Mark ``message`` for extraction; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Catalog:
    """The messages of one .po file. ``plurals`` picks the form for a number."""

    singular: Mapping[str, str]
    plural: Mapping[str, tuple[str, ...]]
    plurals: Callable[[int], int]


@dataclass(frozen=True, slots=True, eq=False)  # known by identity: there is one per language
class Translator:
    """Catalogs of one language in the order in which they are asked."""

    locale: str
    catalogs: tuple[Catalog, ...] = ()

    def gettext(self, message: str) -> str:
        """``message`` in this language, or as it is."""
        for catalog in self.catalogs:
            found = catalog.singular.get(message)
            if found:
                return found
        return message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The form of a message that fits ``number``."""
        for catalog in self.catalogs:
            forms = catalog.plural.get(singular)
            if forms:
                return forms[min(catalog.plurals(number), len(forms) - 1)]
        return singular if number == 1 else plural


@dataclass(slots=True)
class Translations:
    """Every catalog of an installation, by owner (``core``, ``plugin:x``, ``theme:y``)."""

    catalogs: Mapping[tuple[str, str], Catalog]
    locales: tuple[str, ...]
    _cache: dict[tuple[str, tuple[str, ...], str], Translator] = field(default_factory=dict)

    @classmethod
    def load(cls, folders: Mapping[str, Path]) -> "Translations":
        """Read ``<folder>/<lang>/LC_MESSAGES/*.po`` of each owner.

        ``ConfigurationError`` names a file that cannot be read.
        """
        catalogs: dict[tuple[str, str], Catalog] = {}
        for owner, folder in folders.items():
            for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
                locale = path.parent.parent.name.replace("_", "-")
                catalogs[owner, locale] = read_catalog(path)
        complete = {locale for owner, locale in catalogs if owner == "core"}
        return cls(catalogs, (SOURCE_LOCALE, *sorted(complete - {SOURCE_LOCALE})))

    def translator(
        self, locale: str, themes: Sequence[str] = (), plugin: str | None = None
    ) -> Translator:
        """What ``locale`` says: of the themes (the child first), then ``plugin``, then core."""
        key = (locale, tuple(themes), plugin or "")
        found = self._cache.get(key)
        if found is None:
            owners = [f"theme:{name}" for name in themes]
            owners += [f"plugin:{plugin}"] if plugin else []
            owners += ["core"]
            # Only known owners and a known language are kept: a reader chooses neither freely.
            names = [locale, locale.partition("-")[0]]
            keys = dict.fromkeys((owner, name) for owner in owners for name in names)
            chain = tuple(self.catalogs[each] for each in keys if each in self.catalogs)
            found = Translator(locale, chain)
            if locale in self.locales:
                self._cache[key] = found
        return found

    def gettext(self, locale: str, plugin: str | None = None) -> Callable[[str], str]:
        """The function that translates core's (and ``plugin``'s) messages into ``locale``."""
        return self.translator(locale, plugin=plugin).gettext


def read_catalog(path: Path) -> Catalog:
    """Read one .po file; entries without a translation or marked fuzzy are left out."""
    try:
        return _read_catalog(path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error}") from None


@lru_cache(maxsize=256)  # a command that also serves makes several cores, tests make thousands
def _read_catalog(path: Path, changed: int) -> Catalog:
    try:
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parent.parent.name, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
    singular: dict[str, str] = {}
    plural: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy or not message.string:
            continue
        if isinstance(message.id, str):
            singular[message.id] = str(message.string)
        elif all(message.string):
            plural[message.id[0]] = tuple(message.string)
    return Catalog(singular, plural, _plural_rule(catalog.plural_expr))


def _plural_rule(expression: str) -> Callable[[int], int]:
    # What the standard library itself uses for the header of a .mo file.
    return c2py(expression)


@lru_cache(maxsize=256)
def _locale(identifier: str) -> Locale:
    try:
        return Locale.parse(identifier.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(SOURCE_LOCALE)


def _date_locale(locale: str) -> Locale:
    """Plain English dates are the world's (2 November 2026); American ones only if asked for."""
    return _locale("en_001" if locale == "en" else locale)


@lru_cache(maxsize=256)
def direction(locale: str) -> str:
    """``ltr`` or ``rtl``."""
    return _locale(locale).text_direction


def language_name(locale: str) -> str:
    """A language's name in the language itself, as a menu shows it."""
    name = _locale(locale).get_display_name(_locale(locale)) or locale
    return name[:1].upper() + name[1:]


def minor_digits(currency: str) -> int:
    """How many digits of an amount stand after the point, by ISO 4217."""
    return _EXPONENTS.get(currency.upper(), 2)


_CODE_BESIDE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@lru_cache(maxsize=8192)
def format_money(amount: int, currency: str, locale: str) -> str:
    """An amount in minor units, with its currency: 1200 EUR is €12.00."""
    value = Decimal(amount).scaleb(-minor_digits(currency))
    text = format_currency(
        value, currency.upper(), locale=_locale(locale), decimal_quantization=False
    )
    # CLDR sets a code apart from the digits (UTS 35, currency spacing); Babel does not.
    return _CODE_BESIDE_DIGIT.sub("\u00a0", text)


NO_COUNTRIES = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"]
)
"""Two letters that CLDR names and ISO 3166-1 does not: parts of countries, unions, tests."""


@lru_cache(maxsize=8)
def countries(locale: str) -> Mapping[str, str]:
    """Countries by their ISO 3166-1 code, as the language calls and orders them."""
    found = {
        code: name for code, name in _locale(locale).territories.items()
        if len(code) == 2 and code not in NO_COUNTRIES
    }  # fmt: skip
    plain = {code: unicodedata.normalize("NFKD", name).casefold() for code, name in found.items()}
    return {code: found[code] for code in sorted(found, key=lambda code: plain[code])}


def country_name(code: str, locale: str) -> str:
    """What the language calls a country; the code itself where it is none."""
    return countries(locale).get(code, code)


@lru_cache(maxsize=8192)
def format_date(when: datetime | date, locale: str, timezone: str = "UTC") -> str:
    """A date written out: 2 November 2026. A moment is seen from ``timezone`` (an IANA name)."""
    day = when.astimezone(_zone(timezone)) if isinstance(when, datetime) else when
    return babel_date(day, format="long", locale=_date_locale(locale))


@lru_cache(maxsize=512)
def format_month(day: date, locale: str) -> str:
    """The month of a date: November 2026."""
    return babel_date(day, format="LLLL y", locale=_date_locale(locale))


@lru_cache(maxsize=2048)
def format_number(number: int, locale: str) -> str:
    """A whole number as the language writes it: 12,345."""
    return format_decimal(number, format="#,##0", locale=_locale(locale))


@lru_cache(maxsize=8192)
def format_datetime(when: datetime, locale: str, timezone: str = "UTC") -> str:
    """Date, time and time zone: 2 November 2026, 14:32 CET."""
    local = when.astimezone(_zone(timezone))
    names = _date_locale(locale)
    # The short time of "en" is American; the 24 hours of "en_GB" go with the world's dates.
    times = _locale("en_GB") if locale == "en" else names
    time = babel_time(local, format="short", tzinfo=local.tzinfo, locale=times)
    zone = get_timezone_name(local, width="short", locale=times)
    pattern = str(get_datetime_format("medium", locale=names)).replace("'", "")
    return pattern.replace("{1}", format_date(when, locale, timezone)).replace(
        "{0}", f"{time} {zone}"
    )


@lru_cache(maxsize=2048)
def format_filesize(size: int, locale: str) -> str:
    """Bytes as people say them, by thousands: 4.2 MB."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    pattern = "#,##0.#" if value < 10 and unit != "B" else "#,##0"
    return f"{format_decimal(value, format=pattern, locale=_locale(locale))}\u00a0{unit}"


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


@lru_cache(maxsize=1024)
def negotiate(accept_language: str | None, wanted: tuple[str, ...]) -> str:
    """The best of ``wanted`` (the first is the fallback) for an Accept-Language header.

    RFC 9110, section 12.5.4: by weight, then by order; ``de-AT`` is content with ``de``.
    """
    offered = {locale.lower(): locale for locale in wanted}
    for tag in _accepted(accept_language or ""):
        for candidate in (tag, tag.split("-")[0]):
            if candidate in offered:
                return offered[candidate]
    return wanted[0]


def _accepted(header: str) -> Iterable[str]:
    weighted: list[tuple[float, int, str]] = []
    # A real header has a handful of entries; more than twenty is somebody's noise.
    for index, part in enumerate(header.split(",")[:20]):
        tag, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0.0
        if tag and weight > 0:
            weighted.append((-weight, index, tag.strip().lower().replace("_", "-")))
    return [tag for _, _, tag in sorted(weighted)]
