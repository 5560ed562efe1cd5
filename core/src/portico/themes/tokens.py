"""The colours a theme really uses: custom properties of its style sheets, worked out as a
browser would for light and dark.

Understood is what Portico's own sheets use: ``var()``, ``light-dark()``, ``color-mix(in oklab,
A n%, B)``, ``oklch()`` with ``calc(a * b)``, and plain colours. Anything else is left out and
reported as not measured.
"""

import re
from collections.abc import Mapping

from portico.themes.colors import Color, mix, parse_color

_ROOT = re.compile(r":root\s*\{([^}]*)\}")
_PROPERTY = re.compile(r"(--[a-z0-9-]+)\s*:\s*([^;]+);")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_PRINT = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_CALC = re.compile(r"calc\(\s*([0-9.]+)\s*\*\s*([0-9.]+)\s*\)")
_MIX = re.compile(r"in oklab\s*,\s*(.+)")
_SHARE = re.compile(r"(.+?)\s+([0-9.]+)%$")


class NotMeasured(ValueError):
    """A value that is beyond what this module understands."""


class Tokens:
    """The custom properties on ``:root`` over a list of style sheets, the last one winning."""

    def __init__(self, sheets: list[str]) -> None:
        self._values: dict[str, str] = {}
        for sheet in sheets:
            plain = _PRINT.sub("", _COMMENT.sub("", sheet))
            for body in _ROOT.findall(plain):
                self._values.update(_PROPERTY.findall(body))

    def color(self, name: str, *, dark: bool) -> Color:
        """The colour of ``--name``; ``NotMeasured`` where it cannot be worked out."""
        return self._color(f"var(--{name})", dark, 0)

    def _color(self, text: str, dark: bool, depth: int) -> Color:
        text = text.strip()
        if depth > 20:
            raise NotMeasured(f"{text}: refers to itself")
        name, inner = _call(text)
        if name == "var":
            return self._color(self._value(inner), dark, depth + 1)
        if name == "light-dark":
            light, other = _arguments(inner)
            return self._color(other if dark else light, dark, depth + 1)
        if name == "color-mix":
            return self._mix(inner, dark, depth)
        return _plain(self._numbers(text))

    def _mix(self, inner: str, dark: bool, depth: int) -> Color:
        match = _MIX.match(inner.strip())
        parts = _arguments(match[1]) if match else []
        share = _SHARE.match(parts[0].strip()) if len(parts) == 2 else None
        if share is None:
            raise NotMeasured(f"color-mix({inner})")
        one = self._color(share[1], dark, depth + 1)
        return mix(one, self._color(parts[1], dark, depth + 1), float(share[2]) / 100)

    def _numbers(self, text: str) -> str:
        for name in re.findall(r"var\((--[a-z0-9-]+)\)", text):
            text = text.replace(f"var({name})", self._value(name))
        return _CALC.sub(lambda match: f"{float(match[1]) * float(match[2]):.6f}", text)

    def _value(self, name: str) -> str:
        try:
            return self._values[name.strip()]
        except KeyError:
            raise NotMeasured(f"{name} is not set on :root") from None


def contrast_pairs() -> Mapping[tuple[str, str], float]:
    """Which tokens stand on which, and the ratio they need (WCAG 2.2: 1.4.3 and 1.4.11)."""
    grounds = ("bg", "surface", "sunken")
    pairs = {(text, ground): 4.5 for text in ("text", "muted") for ground in grounds}
    for word in ("good", "warn", "bad"):
        pairs |= {(word, ground): 4.5 for ground in ("bg", "surface", f"{word}-soft")}
        pairs["text", f"{word}-soft"] = 4.5
    pairs["accent-text", "accent-soft"] = pairs["accent-text", "bg"] = 4.5
    pairs["on-accent", "accent"] = 4.5
    for edge in ("accent-edge", "line-strong"):
        pairs |= {(edge, ground): 3.0 for ground in ("bg", "surface")}
    return pairs


def _plain(text: str) -> Color:
    try:
        return parse_color(text)
    except ValueError:
        raise NotMeasured(text) from None


def _call(text: str) -> tuple[str, str]:
    head, bracket, rest = text.partition("(")
    return (head, rest[:-1]) if bracket and rest.endswith(")") else ("", "")


def _arguments(text: str) -> list[str]:
    """Split at the commas that are not inside brackets."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]
