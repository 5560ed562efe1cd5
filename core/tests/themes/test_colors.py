"""Accents stay readable whatever a store chooses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portico.themes.accent import DARK_GROUNDS, LIGHT_GROUNDS, dark_shades, light_shades
from portico.themes.colors import WHITE, Color, contrast, parse_color
from portico.themes.tokens import NotMeasured, Tokens

BLACK = parse_color("#000")
ANY_COLOR = st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}")


@pytest.mark.parametrize(
    ("text", "hex_"),
    [
        ("#fff", "#ffffff"),
        (" #3056C6 ", "#3056c6"),
        ("rgb(48 86 198)", "#3056c6"),
        ("rgb(100%, 0%, 0%)", "#ff0000"),
        ("hsl(120deg 100% 50%)", "#00ff00"),
        ("oklch(0.628 0.2577 29.23)", "#ff0000"),
    ],
)
def test_colours_are_read_as_css_writes_them(text: str, hex_: str) -> None:
    assert parse_color(text).hex() == hex_


@pytest.mark.parametrize(
    "text", ["", "red", "#12", "rgb(1 2)", "rgb(1,2,3);", "url(x)", "#3056c6}"]
)
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a colour"):
        parse_color(text)


def test_contrast_is_wcags() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(parse_color("#767676"), WHITE) == pytest.approx(4.54, abs=0.01)


@given(ANY_COLOR)
def test_any_accent_gives_readable_text_and_visible_controls(text: str) -> None:
    accent = parse_color(text)
    assert light_shades(accent).fill.hex() == text, "the store's colour is kept on white"
    for shades, grounds in (
        (light_shades(accent), LIGHT_GROUNDS),
        (dark_shades(accent), DARK_GROUNDS),
    ):
        assert contrast(*_as_shown(shades.on_fill, shades.fill)) >= 4.5
        for ground in grounds:
            assert contrast(*_as_shown(shades.text, ground)) >= 4.45
            assert contrast(*_as_shown(shades.edge, ground)) >= 2.95


def _as_shown(*colors: Color) -> list[Color]:
    return [parse_color(color.hex()) for color in colors]


def test_tokens_are_worked_out_as_a_browser_would() -> None:
    tokens = Tokens(
        [
            ":root { --a: light-dark(#000, #fff); --b: var(--a); /* --b: #123456; */ }",
            ":root { --c: color-mix(in oklab, var(--b) 100%, #888); --h: 29.23; --t: 1;"
            " --d: oklch(0.628 calc(0.2577 * var(--t)) var(--h)); --odd: rebeccapurple; }",
            "@media print { :root { --a: #ff0000; } }",
        ]
    )
    assert tokens.color("c", dark=False).hex() == "#000000"
    assert tokens.color("c", dark=True).hex() == "#ffffff"
    assert tokens.color("d", dark=False).hex() == "#ff0000"
    with pytest.raises(NotMeasured):
        tokens.color("odd", dark=False)
    with pytest.raises(NotMeasured):
        tokens.color("none", dark=False)
