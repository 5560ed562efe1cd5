"""From a text with its values to the two parts of a mail: HTML and plain text.

The text is Markdown (CommonMark with tables, no raw HTML), or HTML of the seller's. A link with
the title ``button``, ``[Sign in]({{ sign_in.url }} "button")``, is drawn as the mail's button.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import css_inline
import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from typing_extensions import override

from portico.emails import seller_html
from portico.emails.liquid import render_liquid, reveal, reveal_html
from portico.emails.models import TextFormat
from portico.emails.rendering import BUTTON, MAX_SUBJECT, Content, one_line

_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "hr", "li", "ol", "p", "pre",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True)


class _Markdown(MarkdownIt):
    """CommonMark whose links are looked at as they will be."""

    @override
    def normalizeLink(self, url: str) -> str:
        return super().normalizeLink(reveal(url))


_markdown = _Markdown("commonmark", {"html": False}).enable("table").disable("image")


def render(
    subject: str,
    body: str,
    values: Mapping[str, Any],
    *,
    form: TextFormat = TextFormat.MARKDOWN,
    strict: bool = False,
) -> Content:
    """Fill a text with its values. Raises TextError."""
    filled = render_liquid(body, values, strict=strict)
    line = one_line(reveal(render_liquid(subject, values, strict=strict)))[:MAX_SUBJECT]
    if form is TextFormat.HTML:
        markup = seller_html.clean(reveal_html(filled))
        return Content(line, markup, seller_html.to_text(markup))
    tokens = _markdown.parse(filled)
    return Content(line, to_html(tokens), to_text(tokens))


def inline_css(page: str) -> str:
    """The page with its styles on the elements: many mail readers drop style sheets."""
    return _inliner.inline(page)


def to_html(tokens: Sequence[Token]) -> str:
    """The tokens as HTML that holds only what a mail needs."""
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and child.attrs.pop("title", None) == BUTTON:
                child.attrSet("class", BUTTON)
    markup = reveal_html(_markdown.renderer.render(tokens, _markdown.options, {}))
    return nh3.clean(
        markup,
        tags=_TAGS,
        attributes={"a": {"href"}},
        allowed_classes={"a": {BUTTON}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def to_text(tokens: Sequence[Token]) -> str:
    """The tokens as somebody would write them in plain text."""
    return _Writer().write(tokens)


class _Writer:
    """Writes Markdown tokens as plain text, with lists and quotations indented."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._tight = False
        self._prefix: list[str] = []
        self._marker = ""
        self._counters: list[int | None] = []
        self._row: list[str] = []

    def write(self, tokens: Sequence[Token]) -> str:
        for token in tokens:
            handle = getattr(self, f"_{token.type}", None)
            if handle is not None:
                handle(token)
        return reveal("".join(self._blocks).strip("\n")) + "\n"

    def _put(self, text: str) -> None:
        indent = "".join(self._prefix)
        lines = text.split("\n")
        first = indent[: len(indent) - len(self._marker)] + self._marker if self._marker else indent
        self._marker = ""
        block = "\n".join([first + lines[0], *(indent + line for line in lines[1:])])
        self._blocks.append(block + ("\n" if self._tight else "\n\n"))

    def _inline(self, token: Token) -> None:
        text = _inline_text(token.children or [])
        if self._row or self._counters[-1:] == [-1]:
            self._row.append(text)
        else:
            self._put(text)

    def _fence(self, token: Token) -> None:
        self._put("\n".join("    " + line for line in token.content.rstrip("\n").split("\n")))

    _code_block = _fence

    def _hr(self, token: Token) -> None:
        self._put("-" * 20)

    def _paragraph_open(self, token: Token) -> None:
        self._tight = token.hidden

    def _paragraph_close(self, token: Token) -> None:
        self._tight = False

    def _bullet_list_open(self, token: Token) -> None:
        self._counters.append(None)

    def _ordered_list_open(self, token: Token) -> None:
        self._counters.append(int(token.attrs.get("start", 1)))

    def _bullet_list_close(self, token: Token) -> None:
        self._counters.pop()
        if not self._counters and self._blocks and not self._blocks[-1].endswith("\n\n"):
            self._blocks.append("\n")

    _ordered_list_close = _bullet_list_close

    def _list_item_open(self, token: Token) -> None:
        number = self._counters[-1]
        self._marker = "- " if number is None else f"{number}. "
        if number is not None:
            self._counters[-1] = number + 1
        self._prefix.append(" " * len(self._marker))

    def _list_item_close(self, token: Token) -> None:
        self._prefix.pop()
        self._marker = ""

    def _blockquote_open(self, token: Token) -> None:
        self._prefix.append("> ")

    def _blockquote_close(self, token: Token) -> None:
        self._prefix.pop()

    def _table_open(self, token: Token) -> None:
        self._counters.append(-1)

    def _tr_close(self, token: Token) -> None:
        self._tight = True
        row, self._row = self._row, []
        self._put("  ".join(row))
        self._tight = False

    def _table_close(self, token: Token) -> None:
        self._counters.pop()
        self._blocks.append("\n")


def _inline_text(children: Sequence[Token]) -> str:
    parts: list[str] = []
    link: tuple[str, str, int] | None = None
    for token in children:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "link_open":
            style = (
                "button" if BUTTON in (token.attrs.get("class"), token.attrs.get("title")) else ""
            )
            link = (str(token.attrs.get("href", "")), style, len(parts))
        elif token.type == "link_close" and link is not None:
            url, style, start = link
            label = "".join(parts[start:])
            parts[start:] = [_link_text(label, url, style)]
            link = None
    return "".join(parts)


def _link_text(label: str, url: str, style: str) -> str:
    if style:
        return f"{label}:\n{url}"
    if url.removeprefix("mailto:") == reveal(label):
        return label
    return f"{label} ({url})"
