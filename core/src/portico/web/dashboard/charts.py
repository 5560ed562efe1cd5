"""Charts as SVG: where each bar and line goes. ``dashboard/charts.html`` draws them.

A chart shows one thing. Its words stand beside the drawing, which is stretched to the width there
is, and all its values are in a table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, HEIGHT = 1000, 160
"""Of the drawing's own measure."""
_GAP = 0.28
"""Of a bar's place, how much is left free."""


class Mark(NamedTuple):
    """A bar, or the part of a line that belongs to one step; ``words`` say what it stands for."""

    x: float
    y: float
    width: float
    height: float
    words: str


class Row(NamedTuple):
    """A row of the table."""

    step: str
    value: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, or (with ``line``) a line over an area.

    ``top`` and ``middle`` are the words at the axis for the highest value and the half of it;
    ``first`` and ``last`` those for the first and last step.
    """

    name: str
    title: str
    summary: str
    rows: Sequence[Row]
    marks: Sequence[Mark]
    top: str
    middle: str
    first: str
    last: str
    line: str = ""
    area: str = ""


def bars(
    name: str, title: str, summary: str, values: Sequence[tuple[str, int]],
    words: Callable[[int], str],
) -> Chart:  # fmt: skip
    """A bar for each step. ``values`` are the steps in words and their numbers, none negative."""
    top = ceiling(max((number for _, number in values), default=0))
    place = WIDTH / max(1, len(values))
    marks = [
        Mark(
            round(index * place + place * _GAP / 2, 1),
            round(HEIGHT - HEIGHT * number / top, 1),
            round(place * (1 - _GAP), 1),
            round(HEIGHT * number / top, 1),
            f"{step}: {words(number)}",
        )
        for index, (step, number) in enumerate(values)
        if number
    ]
    return _chart(name, title, summary, values, words, top, marks)


def line(
    name: str, title: str, summary: str, values: Sequence[tuple[str, int]],
    words: Callable[[int], str],
) -> Chart:  # fmt: skip
    """A line through the value of each step, for what there is and not what happens."""
    top = ceiling(max((number for _, number in values), default=0))
    place = WIDTH / max(1, len(values))
    points = [
        (round((index + 0.5) * place, 1), round(HEIGHT - HEIGHT * number / top, 1))
        for index, (_, number) in enumerate(values)
    ]
    marks = [
        Mark(round(index * place, 1), 0, round(place, 1), HEIGHT, f"{step}: {words(number)}")
        for index, (step, number) in enumerate(values)
    ]
    drawn = " ".join(f"{x:g},{y:g}" for x, y in points)
    area = f"{points[0][0]:g},{HEIGHT} {drawn} {points[-1][0]:g},{HEIGHT}" if points else ""
    return _chart(name, title, summary, values, words, top, marks, drawn, area)


def _chart(
    name: str, title: str, summary: str, values: Sequence[tuple[str, int]],
    words: Callable[[int], str], top: int, marks: Sequence[Mark], drawn: str = "", area: str = "",
) -> Chart:  # fmt: skip
    return Chart(
        name, title, summary,
        rows=[Row(step, words(number)) for step, number in values],
        marks=marks,
        top=words(top),
        middle=words(top // 2) if top % 2 == 0 else "",
        first=values[0][0] if values else "",
        last=values[-1][0] if values else "",
        line=drawn,
        area=area,
    )  # fmt: skip


def ceiling(most: int) -> int:
    """The next number of the kind 1, 2, 4, 6, 8 times a power of ten: where an axis may end."""
    power = 1
    while True:
        for step in (1, 2, 4, 6, 8):
            if most <= step * power:
                return step * power
        power *= 10
