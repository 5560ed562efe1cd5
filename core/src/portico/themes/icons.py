"""The icons of every page, drawn from one set (``icons.svg``, from Lucide).

A page refers to its icons with ``<use>`` and carries each one it uses once, at its end: no
request, no script, and a list of two hundred rows stays small.
"""

from functools import cache, lru_cache
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup, escape

_SVG = "{http://www.w3.org/2000/svg}"
_FALLBACK = "puzzle"
_REFERENCE = '<use href="#i-'
_PLACE = Markup("<icons>")
"""Not to be had from a text that is put into a page: that is escaped."""


@cache
def drawings() -> dict[str, str]:
    """The inner SVG of every icon by name."""
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    # The file is our own, shipped with core.
    root = ElementTree.parse(Path(__file__).with_name("icons.svg")).getroot()  # noqa: S314  own file
    found: dict[str, str] = {}
    for symbol in root.iter(f"{_SVG}symbol"):
        inner = "".join(ElementTree.tostring(child, encoding="unicode") for child in symbol)
        found[symbol.attrib["id"]] = inner.replace(' xmlns="http://www.w3.org/2000/svg"', "")
    return found


@lru_cache(maxsize=512)
def icon(name: str, css: str = "icon") -> Markup:
    """The icon ``name``, for the eye only: the words beside it say the same."""
    name = name if name in drawings() else _FALLBACK
    return Markup(  # noqa: S704  the name is known and the class is escaped
        f'<svg class="{escape(css)}" viewBox="0 0 24 24" aria-hidden="true">'
        f'{_REFERENCE}{name}"/></svg>'
    )


def icon_sprite() -> Markup:
    """The place for the drawings that the page refers to, at its end."""
    return _PLACE


def with_icons(html: str) -> str:
    """The page with the drawings in their place, each icon that it uses once."""
    before, place, after = html.rpartition(_PLACE)
    if not place:
        return html
    known = drawings()
    names = dict.fromkeys(part.partition('"')[0] for part in html.split(_REFERENCE)[1:])
    symbols = "".join(
        f'<symbol id="i-{name}" viewBox="0 0 24 24">{known[name]}</symbol>'
        for name in names
        if name in known
    )
    if not symbols:
        return before + after
    return (
        f'{before}<svg class="sprite" aria-hidden="true" width="0" height="0">'
        f"{symbols}</svg>{after}"
    )


def with_icons_inside(html: str) -> str:
    """A fragment for some page that is shown already: each icon is drawn where it stands."""
    first, *parts = html.split(_REFERENCE)
    known = drawings()
    drawn = [first]
    for part in parts:
        name, end, rest = part.partition('"/>')
        drawn.append(known[name] + rest if end and name in known else _REFERENCE + part)
    return "".join(drawn)
