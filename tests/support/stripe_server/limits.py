"""What Stripe checks of values beyond their type."""

import re

from tests.support.stripe_server.errors import Json, Problem, invalid

SMALLEST = {"eur": 50, "usd": 50, "chf": 50, "gbp": 30, "jpy": 50, "sek": 300, "nok": 300,
            "dkk": 250, "pln": 200, "czk": 1500}  # fmt: skip
"""The least that can be charged: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def check_metadata(given: Json) -> None:
    """50 keys, of 40 characters, with values of 500.

    :raises Problem: 400.
    """
    if len(given) > 50:
        raise invalid("Metadata can have at most 50 keys.", "metadata")
    for key, value in given.items():
        if len(key) > 40:
            raise invalid(f"Invalid metadata key: {key}. It can have at most 40 characters.",
                          "metadata")  # fmt: skip
        if len(value) > 500:
            raise invalid(f"Metadata values can have up to 500 characters, but you passed in a "
                          f"value that is {len(value)} characters. Invalid value: {value}",
                          f"metadata[{key}]")  # fmt: skip


def check_email(value: str | None, param: str) -> None:
    """Something with an @ and a domain.

    :raises Problem: 400 ``email_invalid``.
    """
    if value and not _EMAIL.fullmatch(value):
        raise invalid(f"Invalid email address: {value}", param, "email_invalid")


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """At least what can be charged in this currency; nothing at all is another matter.

    :raises Problem: 400 ``amount_too_small``.
    """
    least = SMALLEST.get(currency.lower(), 50)
    if 0 < amount < least:
        raise Problem(400, f"Amount must be at least {least} {currency.lower()} in the smallest "
                      "currency unit.", param=param, code="amount_too_small")  # fmt: skip
