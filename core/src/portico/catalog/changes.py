"""What every change of the catalog does besides: outdate copies in memory, and be audited."""

from collections.abc import Mapping
from typing import Any

from portico.actors import actor
from portico.catalog import queries
from portico.events import service as events
from portico.runtime import Runtime
from portico.stores.models import Store


async def changed(
    rt: Runtime,
    store: Store,
    by: str,
    action: str,
    subject_type: str,
    subject_id: str,
    data: Mapping[str, Any] | None = None,
) -> None:
    """In the transaction of every change: outdates what is kept in memory, and is audited."""
    await rt.db.run(queries.NEW_CATALOG_VERSION, store_id=store.id)
    actor_type, actor_id = actor(by)
    await events.audit(
        rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type=subject_type, subject_id=subject_id, data=data or {},
    )  # fmt: skip
