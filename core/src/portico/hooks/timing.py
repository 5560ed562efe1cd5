"""How long calls take, counted in steps: bounded, and it adds up over any number of nodes."""

from bisect import bisect_left
from collections.abc import Mapping

STEPS_MS = tuple(round(2 ** (step / 2), 2) for step in range(-2, 35))
"""Upper bounds in milliseconds, from half a one to two minutes; each 1.41 times the last."""


def step_of(seconds: float) -> int:
    """The step that a call of this length falls into; one more than the last for longer ones."""
    return bisect_left(STEPS_MS, seconds * 1000)


def percentile(counts: Mapping[int, int], share: float = 0.95) -> float:
    """Milliseconds within which this share of the calls was done, to a step; 0 without calls."""
    left = share * sum(counts.values())
    for step in sorted(counts):
        left -= counts[step]
        if left <= 0:
            return STEPS_MS[min(step, len(STEPS_MS) - 1)]
    return 0.0
