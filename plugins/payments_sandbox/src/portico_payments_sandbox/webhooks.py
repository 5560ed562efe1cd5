"""Signed webhooks, in the manner of Stripe's: ``t=<unix seconds>,v1=<HMAC-SHA256 in hex>``.

The sandbox itself runs inside the installation and needs none; these are for trying out how an
installation takes webhooks from outside. Signed is ``<t>.<raw body>`` with the store's secret.
The body is ``{"id": "...", "kind": "payment" | "subscription" | "refund", "ref": "..."}``.
"""

import hashlib
import hmac
import json
import re
from datetime import datetime

from portico.api import Hint, InboundWebhook, Refused

HEADER = "portico-sandbox-signature"
TOLERANCE_SECONDS = 300
_KINDS = ("payment", "subscription", "refund", "payment_method", "invoice", "dispute")
_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The value of the signature header for a body sent at that moment."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def verify(secret: str, webhook: InboundWebhook, now: datetime) -> list[Hint]:
    """What a webhook is about. ``Refused`` if it is forged, too old, or not one of ours."""
    if not secret:
        raise Refused("This store takes no webhooks: set a webhook secret in its settings.")
    found = _SIGNATURE.fullmatch(webhook.headers.get(HEADER, ""))
    if found is None:
        raise Refused(f"The header {HEADER} is missing or cannot be read.")
    seconds = int(found[1])
    if not hmac.compare_digest(_digest(secret, seconds, webhook.body), found[2]):
        raise Refused("The signature does not fit the body and the secret.")
    if abs(now.timestamp() - seconds) > TOLERANCE_SECONDS:
        raise Refused("The webhook is too old (or the clocks differ by minutes).")
    return [_hint(webhook.body)]


def _digest(secret: str, seconds: int, body: bytes) -> str:
    signed = f"{seconds}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _hint(body: bytes) -> Hint:
    try:
        event = json.loads(body)
        event_id, kind, ref = event["id"], event["kind"], event["ref"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("The body is not an event of the sandbox.") from error
    if kind not in _KINDS or not isinstance(ref, str) or not isinstance(event_id, str):
        raise Refused("The body is not an event of the sandbox.")
    return Hint(kind, ref, event_id)
