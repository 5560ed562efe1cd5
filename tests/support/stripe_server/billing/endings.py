"""How a subscription ends."""

from typing import Any

from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.world import World

ENDED = ("canceled", "incomplete_expired")
"""States that no subscription comes back from."""


def end(world: World, sub: Json, reason: str = "cancellation_requested", **details: Any) -> Json:
    """End a subscription now; its drafts are not sent any more."""
    now = world.now(sub["customer"])
    told = {**(sub["cancellation_details"] or {}), "reason": reason, **details}
    sub.update(status="canceled", ended_at=now, canceled_at=sub["canceled_at"] or now,
               cancellation_details=told)  # fmt: skip
    for invoice in world.store.pointing("invoice", "subscription", sub["id"]):
        if invoice["status"] in ("draft", "open") and invoice["auto_advance"]:
            world.change(invoice, "invoice.updated", auto_advance=False, next_payment_attempt=None)
    world.emit("customer.subscription.deleted", sub)
    return sub
