"""Talking to Stripe: the library, loaded when it is first needed, and what its errors mean here.

Everything that talks to Stripe does so inside ``async with connected(ctx)``::

    async with connected(ctx, mode) as stripe:
        session = await stripe.v1.checkout.sessions.create_async(params, once("checkout", key))

What Stripe answers with an error leaves it as one of the signals that core understands.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from portico.api import N_, Context, Mode, Refused, RetryLater

from portico_payments_stripe import accounts
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.words import NOT_NOW, declined

if TYPE_CHECKING:
    from stripe import HTTPClient, InvalidRequestError, RequestOptions, StripeClient, StripeError

API_BASE = "PORTICO_STRIPE_API_BASE"
"""Names where all calls go instead of to Stripe, for tests: ``http://127.0.0.1:12111``."""
API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API that the pinned library was made for (a test compares them)."""
TIMEOUT_SECONDS = 8.0
RETRIES = 2
"""How often the library tries a call again that got no answer, or a 409 or 5xx."""
BUSY = timedelta(seconds=20)
"""How long work waits after Stripe has asked for fewer calls."""
STRIKES = 3
PAUSE_SECONDS = 30.0

_NO_KEY = N_("There is no key for this mode. Enter one in the plugin's settings.")
_WRONG_KEY = N_("Stripe does not know the key (any more). Enter a valid one in the settings.")
_NOT_ALLOWED = N_(
    "The key may not do all that is needed. Compare its permissions with the list on the page "
    "Stripe, and save the settings again."
)


class Trouble(Refused):
    """What only the seller can mend. ``problem`` says so to them, ``message`` is for customers."""

    def __init__(self, problem: str) -> None:
        super().__init__(NOT_NOW)
        self.problem = problem


class Missing(Exception):
    """Stripe has no such object. ``param`` is the parameter that named it, if one did."""

    def __init__(self, error: InvalidRequestError) -> None:
        super().__init__(error.user_message)
        self.param = error.param


def api_base() -> str | None:
    """Where calls go, if not to Stripe."""
    return os.environ.get(API_BASE, "").rstrip("/") or None


def once(*parts: str) -> RequestOptions:
    """Options that make a call happen once, however often it is made with the same ``parts``.

    Stripe remembers them for a day.
    """
    return {"idempotency_key": "-".join(("portico", *filter(None, parts)))[:255]}


@asynccontextmanager
async def connected(ctx: Context, mode: Mode | None = None) -> AsyncIterator[StripeClient]:
    """Stripe, with the store's key for a mode (its own, where none is given).

    Raises Trouble where the seller has to do something, Refused where a card was declined,
    RetryLater where Stripe does not answer or wants fewer calls, Missing where it has no such
    object. Another InvalidRequestError comes out as it is: what it means depends on the call.
    """
    mode = mode or ctx.mode
    key = ctx.settings(StripeSettings).key(mode)
    if not key:
        raise Trouble(_NO_KEY)
    outage = _OUTAGES.setdefault(api_base() or "", _Outage())
    if not outage.allows():
        raise RetryLater(timedelta(seconds=PAUSE_SECONDS), "Stripe does not answer", "unreachable")
    await load()
    import stripe  # noqa: PLC0415 - loaded by now

    try:
        yield client_for(key)
    except stripe.APIConnectionError as error:
        outage.failed()
        await accounts.note_failure(ctx, mode)
        raise _later(error, "unreachable") from error
    except stripe.StripeError as error:
        outage.over()
        meaning = await _meaning(ctx, mode, error)
        if meaning is error:
            raise
        raise meaning from error
    else:
        outage.over()


async def _meaning(ctx: Context, mode: Mode, error: StripeError) -> Exception:
    """What core or the seller should make of an error that Stripe answered with."""
    import stripe  # noqa: PLC0415 - loaded by now

    if isinstance(error, stripe.CardError):
        return Refused(declined(error))
    if isinstance(error, stripe.AuthenticationError):
        await accounts.note_problem(ctx, mode, _WRONG_KEY)
        return Trouble(_WRONG_KEY)
    if isinstance(error, stripe.PermissionError):
        ctx.log.warning("stripe_permission", mode=mode, message=error.user_message)
        await accounts.note_problem(ctx, mode, _NOT_ALLOWED)
        return Trouble(_NOT_ALLOWED)
    if isinstance(error, stripe.RateLimitError):
        return _later(error, "busy")
    if isinstance(error, stripe.APIError):  # 5xx, and what could not be read
        await accounts.note_failure(ctx, mode)
        return _later(error, "unreachable")
    missing = error.code == "resource_missing" or error.http_status == 404
    if isinstance(error, stripe.InvalidRequestError) and missing:
        return Missing(error)
    return error


def _later(error: StripeError, cause: str) -> RetryLater:
    return RetryLater(BUSY, f"Stripe: {error.user_message}", cause)


# The library


_CLIENTS: WeakKeyDictionary[asyncio.AbstractEventLoop, HTTPClient] = WeakKeyDictionary()


async def load() -> None:
    """Load the library. It takes most of a second, so that is done beside the event loop."""
    await asyncio.to_thread(importlib.import_module, "stripe")
    import stripe  # noqa: PLC0415 - loaded by now

    loop = asyncio.get_running_loop()
    if loop not in _CLIENTS:
        # Telemetry would tell Stripe what machine this is and how long each call took.
        stripe.enable_telemetry = False
        made = await asyncio.to_thread(stripe.HTTPXClient, timeout=TIMEOUT_SECONDS)
        _CLIENTS.setdefault(loop, made)


def client_for(key: str) -> StripeClient:
    """A client that uses the connections of this event loop; ``load`` comes first."""
    import stripe  # noqa: PLC0415 - loaded by now

    base = api_base()
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base, "files": base} if base else None,
        max_network_retries=RETRIES,
        http_client=_CLIENTS[asyncio.get_running_loop()],
    )


# Outages


@dataclass(slots=True)
class _Outage:
    """After three calls in a row without an answer nobody calls for half a minute, then one tries.

    It keeps pages from waiting for a Stripe that is gone, each for its full timeout.
    """

    strikes: int = 0
    until: float = 0.0

    def allows(self) -> bool:
        if self.strikes < STRIKES:
            return True
        now = time.monotonic()
        if now < self.until:
            return False
        self.until = now + PAUSE_SECONDS  # this call is the trial; the others keep out meanwhile
        return True

    def failed(self) -> None:
        self.strikes += 1
        if self.strikes >= STRIKES:
            self.until = time.monotonic() + PAUSE_SECONDS

    def over(self) -> None:
        self.strikes = 0


_OUTAGES: dict[str, _Outage] = {}
"""By where calls go: it is no store's matter, one Stripe serves them all."""


def forget_outages() -> None:
    """Begin as a process does that has not called yet; for tests."""
    _OUTAGES.clear()
