"""An invoice's life: draft, open, paid, void, uncollectible; and what it does to a subscription."""

from typing import Any

from tests.support.stripe_server import shapes
from tests.support.stripe_server.billing import payments
from tests.support.stripe_server.billing.endings import end
from tests.support.stripe_server.billing.lines import total
from tests.support.stripe_server.errors import Json, declined, invalid
from tests.support.stripe_server.expand import shows
from tests.support.stripe_server.people import add_to_balance, customer_of
from tests.support.stripe_server.world import DAY, World


def subscription_of(world: World, invoice: Json) -> Json | None:
    """The subscription that an invoice is for."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return world.store.find(details["subscription"]) if details else None


def build(
    world: World, customer: Json, lines: list[Json], reason: str, *, sub: Json | None = None,
    discounts: list[Json] | None = None, preview: bool = False, **more: Any,
) -> Json:  # fmt: skip
    """A draft with these lines, summed up; kept and announced unless it is a preview."""
    now = world.now(customer["id"])
    identity = world.store.new_id("invoice")
    if preview:
        identity = identity.replace("in_", "upcoming_in_", 1)
    values: Json = {
        "account_country": "DE", "account_name": "Test Shop", "auto_advance": True,
        "billing_reason": reason, "collection_method": "charge_automatically", "created": now,
        "currency": lines[0]["currency"] if lines else customer["currency"] or "eur",
        "customer": customer["id"], "customer_address": customer["address"],
        "customer_email": customer["email"], "customer_name": customer["name"],
        "customer_phone": customer["phone"], "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"], "customer_tax_ids": [
            {"type": one["type"], "value": one["value"]}
            for one in world.store.pointing("tax_id", "customer", customer["id"])],
        "period_start": now, "period_end": now, "metadata": {}, "status": "draft",
        "starting_balance": customer["balance"] or 0, "test_clock": customer["test_clock"],
    }  # fmt: skip
    if sub is not None:
        values |= _from_subscription(sub)
    made = shapes.new("invoice", id=identity, **(values | more))
    world.mark(made)
    made["issuer"] = {"account": None, "type": "self"}
    for one in lines:
        one["invoice"] = identity
    made["lines"] = {"object": "list", "data": lines, "has_more": False, "total_count": len(lines),
                     "url": f"/v1/invoices/{identity}/lines"}  # fmt: skip
    total(world, made, discounts or [])
    if not preview:
        customer["currency"] = customer["currency"] or made["currency"]
        world.store.add(made)
        world.emit("invoice.created", made)
    return made


def _from_subscription(sub: Json) -> Json:
    details = {"metadata": dict(sub["metadata"]), "subscription": sub["id"],
               "subscription_proration_date": None}  # fmt: skip
    return {
        "parent": {"quote_details": None, "subscription_details": details,
                   "type": "subscription_details"},
        "collection_method": sub["collection_method"], "automatic_tax": {
            "disabled_reason": None, "enabled": sub["automatic_tax"]["enabled"],
            "liability": sub["automatic_tax"]["liability"],
            "provider": "stripe" if sub["automatic_tax"]["enabled"] else None,
            "status": "complete" if sub["automatic_tax"]["enabled"] else None},
        "default_payment_method": None, "description": sub["description"],
    }  # fmt: skip


def finalize(world: World, invoice: Json, paid_by: Json | None = None) -> Json:
    """Number a draft and make it owed; one of nothing is paid with that.

    ``paid_by``: a payment intent that has the money already.
    """
    if invoice["status"] != "draft":
        raise invalid("This invoice is already finalized, you can't re-finalize a non-draft "
                      "invoice.", code="invoice_not_editable")  # fmt: skip
    customer = customer_of(world, invoice["customer"])
    now = world.now(customer["id"])
    sequence = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = sequence + 1
    _apply_balance(world, invoice, customer)
    page = f"{world.base_url}/i/{invoice['id']}"
    invoice["status_transitions"]["finalized_at"] = now
    world.change(
        invoice, None, status="open", number=f"{customer['invoice_prefix']}-{sequence:04d}",
        hosted_invoice_url=page, invoice_pdf=f"{page}/pdf", effective_at=now,
        automatically_finalizes_at=None,
    )  # fmt: skip
    if invoice["collection_method"] == "send_invoice" and invoice["due_date"] is None:
        invoice["due_date"] = now + 30 * DAY
    world.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        paid(world, invoice)
    elif paid_by is not None:
        link(world, invoice, paid_by)
    else:
        intent = payments.new_intent(
            world, invoice["amount_due"], invoice["currency"], customer["id"],
            description=_description(invoice), setup_future_usage=(
                "off_session" if invoice["billing_reason"] == "subscription_create" else None),
        )  # fmt: skip
        link(world, invoice, intent)
    return invoice


def _description(invoice: Json) -> str:
    return {"subscription_create": "Subscription creation", "subscription_cycle":
            "Subscription update", "subscription_update": "Subscription update"}.get(
        invoice["billing_reason"], "Payment for Invoice")  # fmt: skip


def link(world: World, invoice: Json, intent: Json) -> Json:
    """Note which payment intent pays an invoice."""
    done = intent["status"] == "succeeded"
    return world.new(
        "invoice_payment", intent["customer"], amount_requested=invoice["amount_due"],
        currency=invoice["currency"], invoice=invoice["id"], is_default=True,
        payment={"charge": None, "payment_intent": intent["id"], "payment_record": None,
                 "type": "payment_intent"}, status="paid" if done else "open",
    )  # fmt: skip


def _apply_balance(world: World, invoice: Json, customer: Json) -> None:
    start = customer["balance"] or 0
    invoice["starting_balance"] = start
    owed = invoice["total"] + start
    invoice["amount_due"] = max(0, owed)
    invoice["amount_remaining"] = invoice["amount_due"]
    ending = min(0, owed)
    invoice["ending_balance"] = ending
    if ending != start:
        add_to_balance(world, customer, ending - start, type="applied_to_invoice",
                       invoice=invoice["id"])  # fmt: skip


def payment_of(world: World, invoice: Json) -> Json | None:
    """The invoice's payment, the latest first."""
    found = world.store.pointing("invoice_payment", "invoice", invoice["id"])
    return found[-1] if found else None


def intent_of(world: World, invoice: Json) -> Json | None:
    """The payment intent that an invoice waits for."""
    payment = payment_of(world, invoice)
    return (
        world.store.get("payment_intent", payment["payment"]["payment_intent"]) if payment else None
    )


def default_method(world: World, invoice: Json) -> Json | None:
    """The card that an invoice is charged to without being told one."""
    sub = subscription_of(world, invoice)
    customer = customer_of(world, invoice["customer"])
    for one in (invoice["default_payment_method"], sub and sub["default_payment_method"],
                customer["invoice_settings"]["default_payment_method"]):  # fmt: skip
        if one:
            return world.store.get("payment_method", one)
    return None


def pay(world: World, invoice: Json, method: Json | None, *, forced: bool = False) -> bool:
    """Try to collect an open invoice; whether it is paid.

    ``forced``: somebody asked, so the plan of retries stays as it is.
    """
    intent = intent_of(world, invoice)
    assert intent is not None
    method = method or default_method(world, invoice)
    worked = method is not None and payments.attempt(
        world, intent, method, return_url=invoice["hosted_invoice_url"]
    )
    if worked:
        paid(world, invoice)
        return True
    failed(world, invoice, intent, forced=forced)
    return False


def refuse(world: World, invoice: Json) -> None:
    """Say why an invoice could not be paid.

    :raises Problem: 402, always.
    """
    intent = intent_of(world, invoice)
    assert intent is not None
    if intent["status"] == "requires_action":
        raise declined({"type": "invalid_request_error", "code":
                        "invoice_payment_intent_requires_action", "message":
                        "This payment requires additional user action before it can be completed "
                        "successfully. Payment can be completed using the PaymentIntent associated "
                        "with the invoice."})  # fmt: skip
    error = intent["last_payment_error"]
    if error is None:
        raise invalid("There is no `default_payment_method` set on this Customer or Invoice. "
                      "Please set a `default_payment_method` prior to trying to pay this "
                      "Invoice.", code="resource_missing")  # fmt: skip
    raise declined(error)


def paid(world: World, invoice: Json, *, out_of_band: bool = False) -> None:
    """An invoice's money is there."""
    now = world.now(invoice["customer"])
    amount = invoice["amount_due"]
    payment = payment_of(world, invoice)
    if payment is not None and not out_of_band:
        payment["status_transitions"]["paid_at"] = now
        world.change(payment, None, status="paid", amount_paid=amount)
        world.emit("invoice_payment.paid", payment)
    invoice["status_transitions"]["paid_at"] = now
    world.change(
        invoice, None, status="paid", amount_paid=0 if out_of_band else amount, amount_remaining=0,
        attempted=True, next_payment_attempt=None, auto_advance=False,
        attempt_count=invoice["attempt_count"] + (1 if amount else 0),
        amount_paid_off_stripe=amount if out_of_band else None,
    )  # fmt: skip
    world.emit("invoice.updated", invoice)
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)
    sub = subscription_of(world, invoice)
    if sub is not None:
        _revive(world, sub, invoice)


def _revive(world: World, sub: Json, invoice: Json) -> None:
    """A paid invoice brings its subscription (back) to life, if it was the latest."""
    customer = customer_of(world, sub["customer"])
    if not open_invoices(world, sub):
        world.change(customer, "customer.updated", delinquent=False)
    if sub["latest_invoice"] != invoice["id"]:
        return
    if sub["status"] in ("incomplete", "past_due", "unpaid"):
        world.change(sub, "customer.subscription.updated", status="active")


def open_invoices(world: World, sub: Json) -> list[Json]:
    """What is still owed for a subscription."""
    found = world.store.pointing("invoice", "subscription", sub["id"])
    return [one for one in found if one["status"] == "open" and one["amount_remaining"]]


def failed(world: World, invoice: Json, intent: Json, *, forced: bool = False) -> None:
    """An attempt to collect came to nothing; plan the next one, or give up."""
    now = world.now(invoice["customer"])
    planned = invoice["parent"] is not None and invoice["billing_reason"] != "subscription_create"
    again = invoice["next_payment_attempt"] if forced else None
    if planned and not forced:
        turn = world.retries.get(invoice["id"], 0)
        world.retries[invoice["id"]] = turn + 1
        days = world.settings.retry_days
        again = now + days[turn] * DAY if turn < len(days) else None
    world.change(invoice, None, attempted=True, next_payment_attempt=again,
                 attempt_count=invoice["attempt_count"] + 1)  # fmt: skip
    world.emit("invoice.updated", invoice)
    if intent["status"] == "requires_action":
        world.emit("invoice.payment_action_required", invoice)
    world.emit("invoice.payment_failed", invoice)
    sub = subscription_of(world, invoice)
    if sub is None:
        return
    world.change(customer_of(world, invoice["customer"]), "customer.updated", delinquent=True)
    if sub["status"] == "active" and invoice["billing_reason"] != "subscription_create":
        world.change(sub, "customer.subscription.updated", status="past_due")
    if planned and again is None and not forced:
        _give_up(world, sub)


def _give_up(world: World, sub: Json) -> None:
    ending = world.settings.after_retries
    if ending == "canceled":
        end(world, sub, reason="payment_failed")
    elif sub["status"] == "past_due":
        world.change(sub, "customer.subscription.updated", status=ending)


def void(world: World, invoice: Json) -> Json:
    """Take an invoice back."""
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("You can only pass in open or uncollectible invoices. This invoice isn't "
                      "open.", code="invoice_not_editable")  # fmt: skip
    _cancel_payment(world, invoice)
    invoice["status_transitions"]["voided_at"] = world.now(invoice["customer"])
    world.change(invoice, None, status="void", next_payment_attempt=None, auto_advance=False)
    world.emit("invoice.updated", invoice)
    world.emit("invoice.voided", invoice)
    return invoice


def _cancel_payment(world: World, invoice: Json) -> None:
    intent = intent_of(world, invoice)
    payment = payment_of(world, invoice)
    now = world.now(invoice["customer"])
    if intent is not None and payment is not None and intent["status"] != "succeeded":
        payment["status_transitions"]["canceled_at"] = now
        world.change(payment, None, status="canceled")
        world.change(intent, None, status="canceled", canceled_at=now,
                     cancellation_reason="void_invoice", next_action=None)  # fmt: skip
        world.emit("payment_intent.canceled", intent)


def mark_uncollectible(world: World, invoice: Json) -> Json:
    """Write an invoice off."""
    if invoice["status"] not in ("open", "draft"):
        raise invalid("You can only mark open invoices as uncollectible.")
    invoice["status_transitions"]["marked_uncollectible_at"] = world.now(invoice["customer"])
    world.change(invoice, None, status="uncollectible", next_payment_attempt=None)
    world.emit("invoice.updated", invoice)
    world.emit("invoice.marked_uncollectible", invoice)
    return invoice


@shows("invoice", "payments")
def _payments(world: World, invoice: Json) -> Json:
    found = world.store.pointing("invoice_payment", "invoice", invoice["id"])
    return {"object": "list", "data": found[::-1], "has_more": False,
            "url": f"/v1/invoice_payments?invoice={invoice['id']}"}  # fmt: skip


@shows("invoice", "confirmation_secret")
def _confirmation_secret(world: World, invoice: Json) -> Json | None:
    intent = intent_of(world, invoice)
    return intent and {"client_secret": intent["client_secret"], "type": "payment_intent"}
