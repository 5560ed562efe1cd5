"""Rate limits of plugins."""

from datetime import timedelta

from limits import RateLimitItemPerSecond

from portico.lending.scope import Lent
from portico.sessions.limits import seconds_to_wait


class LentLimits:
    """``Limits`` of one plugin in one store."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def seconds_to_wait(self, what: str, who: str, *, most: int, per: timedelta) -> int:
        lent = self._lent
        item = RateLimitItemPerSecond(most, int(per.total_seconds()), f"{lent.plugin}:{what}")
        store_id = lent.store.id if lent.store else ""
        return await seconds_to_wait(lent.rt, (item, f"{store_id}\n{who}"))
