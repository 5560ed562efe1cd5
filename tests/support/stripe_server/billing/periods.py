"""Billing periods: calendar months counted from an anchor, so that 31 January comes back."""

import calendar
from datetime import UTC, datetime, timedelta

from tests.support.stripe_server.errors import Json


def later(anchor: int, interval: str, count: int) -> int:
    """``count`` intervals after ``anchor``; a day that the month does not have becomes its last."""
    at = datetime.fromtimestamp(anchor, UTC)
    if interval in ("day", "week"):
        return int((at + timedelta(days=count * (7 if interval == "week" else 1))).timestamp())
    months = at.year * 12 + at.month - 1 + count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return int(at.replace(year=year, month=month + 1, day=day).timestamp())


def end_of(anchor: int, start: int, recurring: Json) -> int:
    """When the period that begins at ``start`` ends, on a grid through ``anchor``."""
    step, turn = recurring["interval_count"], 1
    while later(anchor, recurring["interval"], turn * step) <= start:
        turn += 1
    while turn > -2000 and later(anchor, recurring["interval"], (turn - 1) * step) > start:
        turn -= 1
    return later(anchor, recurring["interval"], turn * step)
