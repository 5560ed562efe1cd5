"""HTML that sellers write for their mails: what is safe of it, and the same as plain text."""

from html.parser import HTMLParser

import css_inline
import nh3
from typing_extensions import override

_TAGS = {
    "a", "b", "blockquote", "br", "center", "code", "div", "em", "h1", "h2", "h3", "h4", "hr", "i",
    "img", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "align", "dir", "lang"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "table": {"width", "cellpadding", "cellspacing", "border", "role", "bgcolor"},
    "td": {"colspan", "rowspan", "width", "valign", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "valign", "bgcolor", "scope"},
}
# No position and no url(): a mail stays in its frame and tells nobody that it was opened by a
# background image.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color",
    "border-left", "border-radius", "border-right", "border-top", "color", "display",
    "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing",
    "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-width", "padding", "padding-bottom", "padding-left", "padding-right",
    "padding-top", "text-align", "text-decoration", "text-transform", "vertical-align", "width",
}  # fmt: skip
_BLOCKS = frozenset({
    "blockquote", "center", "div", "h1", "h2", "h3", "h4", "hr", "ol", "p", "pre", "table", "tr",
    "ul",
})  # fmt: skip
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


def clean(markup: str) -> str:
    """The markup without anything that runs, loads or leaves its place; its style sheets are
    written onto the elements."""
    if "<style" in markup.lower():
        markup = _inliner.inline(markup)
    return nh3.clean(
        markup,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title"},
        attributes=_ATTRIBUTES,
        allowed_classes={"a": {"button"}},
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    ).strip()


def to_text(markup: str) -> str:
    """Clean markup as somebody would write it in plain text."""
    writer = _Writer()
    writer.feed(markup)
    writer.close()
    return writer.text()


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._lines = [""]
        self._link: tuple[str, int] | None = None

    def text(self) -> str:
        lines: list[str] = []
        for line in ("".join(self._lines)).split("\n"):
            stripped = line.rstrip()
            if stripped or (lines and lines[-1]):
                lines.append(stripped)
        return "\n".join(lines).strip("\n") + "\n"

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self._link = (given.get("href") or "", len(self._lines))
        elif tag == "br":
            self._lines.append("\n")
        elif tag == "img":
            self._lines.append(given.get("alt") or "")
        elif tag == "li":
            self._lines.append("\n- ")
        elif tag in ("td", "th"):
            self._lines.append("  ")
        elif tag in _BLOCKS:
            self._lines.append("\n" if tag == "tr" else "\n\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            url, start = self._link
            label = "".join(self._lines[start:]).strip()
            self._link = None
            if url and url.removeprefix("mailto:") != label:
                self._lines.append(f" ({url})" if label else url)
        elif tag in _BLOCKS:
            self._lines.append("\n" if tag == "tr" else "\n\n")

    @override
    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if words:
            lead = " " if data[0].isspace() and not self._lines[-1].endswith(("\n", " ")) else ""
            self._lines.append(lead + words + (" " if data[-1].isspace() else ""))
