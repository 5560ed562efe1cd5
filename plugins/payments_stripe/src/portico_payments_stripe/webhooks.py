"""Stripe's webhooks: who sent one, and what it says has changed.

Nothing in an event is believed but the names of things: the worker reads them back. The signature
is checked here and not by the library, which compares with the machine's clock and would have to
be loaded by every process that takes a webhook.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from portico.api import Context, Hint, InboundWebhook, Mode, Refused

from portico_payments_stripe import queries
from portico_payments_stripe.reading import hint_kind
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.values import mode_of

HEADER = "stripe-signature"
TOLERANCE_SECONDS = 300
"""How old a signature may be, as Stripe advises."""
NOTED_EVERY = timedelta(seconds=10)
"""How often "last event" is written at most: thousands may come at once."""
_PARTS = re.compile(r"(\w+)=([^,\s]+)")

EVENTS = (
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.updated",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.updated",
    "customer.updated",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
    "payment_method.attached",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payment_method.updated",
    "refund.created",
    "refund.failed",
    "refund.updated",
)
"""What the endpoint asks for, and polling looks at; other events are taken and cause nothing."""
_KINDS = {
    "checkout.session": "payment",
    "subscription": "subscription",
    "invoice": "payment",
    "payment_intent": "payment",
    "refund": "refund",
    "dispute": "dispute",
    "payment_method": "payment_method",
    "customer": "customer",
}


async def receive(ctx: Context, webhook: InboundWebhook) -> list[Hint]:
    """What an event is about. ``Refused`` where Stripe did not send it, or long ago."""
    found = await secrets(ctx)
    verify(found, webhook, ctx.now())
    event = parse(webhook.body)
    mode = mode_of(bool(event.get("livemode")))
    await note(ctx, mode)
    if await ctx.db.one(queries.EVENT, store_id=ctx.require_store().id, id=event["id"]):
        return []
    return hints(event)


async def secrets(ctx: Context) -> list[str]:
    """Every signing secret that counts now: the newest, the one before it for a day, one typed in.

    Each mode has an endpoint of its own.
    """
    kept = [
        await ctx.secrets.get(secret_name(mode, which)) for mode in Mode for which in ("new", "old")
    ]
    typed = ctx.settings(StripeSettings).webhook_secret.get_secret_value()
    return [one for one in (*kept, typed) if one]


def secret_name(mode: Mode, which: str) -> str:
    """What the signing secret of a mode's endpoint is kept under."""
    return f"webhook-{mode.value}-{which}"


def verify(found: list[str], webhook: InboundWebhook, now: datetime) -> None:
    """``Refused`` unless one of the secrets signed the raw body within the last five minutes."""
    if not found:
        raise Refused("This store expects no webhooks of Stripe's yet: enter a key first.")
    parts = _PARTS.findall(webhook.headers.get(HEADER, ""))
    times = [text for name, text in parts if name == "t"]
    given = [text for name, text in parts if name == "v1"]
    if len(times) != 1 or not re.fullmatch(r"\d{1,12}", times[0]) or not given:
        raise Refused("The header Stripe-Signature is missing or cannot be read.")
    signed = f"{times[0]}.".encode() + webhook.body
    digests = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in found]
    if not any(hmac.compare_digest(ours, theirs) for ours in digests for theirs in given):
        raise Refused("The signature does not fit the body and the secret.")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE_SECONDS:
        raise Refused("The webhook is too old (or the clocks differ by minutes).")


def parse(body: bytes) -> Mapping[str, Any]:
    """The event; ``Refused`` for what is none."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Refused("The body is no JSON.") from error
    if not isinstance(event, dict) or not isinstance(event.get("id"), str):
        raise Refused("The body is no event.")
    return event


def hints(event: Mapping[str, Any]) -> list[Hint]:
    """What to read back; nothing for objects that do not concern us."""
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        return []
    kind, stripe_id = _about(thing)
    if kind is None or not isinstance(stripe_id, str):
        return []
    mode = mode_of(bool(event.get("livemode")))
    return [Hint(hint_kind(mode, kind), stripe_id, event["id"])]


def _about(thing: Mapping[str, Any]) -> tuple[str | None, Any]:
    """The kind and the id of what is to be read: a subscription with its invoices, a customer with
    their payment methods, so that events of one cause are read as one."""
    whole = {"invoice": ("subscription", _subscription_of), "payment_method": ("customer", _owner)}
    kind = str(thing.get("object"))
    if kind in whole and isinstance(owner := whole[kind][1](thing), str):
        return whole[kind][0], owner
    return _KINDS.get(kind), thing.get("id")


def _owner(thing: Mapping[str, Any]) -> Any:
    return thing.get("customer")


def _subscription_of(invoice: Mapping[str, Any]) -> Any:
    parent = invoice.get("parent")
    details = parent.get("subscription_details") if isinstance(parent, dict) else None
    return details.get("subscription") if isinstance(details, dict) else None


async def note(ctx: Context, mode: Mode) -> None:
    """Remember when Stripe was last heard of."""
    await ctx.db.run(
        queries.NOTE_EVENT,
        store_id=ctx.require_store().id,
        mode=mode,
        now=ctx.now(),
        before=ctx.now() - NOTED_EVERY,
    )
