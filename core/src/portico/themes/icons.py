"""The icons of every page, drawn from one set (``icons.svg``, from Lucide).

A page refers to its icons with ``<use>`` and carries each one it uses once, at its end: no
request, no script, and a list of two hundred rows stays small. A fragment that is put into some
other page (a panel) carries its icons where they stand.
"""

from functools import cache, lru_cache
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup, escape

_SVG = "{http://www.w3.org/2000/svg}"
_FALLBACK = "puzzle"


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
def _drawn(name: str, css: str, inline: bool) -> Markup:
    inner = drawings()[name] if inline else f'<use href="#i-{name}"/>'
    return Markup(  # noqa: S704  the drawing is ours and the class is escaped
        f'<svg class="{escape(css)}" viewBox="0 0 24 24" aria-hidden="true">{inner}</svg>'
    )


class IconSheet:
    """Icons of one page, or (``inline``) of one fragment."""

    def __init__(self, *, inline: bool = False) -> None:
        self._inline = inline
        self._used: dict[str, None] = {}

    def icon(self, name: str, css: str = "icon") -> Markup:
        """The icon ``name``, for the eye only: the words beside it say the same."""
        known = drawings()
        name = name if name in known else _FALLBACK
        if not self._inline:
            self._used[name] = None
        return _drawn(name, css, self._inline)

    def sprite(self) -> Markup:
        """The drawings that ``icon`` has referred to; to be put at the end of the page."""
        if not self._used:
            return Markup()
        known = drawings()
        symbols = "".join(
            f'<symbol id="i-{name}" viewBox="0 0 24 24">{known[name]}</symbol>'
            for name in self._used
        )
        return Markup(  # noqa: S704  our own drawings
            f'<svg class="sprite" aria-hidden="true" width="0" height="0">{symbols}</svg>'
        )
