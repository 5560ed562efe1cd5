"""What customers read when a payment fails, by what Stripe calls the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portico.api import N_

if TYPE_CHECKING:
    from stripe import CardError

NOT_NOW = N_("This store cannot take payments at the moment. Nothing was charged.")
CONFIRM = N_("Your bank wants you to confirm this payment.")
DECLINED = N_("The payment was declined. Try another payment method, or ask your bank.")
_BY_CODE = {
    "authentication_required": CONFIRM,
    "invoice_payment_intent_requires_action": CONFIRM,
    "payment_intent_authentication_failure": N_("The payment was not confirmed with your bank."),
    "setup_intent_authentication_failure": N_("The card was not confirmed with your bank."),
    "expired_card": N_("The card has expired. Use another one."),
    "incorrect_cvc": N_("The card's security code is wrong. Check it and try again."),
    "invalid_cvc": N_("The card's security code is wrong. Check it and try again."),
    "incorrect_number": N_("The card's number is wrong. Check it and try again."),
    "insufficient_funds": N_("There is not enough money on the account. Try another one."),
    "card_not_supported": N_("The card cannot be used for this. Use another one."),
    "currency_not_supported": N_("The card cannot pay in this currency. Use another one."),
    "card_velocity_exceeded": N_("The card has reached its limit. Use another one."),
    "withdrawal_count_limit_exceeded": N_("The card has reached its limit. Use another one."),
    "processing_error": N_("The bank could not work on the payment. Try again in a minute."),
    "issuer_not_available": N_("The bank did not answer. Try again in a few minutes."),
    "try_again_later": N_("The bank did not answer. Try again in a few minutes."),
}


def why(code: str | None, decline_code: str | None = None) -> str:
    """A reason in words; the bank's own (``decline_code``) says more than Stripe's ``code``."""
    return _BY_CODE.get(decline_code or "") or _BY_CODE.get(code or "") or DECLINED


def declined(error: CardError) -> str:
    """Why a card was declined, for the customer."""
    return why(error.code, error.error.decline_code if error.error else None)
