"""Looking again at the domains of stores: what was so once need not stay so."""

import asyncio
from datetime import datetime, timedelta

import structlog

from portico.domains import queries, service
from portico.domains.models import DomainState, PortalDomain
from portico.events.models import Delivery
from portico.runtime import Runtime
from portico.stores import service as stores

EVERY = timedelta(minutes=10)
VERIFIED_EVERY = timedelta(hours=1)
SELDOM = timedelta(days=1)
AT_ONCE = 8
"""Domains that are looked at together: one that does not answer takes its time."""
_log = structlog.get_logger("portico.worker")


async def look(rt: Runtime, delivery: Delivery) -> timedelta:
    """The worker's handler: check every domain whose time has come."""
    now, slots = rt.clock.now(), asyncio.Semaphore(AT_ONCE)

    async def check(store_id: str) -> None:
        async with slots:
            try:
                store = await stores.by_id(rt, store_id)
                if store is not None:
                    await service.check(rt, store, by="system")
            except Exception:  # one domain's trouble is not another's
                _log.warning("domain_not_checked", store=store_id, exc_info=True)

    rows = await rt.db.all(queries.WATCHED, before=now - EVERY)
    due = [row.store_id for row in rows if is_due(service.kept(row), now)]
    await asyncio.gather(*map(check, due))
    return EVERY


def is_due(domain: PortalDomain, now: datetime) -> bool:
    """Whether to look again: soon after something has changed, then less and less often."""
    if domain.checked_at is None:
        return True
    if domain.state is DomainState.VERIFIED and domain.since is None:
        return now - domain.checked_at >= VERIFIED_EVERY
    failing_for = now - (domain.since or domain.checked_at)
    if failing_for > 2 * service.HOLD:
        return False  # given up; a seller can still ask
    return now - domain.checked_at >= min(max(failing_for / 10, EVERY), SELDOM)
