"""From the one colour a store chooses to the shades that can be read on it and with it."""

from dataclasses import dataclass

from portico.themes.colors import WHITE, Color, contrast, mix, oklch, readable

LIGHT_GROUNDS = (WHITE, oklch(0.965, 0.005, 262))
DARK_GROUNDS = (oklch(0.17, 0.012, 262), oklch(0.25, 0.016, 262))
"""The lightest and the darkest surface that text stands on, per scheme. A theme that goes beyond
them is told so by ``portico theme check``, which measures its real colours."""

INK = oklch(0.18, 0.02, 262)
TEXT_RATIO = 4.5
CONTROL_RATIO = 3.0
_SOFT = 0.11


@dataclass(frozen=True, slots=True)
class Shades:
    """An accent in one scheme.

    ``fill`` is the colour of buttons, ``on_fill`` the text on it, ``text`` the accent as text or
    icon on the page's surfaces, ``edge`` the outline of controls and focus.
    """

    fill: Color
    on_fill: Color
    text: Color
    edge: Color


def light_shades(accent: Color) -> Shades:
    """On white the store's colour stays exactly as it is; only text and outlines give way."""
    return _shades(accent, LIGHT_GROUNDS)


def dark_shades(accent: Color) -> Shades:
    """On a dark page a dark brand colour is lightened until a button can be told from it."""
    lifted = accent if accent.l >= 0.6 else accent.with_lightness(0.72)
    return _shades(readable(lifted, DARK_GROUNDS, CONTROL_RATIO), DARK_GROUNDS)


def _shades(fill: Color, grounds: tuple[Color, ...]) -> Shades:
    on_fill = WHITE if contrast(fill, WHITE) >= TEXT_RATIO else INK
    if contrast(fill, on_fill) < TEXT_RATIO:
        on_fill = max((WHITE, Color(0, 0, 0)), key=lambda text: contrast(fill, text))
    # Text also stands on the soft ground that is mixed from the accent itself.
    soft = tuple(mix(fill, ground, _SOFT) for ground in grounds)
    text = readable(fill, (*grounds, *soft), TEXT_RATIO)
    return Shades(fill, on_fill, text, readable(fill, grounds, CONTROL_RATIO))


def accent_properties(accent: Color) -> dict[str, str]:
    """The CSS custom properties that follow from the accent, both schemes in each."""
    light, dark = light_shades(accent), dark_shades(accent)

    def both(one: Color, other: Color) -> str:
        return f"light-dark({one.hex()}, {other.hex()})"

    grey = accent.chroma < 0.02
    return {
        "--h": f"{0 if grey else accent.hue:.0f}",
        "--tint": "0" if grey else "1",
        "--accent": both(light.fill, dark.fill),
        "--on-accent": both(light.on_fill, dark.on_fill),
        "--accent-text": both(light.text, dark.text),
        "--accent-edge": both(light.edge, dark.edge),
    }
