"""The test cards, and what a card form must hold.

The numbers and what they do are Stripe's (https://docs.stripe.com/testing), since people know
them. Of a number only the last four digits are ever stored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


def _(message: str) -> str:
    """Mark a message for extraction; it is translated where it is shown."""
    return message


class Behaviour(StrEnum):
    """What happens when a card is charged."""

    SUCCEEDS = "succeeds"
    DECLINES = "declines"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    ASKS = "asks"
    """Asks its owner to confirm (3-D Secure), at every charge."""
    FAILS_LATER = "fails_later"
    """Succeeds while its owner is there, and fails at every renewal."""


@dataclass(frozen=True, slots=True)
class TestCard:
    """A number that the sandbox knows, and what it is for."""

    __test__ = False  # not a test, whatever pytest thinks of the name

    number: str
    behaviour: Behaviour
    purpose: str

    @property
    def grouped(self) -> str:
        """The number as it is printed on a card."""
        return " ".join(self.number[at : at + 4] for at in range(0, 16, 4))


TEST_CARDS = (
    TestCard("4242424242424242", Behaviour.SUCCEEDS, _("Succeeds")),
    TestCard("4000000000000002", Behaviour.DECLINES, _("Is declined")),
    TestCard("4000000000009995", Behaviour.INSUFFICIENT_FUNDS, _("Has not enough money")),
    TestCard("4000002500003155", Behaviour.ASKS, _("Asks for confirmation (3-D Secure)")),
    TestCard("4000000000000341", Behaviour.FAILS_LATER, _("Succeeds now, fails on renewal")),
)
BRAND = "visa"

DECLINED = _("Your card was declined. Try another card.")
INSUFFICIENT = _("There is not enough money on this card. Try another one.")
NOT_CONFIRMED = _("The payment was not confirmed. Try again, or use another card.")
NEEDS_CONFIRMATION = _("Your bank wants you to confirm this payment.")
EXPIRED = _("Your card has expired.")

_EXPIRY = re.compile(r"(\d{1,2})\s*[/-]?\s*(\d{2}|\d{4})")


@dataclass(frozen=True, slots=True)
class Card:
    """What was typed, read. ``exp_year`` has four digits."""

    behaviour: Behaviour
    last4: str
    exp_month: int
    exp_year: int


class CardErrors(Exception):
    """What is wrong with the form, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


def read_card(form: Mapping[str, str], now: datetime) -> Card:
    """The card of a form with ``number``, ``expiry`` and ``cvc``. Raises CardErrors."""
    number = re.sub(r"[\s-]", "", form.get("number", ""))
    month, year = _expiry(form.get("expiry", ""))
    errors = {
        "number": _number_error(number),
        "expiry": _expiry_error(month, year, now),
        "cvc": _cvc_error(form.get("cvc", "").strip()),
    }
    wrong = {name: text for name, text in errors.items() if text is not None}
    if wrong:
        raise CardErrors(wrong)
    behaviour = next(one.behaviour for one in TEST_CARDS if one.number == number)
    return Card(behaviour, number[-4:], month, year)


def passes_luhn(digits: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * (2 if at % 2 else 1) for at, d in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def has_expired(exp_month: int, exp_year: int, now: datetime) -> bool:
    """A card is good to the end of its month."""
    return (exp_year, exp_month) < (now.year, now.month)


def charge_error(
    behaviour: Behaviour, exp_month: int, exp_year: int, now: datetime, *, present: bool
) -> str | None:
    """Why a charge fails, or None. ``present``: its owner is there and has confirmed it."""
    if has_expired(exp_month, exp_year, now):
        return EXPIRED
    match behaviour:
        case Behaviour.DECLINES:
            return DECLINED
        case Behaviour.INSUFFICIENT_FUNDS:
            return INSUFFICIENT
        case Behaviour.ASKS:
            return None if present else NEEDS_CONFIRMATION
        case Behaviour.FAILS_LATER:
            return None if present else DECLINED
        case Behaviour.SUCCEEDS:
            return None


def _number_error(number: str) -> str | None:
    if not number:
        return _("Enter a card number.")
    digits = number.isascii() and number.isdigit()
    if not digits or not 12 <= len(number) <= 19 or not passes_luhn(number):
        return _("This is not a card number. Check the digits.")
    if all(one.number != number for one in TEST_CARDS):
        return _("The sandbox takes test cards only. Use one of the numbers below.")
    return None


def _expiry(text: str) -> tuple[int, int]:
    """Month and four-digit year; zeros for what cannot be read."""
    found = _EXPIRY.fullmatch(text.strip())
    if found is None:
        return 0, 0
    month, year = int(found[1]), int(found[2])
    return month, year if year > 99 else 2000 + year


def _expiry_error(month: int, year: int, now: datetime) -> str | None:
    if not 1 <= month <= 12:
        return _("Enter the month and year, as in 04 / 30.")
    if has_expired(month, year, now):
        return EXPIRED
    return None


def _cvc_error(cvc: str) -> str | None:
    if re.fullmatch(r"[0-9]{3,4}", cvc) is None:
        return _("Enter the three or four digits on the back of the card.")
    return None
