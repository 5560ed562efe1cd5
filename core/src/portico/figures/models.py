"""Figures of a store for a period."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Span(StrEnum):
    """How far back a period reaches; today is its last day."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"
    YEAR = "12m"


_DAYS = {Span.WEEK: 7, Span.MONTH: 30, Span.QUARTER: 90}
_MINUTE = timedelta(minutes=1)


class Stretch(NamedTuple):
    """A part of a period in which clocks stay ``offset`` seconds ahead of UTC."""

    start: datetime
    end: datetime
    offset: int


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days from ``first`` to ``last`` in a time zone (an IANA name).

    Its steps are days; with ``monthly`` they are months, each named by its first day.
    """

    first: date
    last: date
    timezone: str
    monthly: bool = False

    @classmethod
    def of(cls, span: Span, now: datetime, timezone: str) -> "Period":
        """The period that ends today."""
        today = now.astimezone(ZoneInfo(timezone)).date()
        if span is Span.YEAR:
            months = today.year * 12 + today.month - 12
            first = date(months // 12, months % 12 + 1, 1)
            return cls(first, today, timezone, monthly=True)
        return cls(today - timedelta(days=_DAYS[span] - 1), today, timezone)

    def steps(self) -> list[date]:
        """Every day, or every month, oldest first."""
        found = dict.fromkeys(self.step(day) for day in self.days())
        return list(found)

    def step(self, day: date) -> date:
        """The step that a day belongs to."""
        return day.replace(day=1) if self.monthly else day

    def stretches(self) -> Iterator[Stretch]:
        """The period in parts, cut where the clocks change; nearly always it is one part."""
        zone = ZoneInfo(self.timezone)
        start = moment = _midnight(self.first, zone)
        for day in self.days():
            following = _midnight(day + timedelta(days=1), zone)
            if _offset(following, zone) != _offset(moment, zone):
                change = _change(moment, following, zone)
                yield Stretch(start, change, _offset(start, zone))
                start = change
            moment = following
        yield Stretch(start, moment, _offset(start, zone))

    def days(self) -> Iterator[date]:
        """Every day, oldest first."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """The first minute after ``start`` that has the offset of ``end``."""
    before = _offset(start, zone)
    low, high = 0, int((end - start) / _MINUTE)
    while low < high:
        middle = (low + high) // 2
        if _offset(start + middle * _MINUTE, zone) == before:
            low = middle + 1
        else:
            high = middle
    return start + low * _MINUTE


@dataclass(frozen=True, slots=True)
class Series:
    """Something counted by the period's steps; a step that is missing has none."""

    steps: Mapping[date, int]

    @property
    def total(self) -> int:
        """All steps together."""
        return sum(self.steps.values())


@dataclass(frozen=True, slots=True)
class Sales:
    """What was paid in one currency, in minor units, before refunds."""

    currency: str
    orders: int
    refunded: int
    """Of these orders, whenever it was paid back."""
    amounts: Series


@dataclass(frozen=True, slots=True)
class FailingPayment:
    """A subscription whose payment fails. ``amount`` is what is due."""

    subscription_id: str
    number: int
    description: str
    customer_id: str
    email: str
    amount: int
    currency: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A store's figures. Money and subscriptions are those of one mode."""

    sales: tuple[Sales, ...]
    """The store's own currency first, also where nothing was sold in it."""
    active: int
    """Subscriptions that run now: begun, and not ended."""
    started: int
    ended: int
    running: Mapping[date, int]
    """How many ran at the end of each step."""
    sign_ins: Series
    downloads: Series
    failing: tuple[FailingPayment, ...]
    """Those of the newest subscriptions."""
    failing_count: int


@dataclass(frozen=True, slots=True)
class SetUp:
    """What is done of what a store needs before it sells."""

    product: bool
    file: bool
    live_payments: bool
    any_payments: bool
    """A payment plugin is on, be it only for test payments."""
    test_mail: bool
    signed_in: bool
    """A customer has found the portal."""
