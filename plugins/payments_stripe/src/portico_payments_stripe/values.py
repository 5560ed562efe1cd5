"""Amounts, times and references as Stripe has them and as core does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol

from portico.api import Mode

_HUNDREDFOLD = frozenset({"ISK", "UGX"})
"""Currencies without digits after the point that Stripe counts in hundredths."""
_HUNDREDTH = frozenset({"MGA"})
"""The opposite: ISO 4217 has two digits, Stripe none."""
# Both from https://docs.stripe.com/currencies#special-cases and #zero-decimal.


class HasId(Protocol):
    """Any object of Stripe's."""

    id: str


def to_stripe(amount: int, currency: str) -> int:
    """Minor units of ISO 4217 as Stripe counts them."""
    if currency.upper() in _HUNDREDFOLD:
        return amount * 100
    return amount // 100 if currency.upper() in _HUNDREDTH else amount


def from_stripe(amount: int, currency: str) -> int:
    """What Stripe counts, in minor units of ISO 4217."""
    if currency.upper() in _HUNDREDFOLD:
        return amount // 100
    return amount * 100 if currency.upper() in _HUNDREDTH else amount


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a time."""
    return datetime.fromtimestamp(seconds, UTC)


def moment_or_none(seconds: int | None) -> datetime | None:
    """The same, where there may be none."""
    return None if seconds is None else moment(seconds)


def mode_of(livemode: bool) -> Mode:
    """The mode an object of Stripe's was made in."""
    return Mode.LIVE if livemode else Mode.TEST


def ref(thing: str | HasId | None) -> str | None:
    """The id of an object that Stripe gives as an id, whole, or not at all."""
    return thing if thing is None or isinstance(thing, str) else thing.id


def whole(thing: Any) -> Any:
    """An object that Stripe was asked to give whole; None where it is not there."""
    return None if isinstance(thing, str) else thing
