"""Faults on request: slow, 429, 500, cut off; and the count of calls."""

import asyncio
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from tests.support.stripe_server.errors import Problem
from tests.support.stripe_server.http import Response

KINDS = ("delay", "rate_limit", "error", "cut", "cut_after", "cut_middle")


@dataclass
class Fault:
    """What goes wrong with the next calls that match.

    ``kind``: ``delay`` (``seconds`` before the request is looked at), ``rate_limit`` (429),
    ``error`` (``status``, 500 without), ``cut`` (hung up before anything is done), ``cut_after``
    (done, then hung up without an answer), ``cut_middle`` (done, half of the answer).
    """

    kind: str
    times: int = -1
    """For so many calls; -1 for all until the faults are cleared."""
    method: str = ""
    path: str = ".*"
    """A regular expression for the whole path."""
    seconds: float = 0.0
    status: int = 500
    skip: int = 0
    """So many matching calls pass first."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")

    def takes(self, method: str, path: str) -> bool:
        """Whether this call is one of those; counts it then."""
        if self.times == 0 or (self.method and self.method != method):
            return False
        if not re.fullmatch(self.path, path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1 if self.times > 0 else 0
        return True


@dataclass
class Faults:
    """The faults that are set, and what was called."""

    active: list[Fault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    log: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=2000))
    working: float = 0.0
    """Seconds that each call takes while its idempotency key is in use."""

    def taken(self, method: str, path: str) -> list[Fault]:
        """The faults for this call."""
        return [fault for fault in self.active if fault.takes(method, path)]


async def before(faults: list[Fault]) -> Response | None:
    """Wait, refuse, or hang up before anything is done; None lets the call through.

    :raises Problem: what Stripe answers under load or when broken.
    """
    for fault in faults:
        if fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "rate_limit":
            raise Problem(429, "Request rate limit exceeded. Learn more about rate limits here "
                          "https://stripe.com/docs/rate-limits.", code="rate_limit")  # fmt: skip
        elif fault.kind == "error":
            raise Problem(fault.status, "Sorry, there was a problem on Stripe's side.",
                          type="api_error")  # fmt: skip
        elif fault.kind == "cut":
            return Response(cut="before")
    return None


def after(faults: list[Fault], response: Response) -> Response:
    """Spoil an answer whose work is done."""
    for fault in faults:
        if fault.kind in ("cut_after", "cut_middle"):
            response.cut = fault.kind.removeprefix("cut_")
    return response
