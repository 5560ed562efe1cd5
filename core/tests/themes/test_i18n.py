"""Messages, dates, money and sizes in the reader's language."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from portico.errors import ConfigurationError
from portico.i18n import (
    Translations,
    countries,
    country_name,
    direction,
    format_date,
    format_datetime,
    format_filesize,
    format_money,
    language_name,
    negotiate,
)

WHEN = datetime(2026, 11, 2, 23, 32, tzinfo=UTC)


def write(folder: Path, *pairs: tuple[str, str], extra: str = "", language: str = "de") -> Path:
    path = folder / language / "LC_MESSAGES" / "x.po"
    path.parent.mkdir(parents=True)
    entries = [f'msgid "{message}"\nmsgstr "{text}"\n' for message, text in pairs]
    path.write_text("\n".join([*entries, extra]))
    return folder


def test_the_theme_is_asked_first_then_the_plugin_then_core(tmp_path: Path) -> None:
    plural = 'msgid "file"\nmsgid_plural "files"\nmsgstr[0] "Datei"\nmsgstr[1] "Dateien"\n'
    found = Translations.load(
        {
            "core": write(
                tmp_path / "c", ("a", "core"), ("b", "core"), ("c", "core"), extra=plural
            ),
            "plugin:p": write(tmp_path / "p", ("a", "plugin"), ("b", "plugin")),
            "theme:t": write(tmp_path / "t", ("a", "theme")),
        }
    )
    german = found.translator("de-AT", ("t",), "p")
    assert [german.gettext(each) for each in "abcd"] == ["theme", "plugin", "core", "d"]
    assert found.gettext("de")("b") == "core", "another plugin's words are not core's"
    assert found.gettext("en")("a") == "a"
    assert [german.ngettext("file", "files", n) for n in (0, 1, 2)] == [
        "Dateien",
        "Datei",
        "Dateien",
    ]
    assert found.locales == ("en", "de")


def test_a_broken_catalog_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path, extra='nonsense "a"')
    with pytest.raises(ConfigurationError, match=r"de/LC_MESSAGES/x\.po"):
        Translations.load({"core": folder})


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        (1200, "EUR", "en", "€12.00"),
        (123456, "eur", "de", "1.234,56\u00a0€"),
        (500, "JPY", "en", "¥500"),
        (1500, "KWD", "en", "KWD\u00a01.500"),
        (-100, "USD", "en", "-$1.00"),
    ],
)
def test_money_is_counted_in_the_currencys_own_minor_units(
    amount: int, currency: str, locale: str, text: str
) -> None:
    assert format_money(amount, currency, locale) == text


def test_a_date_is_written_out_and_seen_from_the_stores_time_zone() -> None:
    assert format_date(WHEN, "en", "Europe/Berlin") == "3 November 2026"
    assert format_date(WHEN, "de", "UTC") == "2. November 2026"
    assert format_date(WHEN, "en-US") == "November 2, 2026"
    assert format_datetime(WHEN, "en", "Europe/Berlin") == "3 November 2026, 00:32 CET"
    assert format_datetime(WHEN, "de", "Europe/Berlin") == "3. November 2026, 00:32 MEZ"
    assert format_date(WHEN, "en", "Nowhere/Land") == "2 November 2026"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (4_234_567, "4.2 MB"), (2 * 10**9, "2 GB")],
)
def test_sizes_are_counted_by_thousands(size: int, text: str) -> None:
    assert format_filesize(size, "en").replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("de-AT,en;q=0.5", "de"),
        ("fr, en;q=0.2, de;q=0.9", "de"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("de;q=x", "en"),
        (",;=,,", "en"),
        (None, "en"),
    ],
)
def test_the_readers_language_is_chosen_by_weight(header: str | None, chosen: str) -> None:
    assert negotiate(header, ("en", "de")) == chosen


def test_languages_know_their_name_and_direction() -> None:
    assert language_name("de") == "Deutsch"
    assert direction("ar") == "rtl"
    assert direction("de") == "ltr"
    assert direction("no-such") == "ltr"


def test_countries_are_named_and_ordered_as_the_reader_does() -> None:
    german = list(countries("de").values())
    assert german.index("Österreich") < german.index("Polen")
    assert countries("en")["DE"] == "Germany"
    assert not countries("en").keys() & {"EU", "ZZ", "001"}
    assert (country_name("AT", "de"), country_name("", "de")) == ("Österreich", "")
