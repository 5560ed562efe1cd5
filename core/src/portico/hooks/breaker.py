"""Leaves a plugin's hook alone for a while after it has kept a store's pages waiting."""

from collections.abc import Callable
from dataclasses import dataclass

from portico.hooks.health import Key

STRIKES = 3
PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 600.0


@dataclass(slots=True)
class _State:
    strikes: int = 0
    pause: float = PAUSE_SECONDS / 2
    until: float = 0.0


class Breaker:
    """After three timeouts in a row a hook is skipped for 30 s, then tried by one call; each
    further timeout doubles the pause, up to ten minutes; an answer ends it."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._now = monotonic
        self._states: dict[Key, _State] = {}

    def allows(self, key: Key) -> bool:
        """Whether the hook may be asked now."""
        state = self._states.get(key)
        if state is None or state.strikes < STRIKES:
            return True
        now = self._now()
        if now < state.until:
            return False
        state.until = now + state.pause  # this call is the trial; the others keep out meanwhile
        return True

    def answered(self, key: Key) -> None:
        """The hook answered in time."""
        self._states.pop(key, None)

    def timed_out(self, key: Key) -> float:
        """The hook kept its caller waiting. Returns for how many seconds it is left out now."""
        state = self._states.setdefault(key, _State())
        state.strikes += 1
        if state.strikes < STRIKES:
            return 0.0
        state.pause = min(state.pause * 2, LONGEST_PAUSE_SECONDS)
        state.until = self._now() + state.pause
        return state.pause
