"""Statements of the outbox and the audit log.

The outbox's index (state, lane, next_at) is what the claim walks: first lane first, oldest first,
and never past the rows it takes, so that a long queue in a later lane costs an earlier one nothing.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from portico.db import (
    Command,
    Query,
    UTCDateTime,
    in_list,
    insert_or_ignore,
    lock_rows,
    upsert,
)
from portico.events.models import AuditEntry, Delivery, DeliveryState
from portico.events.tables import audit_log, outbox
from portico.sessions.tables import rate_counters, sessions, sign_in_attempts


@dataclass(frozen=True, slots=True)
class LaneCount:
    """How many deliveries of a lane are in a state."""

    state: DeliveryState
    lane: int
    count: int


_now = sa.bindparam("now", type_=UTCDateTime)
_mine = sa.and_(
    outbox.c.id == sa.bindparam("delivery_id"),
    outbox.c.state == DeliveryState.LEASED,
    outbox.c.leased_by == sa.bindparam("worker"),
    # The same worker may have lost the lease and claimed the row again: that is another lease.
    outbox.c.attempts == sa.bindparam("attempt"),
)
_due = sa.and_(
    outbox.c.state == DeliveryState.PENDING,
    outbox.c.lane <= sa.bindparam("last_lane"),
    outbox.c.next_at <= _now,
)

_new: dict[str, object] = {
    "id": sa.bindparam("id"),
    "store_id": sa.bindparam("store_id"),
    "kind": sa.bindparam("kind"),
    "key": sa.bindparam("key"),
    "lane": sa.bindparam("lane"),
    "payload": sa.bindparam("payload", type_=outbox.c.payload.type),
    "state": DeliveryState.PENDING,
    "attempts": 0,
    "next_at": sa.bindparam("next_at", type_=UTCDateTime),
    "created_at": sa.bindparam("created_at", type_=UTCDateTime),
}
PUT = Command(insert_or_ignore(outbox, ["key"]).values(_new))
_is_dead = outbox.c.state == DeliveryState.DEAD
_is_sooner = sa.and_(outbox.c.state == DeliveryState.PENDING, outbox.c.next_at < _new["next_at"])
PUT_AGAIN = Command(
    upsert(
        outbox,
        ["key"],
        {
            "state": sa.case((_is_dead, DeliveryState.PENDING.value), else_=outbox.c.state),
            "attempts": sa.case((_is_dead, 0), else_=outbox.c.attempts),
            "next_at": sa.case((_is_sooner, outbox.c.next_at), else_=_new["next_at"]),
            "payload": _new["payload"],
            "created_at": _new["created_at"],
        },
    ).values(_new)
)
"""Of one that is being done, the time to do it changes: that is how its worker learns of it."""

DUE = Query(int, sa.select(sa.literal_column("1")).select_from(outbox).where(_due).limit(1))
"""Whether anything can be claimed: a read, so that an idle worker never asks SQLite's writer."""

_claimable = (
    lock_rows(
        sa.select(outbox.c.id)
        .where(_due)
        .order_by(outbox.c.lane, outbox.c.next_at)
        .limit(sa.bindparam("limit", type_=sa.BigInteger))
    )
    # In a CTE the rows are chosen once; inside IN a planner may run the choice again per row.
    .cte("claimable")
)
CLAIM = Query(
    Delivery,
    sa.update(outbox)
    .where(outbox.c.id.in_(sa.select(_claimable.c.id)))
    .values(
        state=DeliveryState.LEASED,
        attempts=outbox.c.attempts + 1,
        lease_until=sa.bindparam("lease_until", type_=UTCDateTime),
        leased_by=sa.bindparam("worker"),
    )
    .returning(outbox),
)
_claimed_at = sa.bindparam("claimed_at", type_=UTCDateTime)
DONE = Command(sa.delete(outbox).where(_mine, outbox.c.next_at == _claimed_at))
ONCE_MORE = Command(
    sa.update(outbox)
    .where(_mine, outbox.c.next_at != _claimed_at)
    .values(state=DeliveryState.PENDING, attempts=0, lease_until=None, leased_by=None)
)
"""Instead of DONE, where it was put again meanwhile."""
LATER = Command(
    sa.update(outbox)
    .where(_mine)
    .values(
        state=DeliveryState.PENDING,
        attempts=sa.bindparam("attempts"),
        next_at=sa.bindparam("next_at"),
        last_error=sa.bindparam("error"),
        lease_until=None,
        leased_by=None,
    )
)
BURY = Command(
    sa.update(outbox)
    .where(_mine)
    .values(
        state=DeliveryState.DEAD,
        last_error=sa.bindparam("error"),
        lease_until=None,
        leased_by=None,
    )
)
RENEW = Command(
    sa.update(outbox)
    .where(
        outbox.c.state == DeliveryState.LEASED,
        outbox.c.leased_by == sa.bindparam("worker"),
        in_list(outbox.c.id, "ids"),
    )
    .values(lease_until=sa.bindparam("lease_until", type_=UTCDateTime))
)
_expired = sa.and_(outbox.c.state == DeliveryState.LEASED, outbox.c.lease_until <= _now)
ANY_EXPIRED = Query(
    int, sa.select(sa.literal_column("1")).select_from(outbox).where(_expired).limit(1)
)
TAKE_BACK = Command(
    sa.update(outbox)
    .where(_expired)
    .values(
        state=DeliveryState.PENDING,
        last_error="The worker that had it stopped before it was done.",
        lease_until=None,
        leased_by=None,
    )
)
GIVE_BACK = Command(
    sa.update(outbox)
    .where(outbox.c.state == DeliveryState.LEASED, outbox.c.leased_by == sa.bindparam("worker"))
    .values(
        state=DeliveryState.PENDING,
        attempts=outbox.c.attempts - 1,
        lease_until=None,
        leased_by=None,
    )
)

DEAD = Query(
    Delivery,
    sa.select(outbox)
    .where(outbox.c.state == DeliveryState.DEAD, outbox.c.id > sa.bindparam("after"))
    .order_by(outbox.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
DEAD_OF_STORE = Query(
    Delivery,
    sa.select(outbox)
    .where(
        outbox.c.state == DeliveryState.DEAD,
        outbox.c.store_id == sa.bindparam("store_id"),
        outbox.c.id > sa.bindparam("after"),
    )
    .order_by(outbox.c.id)
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
REPLAY = Command(
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("delivery_id"), outbox.c.state == DeliveryState.DEAD)
    .values(
        state=DeliveryState.PENDING,
        attempts=0,
        next_at=_now,
        # What may be tried for so long counts from here again.
        created_at=_now,
    )
)
HURRY = Command(
    sa.update(outbox)
    .where(
        outbox.c.store_id == sa.bindparam("store_id"),
        outbox.c.key == sa.bindparam("delivery_key"),
        outbox.c.state.in_((DeliveryState.DEAD, DeliveryState.PENDING)),
    )
    .values(state=DeliveryState.PENDING, attempts=0, next_at=_now, created_at=_now)
)
REPLAY_KIND = Command(
    sa.update(outbox)
    .where(
        outbox.c.store_id == sa.bindparam("store_id"),
        outbox.c.kind == sa.bindparam("the_kind"),
        outbox.c.state == DeliveryState.DEAD,
    )
    .values(state=DeliveryState.PENDING, attempts=0, next_at=_now, created_at=_now)
)
BY_KEY = Query(
    Delivery,
    sa.select(outbox).where(
        outbox.c.store_id == sa.bindparam("store_id"),
        outbox.c.key == sa.bindparam("delivery_key"),
    ),
)
COUNTS = Query(
    LaneCount,
    sa.select(outbox.c.state, outbox.c.lane, sa.func.count().label("count")).group_by(
        outbox.c.state, outbox.c.lane
    ),
)
KEYS = Query(str, sa.select(outbox.c.key).where(in_list(outbox.c.key, "keys")))
"""Which of these keys are in the outbox."""

DROP_SESSIONS = Command(sa.delete(sessions).where(sessions.c.expires_at <= _now))
DROP_ATTEMPTS = Command(sa.delete(sign_in_attempts).where(sign_in_attempts.c.expires_at <= _now))
DROP_COUNTERS = Command(sa.delete(rate_counters).where(rate_counters.c.expires_at <= _now))

AUDIT = Command(sa.insert(audit_log))
AUDIT_OF_STORE = Query(
    AuditEntry,
    sa.select(audit_log)
    .where(
        audit_log.c.store_id == sa.bindparam("store_id"),
        audit_log.c.created_at < sa.bindparam("before", type_=UTCDateTime),
    )
    .order_by(audit_log.c.created_at.desc(), audit_log.c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.BigInteger)),
)
