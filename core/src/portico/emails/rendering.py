"""What the rest of Portico needs of sellers' texts, without the libraries that render them.

Those are loaded when the first text is rendered: python-liquid, markdown-it, nh3 and css-inline are
8 MB of memory and a quarter of a second of the start, which a process that serves the portal does
without.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portico.emails.models import TextFormat

MAX_SOURCE = 50_000
"""Characters a seller's text may have."""
MAX_SUBJECT = 200
BUTTON = "button"
"""The title of a link that is drawn as a button."""


class TextError(Exception):
    """A seller's text cannot be rendered; the message says why, in Liquid's words.

    ``line`` is where, counted from 1, if that is known. ``limit``: it is right, and does too much.
    """

    def __init__(self, message: str, line: int | None = None, *, limit: bool = False) -> None:
        super().__init__(message)
        self.line = line
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Use:
    """A variable that a text uses: ``path`` from its root on, and the line, from 1."""

    path: tuple[str | int, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Uses:
    """What a text uses. ``loops`` maps a loop's variable to the list it runs over ('' if it is
    none); ``own`` are names that the text itself gives a value."""

    variables: tuple[Use, ...]
    loops: Mapping[str, str]
    own: frozenset[str]


@dataclass(frozen=True, slots=True)
class Content:
    """A mail's own words: one line of subject, and the body as safe HTML and as plain text."""

    subject: str
    html: str
    text: str


def one_line(text: str) -> str:
    """``text`` fit for a header: no line breaks or other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def render(
    subject: str, body: str, values: Mapping[str, Any], *, form: TextFormat = TextFormat.MARKDOWN
) -> Content:
    """Fill a text with its values. Raises TextError."""
    from portico.emails import render as made  # noqa: PLC0415 - see above

    return made.render(subject, body, values, form=form)


def inline_css(page: str) -> str:
    """The page with its styles on the elements: many mail readers drop style sheets."""
    from portico.emails import render as made  # noqa: PLC0415 - see above

    return made.inline_css(page)


def uses(source: str) -> Uses:
    """The variables of a text, without rendering it. Raises TextError for one that is wrong."""
    from portico.emails import liquid  # noqa: PLC0415 - see above

    return liquid.uses(source)
