"""Attempts to charge a card: payment intents, charges, the balance, disputes that follow."""

from datetime import UTC, datetime
from typing import Any

from tests.support.stripe_server.cards import card_of, error_code
from tests.support.stripe_server.errors import Json, card_error_fields
from tests.support.stripe_server.world import DAY, World


def new_intent(world: World, amount: int, currency: str, customer: str | None, **more: Any) -> Json:
    """A payment intent that waits for a payment method."""
    identity = world.store.new_id("payment_intent")
    values = {
        "amount": amount, "currency": currency.lower(), "customer": customer,
        "client_secret": f"{identity}_secret_{world.store.letters(25)}", "metadata": {},
        "capture_method": "automatic_async", "confirmation_method": "automatic",
        "payment_method_types": ["card"], "status": "requires_payment_method",
        "amount_details": {"tip": {}}, "payment_method_options": {
            "card": {"installments": None, "mandate_options": None, "network": None,
                     "request_three_d_secure": "automatic"}},
    }  # fmt: skip
    made = world.new("payment_intent", customer, id=identity, **(values | more))
    world.emit("payment_intent.created", made)
    return made


def wants_3ds(world: World, method: Json) -> bool:
    """Whether this card's bank asks its holder now."""
    card = card_of(world.store.cards.get(method["id"], ""))
    return card.secure == "always" or (
        card.secure == "unless_set_up" and method["id"] not in world.set_up
    )


def refusal(world: World, method: Json) -> str:
    """The decline code that a charge of this card gets now, empty for none."""
    if world.decline_next:
        return world.decline_next.pop(0)
    now = world.now(method["customer"])
    shown = method["card"]
    card = card_of(world.store.cards.get(method["id"], ""))
    at = datetime.fromtimestamp(now, UTC)
    if not card.refused and (shown["exp_year"], shown["exp_month"]) < (at.year, at.month):
        return "expired_card"
    return card.refused


def attempt(
    world: World, intent: Json, method: Json, *, authenticated: bool = False,
    return_url: str | None = None,
) -> bool:  # fmt: skip
    """Charge a card; whether it worked. If not the intent says why, or asks for 3-D Secure."""
    if wants_3ds(world, method) and not authenticated:
        world.change(
            intent,
            None,
            status="requires_action",
            payment_method=method["id"],
            next_action=next_action(world, intent, return_url),
            last_payment_error=None,
        )
        world.emit("payment_intent.requires_action", intent)
        return False
    reason = refusal(world, method)
    if reason:
        fail(world, intent, method, card_error_fields(*error_code(reason)), reason)
        return False
    _succeed(world, intent, method)
    return True


def next_action(world: World, intent: Json, return_url: str | None) -> Json:
    """Where the customer proves that it is them."""
    url = f"{world.base_url}/3ds/{intent['id']}"
    if return_url:
        return {"type": "redirect_to_url",
                "redirect_to_url": {"url": url, "return_url": return_url}}  # fmt: skip
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {
        "type": "three_d_secure_redirect", "stripe_js": url, "source": intent["id"]}}  # fmt: skip


def fail(world: World, intent: Json, method: Json, fields: Json, reason: str) -> None:
    """Record a refused attempt, with its failed charge."""
    charge = _charge(world, intent, method, status="failed", paid=False, captured=False,
                     failure_code=fields["code"], failure_message=fields["message"])  # fmt: skip
    charge["outcome"] = _outcome("declined_by_network", "issuer_declined", reason,
                                 "The bank did not return any further details.")  # fmt: skip
    error = {**fields, "charge": charge["id"], "payment_method": dict(method)}
    world.change(
        intent,
        None,
        status="requires_payment_method",
        payment_method=None,
        last_payment_error=error,
        latest_charge=charge["id"],
        next_action=None,
    )
    world.emit("charge.failed", charge)
    world.emit("payment_intent.payment_failed", intent)


def _succeed(world: World, intent: Json, method: Json) -> None:
    manual = intent["capture_method"] == "manual"
    charge = _charge(world, intent, method, status="succeeded", paid=True, captured=not manual)
    charge["outcome"] = _outcome("approved_by_network", "authorized", None, "Payment complete.")
    if manual:
        world.change(intent, None, status="requires_capture", payment_method=method["id"],
                     amount_capturable=intent["amount"], latest_charge=charge["id"],
                     next_action=None, last_payment_error=None)  # fmt: skip
        world.emit("payment_intent.amount_capturable_updated", intent)
        return
    capture(world, intent, charge, method["id"])
    reason = card_of(world.store.cards.get(method["id"], "")).disputed
    if reason:
        dispute(world, charge, reason)


def capture(world: World, intent: Json, charge: Json, method: str) -> None:
    """Book a charge that the bank has agreed to."""
    fee = round(charge["amount"] * 0.015) + 25
    entry = balance_entry(world, charge, charge["amount"], fee, "charge")
    world.change(charge, None, captured=True, amount_captured=charge["amount"],
                 balance_transaction=entry["id"])  # fmt: skip
    world.change(intent, None, status="succeeded", payment_method=method, amount_capturable=0,
                 amount_received=intent["amount"], latest_charge=charge["id"], next_action=None,
                 last_payment_error=None)  # fmt: skip
    world.emit("charge.succeeded", charge)
    world.emit("payment_intent.succeeded", intent)
    if intent["setup_future_usage"]:
        world.set_up.add(method)


def balance_entry(world: World, source: Json, amount: int, fee: int, kind: str) -> Json:
    """A line of the account's balance."""
    details = (
        [
            {
                "amount": fee,
                "application": None,
                "currency": source["currency"],
                "description": "Stripe processing fees",
                "type": "stripe_fee",
            }
        ]
        if fee
        else []
    )
    return world.new(
        "balance_transaction", source.get("customer"), amount=amount, fee=fee, net=amount - fee,
        currency=source["currency"], type=kind, reporting_category=kind, fee_details=details,
        source=source["id"], status="pending", balance_type="payments",
        available_on=world.now(source.get("customer")) + 2 * DAY,
    )  # fmt: skip


def _outcome(network: str, kind: str, reason: str | None, words: str) -> Json:
    return {"advice_code": None, "network_advice_code": None, "network_decline_code": None,
            "network_status": network, "reason": reason, "risk_level": "normal", "risk_score": 12,
            "seller_message": words, "type": kind}  # fmt: skip


def _charge(world: World, intent: Json, method: Json, **more: Any) -> Json:
    card = {k: v for k, v in method["card"].items()
            if k in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint",
                     "funding", "last4", "wallet", "regulated_status")}  # fmt: skip
    card |= {"amount_authorized": intent["amount"], "network": method["card"]["brand"],
             "three_d_secure": None, "mandate": None, "installments": None}  # fmt: skip
    identity = world.store.new_id("charge")
    return world.new(
        "charge", intent["customer"], id=identity, amount=intent["amount"],
        currency=intent["currency"], customer=intent["customer"], payment_intent=intent["id"],
        payment_method=method["id"], billing_details=method["billing_details"],
        payment_method_details={"card": card, "type": "card"}, metadata=dict(intent["metadata"]),
        description=intent["description"], receipt_email=intent["receipt_email"],
        calculated_statement_descriptor="TEST SHOP", fraud_details={},
        receipt_url=f"{world.base_url}/receipts/{identity}", **more,
    )  # fmt: skip


def dispute(world: World, charge: Json, reason: str, amount: int | None = None) -> Json:
    """The bank takes a charge back, for now."""
    amount = amount or charge["amount"]
    made = world.new(
        "dispute", charge["customer"], amount=amount, charge=charge["id"],
        currency=charge["currency"], payment_intent=charge["payment_intent"], reason=reason,
        status="needs_response", is_charge_refundable=False, metadata={},
        enhanced_eligibility_types=[],
    )  # fmt: skip
    made["evidence_details"] |= {
        "due_by": world.now(charge["customer"]) + 7 * DAY,
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
        "submission_method": "not_submitted",
    }
    entry = balance_entry(world, {**charge, "id": made["id"]}, -amount, 1500, "adjustment")
    made["balance_transactions"] = [entry]
    world.change(charge, "charge.updated", disputed=True)
    world.emit("charge.dispute.created", made)
    world.emit("charge.dispute.funds_withdrawn", made)
    return made
