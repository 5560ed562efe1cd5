"""Colours as CSS writes them: reading, mixing, contrast, and shades that can be read.

Conversions follow CSS Color 4 (OKLab by Björn Ottosson, sRGB by IEC 61966-2-1); contrast is
WCAG 2.2's ratio.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_FUNCTION = re.compile(
    rf"(rgb|hsl|oklch)\(\s*((?:{_NUMBER}(?:%|deg)?[\s,]*){{3}})\)", re.IGNORECASE
)
_PART = re.compile(rf"({_NUMBER})(%|deg)?")


@dataclass(frozen=True, slots=True)
class Color:
    """An opaque colour in OKLab: ``l`` from 0 to 1, ``a`` and ``b`` around 0."""

    l: float  # noqa: E741  the axis is called L
    a: float
    b: float

    @property
    def chroma(self) -> float:
        """Distance from grey."""
        return math.hypot(self.a, self.b)

    @property
    def hue(self) -> float:
        """In degrees."""
        return math.degrees(math.atan2(self.b, self.a)) % 360

    def with_lightness(self, lightness: float) -> "Color":
        """The same hue, lighter or darker; the chroma gives way where sRGB ends."""
        chroma, hue = self.chroma, self.hue
        while chroma > 0.001 and not _in_gamut(_linear(oklch(lightness, chroma, hue))):
            chroma *= 0.97
        return oklch(lightness, chroma, hue)

    def hex(self) -> str:
        """As ``#rrggbb``, clipped to sRGB."""
        return "#" + "".join(f"{round(_encode(part) * 255):02x}" for part in _linear(self))

    def luminance(self) -> float:
        """WCAG's relative luminance, 0 to 1."""
        red, green, blue = (min(1.0, max(0.0, part)) for part in _linear(self))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def oklch(lightness: float, chroma: float, hue: float) -> Color:
    """A colour from OKLCH; ``hue`` in degrees."""
    angle = math.radians(hue)
    return Color(lightness, chroma * math.cos(angle), chroma * math.sin(angle))


WHITE = Color(1.0, 0.0, 0.0)


def parse_color(text: str) -> Color:
    """Read ``#rgb``, ``#rrggbb``, ``rgb()``, ``hsl()`` or ``oklch()``, all without alpha.

    Anything else is a ``ValueError``: what is not understood must not reach a style sheet.
    """
    text = text.strip()
    if match := _HEX.fullmatch(text):
        digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
        return _from_rgb([int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)])
    if match := _FUNCTION.fullmatch(text):
        parts = [(float(number), unit) for number, unit in _PART.findall(match[2])]
        if len(parts) == 3:
            return _from_function(match[1].lower(), parts)
    raise ValueError(f"{text!r} is not a colour; write it like #3056c6")


def _from_function(name: str, parts: Sequence[tuple[float, str]]) -> Color:
    (first, first_unit), (second, second_unit), (third, _) = parts
    if name == "rgb":
        return _from_rgb([value / (100 if unit == "%" else 255) for value, unit in parts])
    if name == "hsl":
        return _from_rgb(_hsl(first % 360, second / 100, third / 100))
    chroma = second * 0.004 if second_unit == "%" else second
    return oklch(first / 100 if first_unit == "%" else first, chroma, third)


def _hsl(hue: float, saturation: float, lightness: float) -> list[float]:
    def channel(offset: int) -> float:
        k = (offset + hue / 30) % 12
        reach = saturation * min(lightness, 1 - lightness)
        return lightness - reach * max(-1.0, min(k - 3, 9 - k, 1.0))

    return [channel(0), channel(8), channel(4)]


def _decode(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encode(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _from_rgb(parts: Sequence[float]) -> Color:
    red, green, blue = (_decode(min(1.0, max(0.0, part))) for part in parts)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return Color(
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _linear(color: Color) -> tuple[float, float, float]:
    long = (color.l + 0.3963377774 * color.a + 0.2158037573 * color.b) ** 3
    medium = (color.l - 0.1055613458 * color.a - 0.0638541728 * color.b) ** 3
    short = (color.l - 0.0894841775 * color.a - 1.2914855480 * color.b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _in_gamut(parts: Sequence[float]) -> bool:
    return all(-0.0005 <= part <= 1.0005 for part in parts)


def contrast(one: Color, other: Color) -> float:
    """WCAG's ratio, 1 to 21."""
    lighter, darker = sorted((one.luminance(), other.luminance()), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: Color, other: Color, share: float) -> Color:
    """CSS's ``color-mix(in oklab, one share, other)``; ``share`` from 0 to 1."""
    rest = 1 - share
    return Color(
        one.l * share + other.l * rest,
        one.a * share + other.a * rest,
        one.b * share + other.b * rest,
    )


def readable(color: Color, grounds: Sequence[Color], ratio: float) -> Color:
    """The shade of ``color`` nearest to it that reaches ``ratio`` on every one of ``grounds``."""
    if all(contrast(color, ground) >= ratio for ground in grounds):
        return color
    darker = sum(ground.l for ground in grounds) / len(grounds) > 0.55
    lightness = color.l
    while 0.0 < lightness < 1.0:
        lightness += -0.005 if darker else 0.005
        shade = color.with_lightness(min(1.0, max(0.0, lightness)))
        if all(contrast(shade, ground) >= ratio for ground in grounds):
            return shade
    return Color(0.0, 0.0, 0.0) if darker else WHITE
