"""Statements of the outbox and the audit log.

The outbox's index (state, lane, next_at) is what the claim walks: first lane first, oldest first,
and never past the rows it takes, so that a long queue in a later lane costs an earlier one nothing.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from portico.db import Command, Query, UTCDateTime, in_list, insert_or_ignore, lock_rows
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

PUT = Command(
    insert_or_ignore(outbox, ["key"]).values(
        id=sa.bindparam("id"),
        store_id=sa.bindparam("store_id"),
        kind=sa.bindparam("kind"),
        key=sa.bindparam("key"),
        lane=sa.bindparam("lane"),
        payload=sa.bindparam("payload"),
        state=DeliveryState.PENDING,
        attempts=0,
        next_at=sa.bindparam("next_at"),
        created_at=sa.bindparam("created_at"),
    )
)

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
DONE = Command(sa.delete(outbox).where(_mine))
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
