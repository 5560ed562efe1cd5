"""Prefixed, sortable ids such as ``ord_01jd3k5w2m8q4x6z9b7c5v3n1t``.

The part behind the prefix is a ULID in lower case (48 bits of milliseconds, 80 random bits,
Crockford's base 32; https://github.com/ulid/spec), so ids sort by the time they were made and
an index grows at its end. Within one process ids of the same millisecond keep their order.
"""

import secrets
import threading
import time
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_lock = threading.Lock()
_last = 0


def new_id(prefix: str) -> str:
    """A new id: ``prefix`` (lower-case letters), an underscore, 26 characters."""
    global _last  # noqa: PLW0603 - one counter per process is what makes ids monotonic
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    with _lock:
        if value <= _last and (_last >> 80) >= (value >> 80):
            value = _last + 1 + secrets.randbits(32)
        _last = value
    return _written(prefix, value)


def past_id(prefix: str, at: datetime) -> str:
    """The id of something that was made at ``at``, so that it stands where it belongs in lists."""
    milliseconds = max(int(at.timestamp() * 1000), 0)
    return _written(prefix, milliseconds << 80 | secrets.randbits(80))


def _written(prefix: str, value: int) -> str:
    return f"{prefix}_" + "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -5, -5))
