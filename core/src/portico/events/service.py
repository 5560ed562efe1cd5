"""The outbox: what a change causes is written with the change, and delivered afterwards.

``put`` belongs inside the transaction of the change: both are there after a crash, or neither.
The worker (``portico.worker``) does the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from portico.events import queries
from portico.events.models import AuditEntry, Delivery, EventType, Lane
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store


async def put(
    rt: Runtime,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    *,
    store_id: str | None,
    lane: Lane = Lane.NORMAL,
    not_before: datetime | None = None,
    again: bool = False,
) -> None:
    """Have the worker call the handler of ``kind`` with ``payload``, at least once.

    ``key`` is unique among the deliveries that wait: while one does, putting it again changes
    nothing. With ``again`` it is called after this moment in any case: one that is being done is
    done once more, and a dead one lives again. ``payload`` is JSON and holds no secret, for it is
    stored and shown to sellers.
    """
    now = rt.clock.now()
    await rt.db.run(
        queries.PUT_AGAIN if again else queries.PUT,
        id=new_id("dlv"),
        store_id=store_id,
        kind=kind,
        key=key,
        lane=int(lane),
        payload=dict(payload),
        next_at=not_before or now,
        created_at=now,
    )
    rt.db.after_commit(rt.wake.set)


async def is_waiting(rt: Runtime, key: str) -> bool:
    """Whether a delivery with this key is still to be done, or being done."""
    return bool(await rt.db.all(queries.KEYS, keys=[key]))


async def put_job(
    rt: Runtime,
    plugin: str,
    job: str,
    payload: Mapping[str, Any],
    *,
    store_id: str | None,
    key: str = "",
    not_before: datetime | None = None,
) -> None:
    """Run a plugin's job in the worker. Without a ``key`` every call runs it once more."""
    await put(
        rt,
        "job",
        f"job:{store_id or '-'}:{plugin}:{job}:{key or new_id('job')}",
        {"plugin": plugin, "job": job, "payload": dict(payload)},
        store_id=store_id,
        not_before=not_before,
    )


async def publish(
    rt: Runtime, store: Store, event_type: EventType, subject_id: str, data: Mapping[str, Any]
) -> None:
    """Tell every plugin that is on in the store; call it inside the change's transaction."""
    event_id = new_id("evt")
    payload = {
        "id": event_id,
        "type": event_type.value,
        "subject_id": subject_id,
        "data": dict(data),
        "created_at": rt.clock.now().isoformat(),
    }
    await put(rt, "event", f"event:{event_id}", payload, store_id=store.id)


async def audit(
    rt: Runtime,
    *,
    store_id: str | None,
    actor_type: str,
    actor_id: str,
    action: str,
    subject_type: str,
    subject_id: str,
    data: Mapping[str, Any] | None = None,
    customer_id: str | None = None,
) -> None:
    """Note who did what. ``action`` is a dotted verb such as ``order.refund``.

    ``customer_id`` is whom it is about; a subject or an actor that is a customer says so itself.
    """
    if "customer" in (subject_type, actor_type):
        customer_id = subject_id if subject_type == "customer" else actor_id
    await rt.db.run(
        queries.AUDIT,
        id=new_id("aud"),
        store_id=store_id,
        actor_type=actor_type,
        actor_id=actor_id,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        data=dict(data or {}),
        created_at=rt.clock.now(),
        customer_id=customer_id,
    )


async def audit_log(
    rt: Runtime, store_id: str, *, before: datetime, limit: int = 100
) -> Sequence[AuditEntry]:
    """The store's audit entries from before ``before``, newest first."""
    return await rt.db.all(queries.AUDIT_OF_STORE, store_id=store_id, before=before, limit=limit)


async def dead(
    rt: Runtime, *, store_id: str | None = None, after: str = "", limit: int = 100
) -> Sequence[Delivery]:
    """Deliveries that were given up, oldest first, from behind the id ``after``.

    Those of one store, or of the whole installation. ``last_error`` says why.
    """
    if store_id is None:
        return await rt.db.all(queries.DEAD, after=after, limit=limit)
    return await rt.db.all(queries.DEAD_OF_STORE, store_id=store_id, after=after, limit=limit)


async def replay(rt: Runtime, delivery_id: str) -> bool:
    """Try a dead delivery again from the beginning; False where there is none with this id."""
    replayed = await rt.db.run(queries.REPLAY, delivery_id=delivery_id, now=rt.clock.now())
    rt.db.after_commit(rt.wake.set)
    return bool(replayed)


async def hurry(rt: Runtime, store_id: str, key: str) -> bool:
    """Have the delivery with this key tried at once, and again from the beginning if it is dead.

    False where none waits, or it is being tried right now.
    """
    found = await rt.db.run(queries.HURRY, store_id=store_id, delivery_key=key, now=rt.clock.now())
    rt.db.after_commit(rt.wake.set)
    return bool(found)


async def replay_kind(rt: Runtime, store_id: str, kind: str) -> int:
    """As ``replay``, of all dead deliveries of a kind in the store; returns how many."""
    done = await rt.db.run(
        queries.REPLAY_KIND, store_id=store_id, the_kind=kind, now=rt.clock.now()
    )
    rt.db.after_commit(rt.wake.set)
    return done


async def waiting(rt: Runtime, store_id: str, key: str) -> Delivery | None:
    """The store's delivery with this key, while it is in the outbox."""
    return await rt.db.one(queries.BY_KEY, store_id=store_id, delivery_key=key)


async def counts(rt: Runtime) -> Sequence[queries.LaneCount]:
    """How many deliveries wait, run or are dead, by lane; for metrics and the doctor."""
    return await rt.db.all(queries.COUNTS)
