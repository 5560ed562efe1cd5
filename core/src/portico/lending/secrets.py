"""Secrets that a plugin keeps in a store."""

from datetime import datetime

from portico.activation import secrets
from portico.lending.scope import Lent


class LentSecrets:
    """``Secrets`` of one plugin in one store."""

    __slots__ = ("_lent",)

    def __init__(self, lent: Lent) -> None:
        self._lent = lent

    async def keep(self, name: str, value: str, *, until: datetime | None = None) -> None:
        lent = self._lent
        await secrets.keep(lent.rt, lent.store_id, lent.plugin, name, value, until)

    async def get(self, name: str) -> str | None:
        lent = self._lent
        return await secrets.kept(lent.rt, lent.store_id, lent.plugin, name)

    async def forget(self, name: str) -> None:
        lent = self._lent
        await secrets.forget(lent.rt, lent.store_id, lent.plugin, name)
