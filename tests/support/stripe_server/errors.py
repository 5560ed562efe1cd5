"""Errors as Stripe answers them: https://docs.stripe.com/api/errors."""

from typing import Any

Json = dict[str, Any]

DOCS = "https://docs.stripe.com/error-codes/"

CARD_MESSAGES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": (
        "Your card was declined. This transaction requires authentication."
    ),
    "payment_intent_authentication_failure": (
        "We are unable to authenticate your payment method. "
        "Please choose a different payment method and try again."
    ),
    "setup_intent_authentication_failure": (
        "We are unable to authenticate your payment method. "
        "Please choose a different payment method and try again."
    ),
}


class Problem(Exception):
    """An answer with ``{"error": {...}}`` and its HTTP status."""

    def __init__(self, status: int, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.begun = False
        """Whether the call had been looked at and begun: then its idempotency key is used up."""
        fields.setdefault("type", "invalid_request_error")
        self.error: Json = {"message": message} | {k: v for k, v in fields.items() if v is not None}
        if "code" in self.error:
            self.error["doc_url"] = DOCS + str(self.error["code"]).replace("_", "-")


def invalid(message: str, param: str | None = None, code: str | None = None) -> Problem:
    """A request that cannot be done as asked: 400."""
    return Problem(400, message, param=param, code=code)


def missing(noun: str, value: str, param: str, status: int = 400) -> Problem:
    """There is no such object: 404 for the one in the address, 400 for one named in a parameter."""
    return Problem(status, f"No such {noun}: '{value}'", param=param, code="resource_missing")


def card_error_fields(code: str, decline_code: str | None = None) -> Json:
    """What ``last_payment_error`` and the answer to a refused charge have in common."""
    words = CARD_MESSAGES.get(decline_code or "") or CARD_MESSAGES.get(
        code, "Your card was declined."
    )
    fields: Json = {"type": "card_error", "code": code, "message": words,
                    "doc_url": DOCS + code.replace("_", "-")}  # fmt: skip
    if decline_code:
        fields["decline_code"] = decline_code
        fields["advice_code"] = "try_again_later"
    return fields


def declined(fields: Json, **more: Any) -> Problem:
    """A card that said no: 402."""
    rest = {k: v for k, v in fields.items() if k not in ("message", "doc_url")}
    return Problem(402, fields["message"], **(rest | more))
