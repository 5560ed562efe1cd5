"""The words on the screen in each language, looked up where the product has them."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]


@cache
def _catalog(locale: str) -> dict[str, str]:
    """The theme's words first: they are on the pages; a seller may read others for the same."""
    found: dict[str, str] = {}
    for folder in ("themes", "plugins", "core", "examples"):
        paths = sorted((ROOT / folder).glob(f"**/src/**/locale/{locale}/LC_MESSAGES/*.po"))
        found = _read(paths) | found
    return found


def _read(paths: Iterable[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in paths:
        with path.open("rb") as source:
            for message in read_po(source):
                if message.id and isinstance(message.id, str) and message.string:
                    found.setdefault(message.id, str(message.string))
    return found


def word(text: str, locale: str) -> str:
    """``text`` in the language; a text without a translation is a failure, not English."""
    if locale == "en":
        return text
    assert text in _catalog(locale), f"{text!r} has no translation to {locale}"
    return _catalog(locale)[text]
