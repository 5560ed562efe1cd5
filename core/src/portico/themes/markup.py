"""Faults in a page's markup that can be told without a browser.

A full audit needs one (the test suite runs axe-core in Chromium); this is what a theme author
gets in a second, without anything to install.
"""

from html.parser import HTMLParser

from typing_extensions import override

_HTML_VOID = "area base br col embed hr img input link meta source track wbr"
_SVG_VOID = "path circle rect line polyline polygon ellipse use"
_VOID = frozenset(f"{_HTML_VOID} {_SVG_VOID}".split())
_NO_LABEL = frozenset({"hidden", "submit", "button", "image", "reset"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.ids: list[str] = []
        self.references: list[tuple[str, str]] = []
        self.fields: list[tuple[str, str]] = []
        self.labelled: set[str] = set()
        self.headings: list[int] = []
        self.mains = 0
        self._open: list[tuple[str, dict[str, str]]] = []
        self._named: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._note(tag, values)
        if tag in ("input", "select", "textarea"):
            self._field(tag, values)
        if tag not in _VOID:
            self._open.append((tag, values))
            if tag in ("a", "button", *_HEADINGS):
                self._named.append("")
        elif tag == "img" and self._named:
            self._named[-1] += values.get("alt", "")

    def _note(self, tag: str, values: dict[str, str]) -> None:
        if "id" in values:
            self.ids.append(values["id"])
        for name in ("aria-describedby", "aria-labelledby", "for"):
            self.references += [(name, each) for each in values.get(name, "").split()]
        if tag == "label" and "for" in values:
            self.labelled.add(values["for"])
        if tag == "img" and "alt" not in values:
            self.problems.append(f"an image without alt: {values.get('src', '')}")
        if "style" in values or (tag == "style"):
            self.problems.append("an inline style; the content security policy blocks it")
        if any(name.startswith("on") for name in values) or (
            tag == "script" and "src" not in values
        ):
            self.problems.append("an inline script; the content security policy blocks it")
        if tag in _HEADINGS:
            self.headings.append(int(tag[1]))
        if tag == "html" and not values.get("lang"):
            self.problems.append("html has no lang")
        self.mains += tag == "main"

    def _field(self, tag: str, values: dict[str, str]) -> None:
        if values.get("type") in _NO_LABEL or values.get("aria-label"):
            return
        if values.get("aria-labelledby") or any(each == "label" for each, _ in self._open):
            return
        self.fields.append((values.get("id", ""), values.get("name", tag)))

    @override
    def handle_data(self, data: str) -> None:
        hidden = any(values.get("aria-hidden") == "true" for _, values in self._open)
        if self._named and not hidden:
            self._named[-1] += data

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not any(each == tag for each, _ in self._open):
            return
        while self._open:
            open_tag, values = self._open.pop()
            if open_tag in ("a", "button", *_HEADINGS):
                text = self._named.pop().strip() or values.get("aria-label", "")
                if not text:
                    self.problems.append(f"an empty {open_tag}")
            if open_tag == tag:
                return
            self.problems.append(f"{open_tag} is not closed before </{tag}>")


def markup_problems(html: str) -> list[str]:
    """What is wrong with a whole page, in words for the theme's author."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    problems = list(reader.problems)
    problems += [f"the id {each!r} is there twice" for each in _twice(reader.ids)]
    problems += [
        f"{name} points to {each!r}, which is not there"
        for name, each in reader.references
        if each not in reader.ids
    ]
    problems += [
        f"the field {name!r} has no label"
        for field_id, name in reader.fields
        if not field_id or field_id not in reader.labelled
    ]
    if reader.headings.count(1) != 1:
        problems.append(f"{reader.headings.count(1)} headings h1; a page has one")
    for before, after in zip(reader.headings, reader.headings[1:], strict=False):
        if after > before + 1:
            problems.append(f"h{after} follows h{before}: a level is skipped")
    if reader.mains != 1:
        problems.append(f"{reader.mains} main elements; a page has one")
    return list(dict.fromkeys(problems))


def _twice(values: list[str]) -> list[str]:
    return sorted({value for value in values if values.count(value) > 1})
