"""Which hosts are stores' own domains: asked at every request, so kept in memory."""

import asyncio

import structlog

from portico.db import Database, DatabaseError
from portico.domains import queries

SECONDS = 5.0
"""How old the map may be: after so long a change on another node counts here."""
_log = structlog.get_logger("portico")


class HostMap:
    """The domains of stores, by host."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._slugs: dict[bytes, str] = {}

    def slug(self, host: bytes) -> str | None:
        """The store whose domain this ``Host`` header names; None for every other host."""
        if not self._slugs:
            return None
        return self._slugs.get(host.partition(b":")[0].lower().rstrip(b"."))

    async def read(self) -> None:
        """Read the domains now: after a change."""
        found = await self._db.all(queries.SERVED)
        self._slugs = {one.domain.encode(): one.slug for one in found}

    async def renew(self) -> None:
        """As ``read``; where the database does not answer, what was known still counts."""
        try:
            await self.read()
        except DatabaseError as error:
            _log.warning("domains_not_read", error=str(error))

    async def follow(self) -> None:
        """Renew for ever: what happens on other nodes counts here as well."""
        while True:
            await asyncio.sleep(SECONDS)
            await self.renew()
