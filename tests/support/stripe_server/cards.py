"""Stripe's test cards: https://docs.stripe.com/testing. Numbers, and how each behaves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A test card.

    ``refused``: the decline code of each charge, empty for none. ``attaches``: whether it can be
    saved to a customer all the same. ``secure``: when 3-D Secure is asked for: ``never``,
    ``unless_set_up``, ``always``. ``disputed``: the reason of the dispute that follows a charge.
    """

    brand: str = "visa"
    refused: str = ""
    attaches: bool = True
    secure: str = "never"
    disputed: str = ""
    country: str = "US"
    funding: str = "credit"


CARDS = {
    "4242424242424242": Card(),
    "4000056655665556": Card(funding="debit"),
    "4000002760000016": Card(country="DE"),
    "5555555555554444": Card("mastercard"),
    "378282246310005": Card("amex"),
    "4000000000000002": Card(refused="generic_decline", attaches=False),
    "4000000000009995": Card(refused="insufficient_funds", attaches=False),
    "4000000000009987": Card(refused="lost_card", attaches=False),
    "4000000000009979": Card(refused="stolen_card", attaches=False),
    "4000000000000069": Card(refused="expired_card", attaches=False),
    "4000000000000127": Card(refused="incorrect_cvc", attaches=False),
    "4000000000000119": Card(refused="processing_error", attaches=False),
    "4000000000000341": Card(refused="generic_decline"),
    "4000002500003155": Card(secure="unless_set_up", country="IE"),
    "4000002760003184": Card(secure="always", country="DE"),
    "4000008260003178": Card(secure="always", refused="insufficient_funds", country="GB"),
    "4000000000000259": Card(disputed="fraudulent"),
    "4000000000002685": Card(disputed="product_not_received"),
}

TOKENS = {
    "visa": "4242424242424242", "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444", "amex": "378282246310005", "de": "4000002760000016",
    "visa_chargeDeclined": "4000000000000002", "chargeDeclined": "4000000000000002",
    "visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "visa_chargeDeclinedLostCard": "4000000000009987",
    "chargeDeclinedExpiredCard": "4000000000000069",
    "chargeDeclinedIncorrectCvc": "4000000000000127",
    "chargeDeclinedProcessingError": "4000000000000119",
    "chargeCustomerFail": "4000000000000341",
    "authenticationRequiredOnSetup": "4000002500003155",
    "authenticationRequired": "4000002760003184",
    "threeDSecure2Required": "4000002760003184",
    "authenticationRequiredChargeDeclinedInsufficientFunds": "4000008260003178",
    "createDispute": "4000000000000259",
    "createDisputeProductNotReceived": "4000000000002685",
}  # fmt: skip
"""Cards by the rest of ``pm_card_...`` or ``tok_...``."""

OWN_CODES = frozenset({"expired_card", "incorrect_cvc", "processing_error"})
"""Decline reasons that are error codes of their own; the others are ``card_declined``."""


def card_of(number: str) -> Card:
    """How a card behaves; one that nobody knows works."""
    return CARDS.get(number, Card())


def error_code(decline: str) -> tuple[str, str | None]:
    """``code`` and ``decline_code`` for a reason."""
    if decline in OWN_CODES:
        return decline, None if decline != "processing_error" else decline
    return "card_declined", decline
