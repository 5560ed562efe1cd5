"""Tokens that carry what they are for, signed and with an end: nothing about them is stored."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta

from portico.runtime import Runtime

_SIGNATURE = 43
"""Characters of a signature: 32 bytes in base64."""


def seal(rt: Runtime, purpose: str, values: Sequence[str], lasts: timedelta) -> str:
    """A token of ``values``, none of which has a line break in it."""
    until = int((rt.clock.now() + lasts).timestamp())
    data = "\n".join((str(until), *values)).encode()
    return rt.keys.sign(purpose, data) + urlsafe_b64encode(data).decode().rstrip("=")


def unseal(rt: Runtime, purpose: str, token: str) -> list[str] | None:
    """The values of a token of this purpose; None for a false one, and for one that is over."""
    signature, body = token[:_SIGNATURE], token[_SIGNATURE:]
    try:
        data = urlsafe_b64decode(body + "=" * (-len(body) % 4))
        if not rt.keys.verify(purpose, data, signature):
            return None
        until, *values = data.decode().split("\n")
        return values if int(until) > rt.clock.now().timestamp() else None
    except ValueError:
        return None
