"""Reminders in the outbox to look at a provider: because it said so, or because core began
something there and must learn how it ended, whatever happens to this process."""

import hashlib
from datetime import timedelta
from enum import StrEnum

from portico.events import service as events
from portico.hooks.checkout import Hint
from portico.ids import new_id
from portico.runtime import Runtime

FIRST_LOOK = timedelta(minutes=5)
"""How long an attempt may be under way before the worker looks how it ended."""
LAST_LOOK = timedelta(days=3)
"""An attempt that nobody has finished by then is left alone; a late webhook still counts."""


class Attempt(StrEnum):
    """What core begins at a provider."""

    PAYMENT = "payment"
    REFUND = "refund"
    UPDATE = "payment_method_update"
    CANCELLATION = "cancellation"
    CHANGE = "subscription_change"


async def put_hint(
    rt: Runtime, store_id: str, plugin: str, hint: Hint, *, after: timedelta = timedelta()
) -> None:
    """Have the worker ask ``plugin`` for the truth about what the hint names.

    Hints about one thing are one while it waits: providers tell of much at once, and what is read
    afterwards is true of all. Those for a later time are each for itself.
    """
    # Hashed, since these are a provider's words and of any length; a key is indexed.
    about = "\n".join((hint.kind, hint.provider_ref, new_id("h") if after else ""))
    digest = hashlib.sha256(about.encode(errors="surrogatepass")).hexdigest()
    await events.put(
        rt,
        "hint",
        f"hint:{store_id}:{plugin}:{digest}",
        {
            "plugin": plugin,
            "kind": hint.kind,
            "provider_ref": hint.provider_ref,
            "event_id": hint.event_id,
        },
        store_id=store_id,
        not_before=rt.clock.now() + after,
        again=True,
    )


async def put_attempt(rt: Runtime, store_id: str, attempt: Attempt, attempt_id: str) -> None:
    """Have the worker see to the end of an attempt. Call it where the attempt is written down."""
    await events.put(
        rt,
        "hint",
        f"attempt:{store_id}:{attempt_id}",
        {"attempt": attempt.value, "id": attempt_id},
        store_id=store_id,
        not_before=rt.clock.now() + FIRST_LOOK,
    )


def next_look(age: timedelta) -> timedelta | None:
    """When to look again at an attempt of that age that is still open; None for never."""
    if age >= LAST_LOOK:
        return None
    return min(max(FIRST_LOOK, age), timedelta(days=1))
