"""Merging two customers, and giving out or erasing what is known about one."""

import dataclasses
from datetime import datetime
from typing import Any

from portico.actors import actor
from portico.customers.addresses import NOBODY
from portico.customers.models import Customer
from portico.events import service as events
from portico.events.models import EventType
from portico.hooks.errors import Refused
from portico.i18n import N_
from portico.people.changes import queries
from portico.runtime import Runtime
from portico.sessions import service as sessions
from portico.stores.models import Store

RUNNING = N_("A subscription is running. Cancel it first, and wait until it ends.")
_HIDDEN = ("store_id", "device", "provider_ref", "idempotency_key", "message_id")
"""Fields that say nothing about the person, or identify a browser to us."""


async def counts(rt: Runtime, store_id: str, customer_id: str) -> dict[str, int]:
    """What a merge would move, by name; sessions end instead."""
    who = {"store_id": store_id, "customer_id": customer_id}
    return {name: await rt.db.one(query, **who) or 0 for name, query in queries.COUNTS.items()}


async def merge(rt: Runtime, store: Store, into_id: str, from_id: str, *, by: str) -> None:
    """Move everything of one customer to another, in one transaction.

    The other row stays and leads to this one, with an address at which nobody signs in. Merged
    again, nothing happens. LookupError where either is not a customer of the store (any more).
    """
    if into_id == from_id:
        raise LookupError("a customer cannot be merged with themselves")
    async with rt.db.transaction():
        # Always in the same order, so that two merges cannot wait for each other.
        rows: dict[str, Customer] = {}
        for one in sorted((into_id, from_id)):
            row = await rt.db.one(queries.LOCK, store_id=store.id, customer_id=one)
            if row is not None:
                rows[one] = row
        into, gone = rows.get(into_id), rows.get(from_id)
        if gone is not None and gone.merged_into == into_id:
            return
        if not (_is_there(into) and _is_there(gone)):
            raise LookupError("there is no such customer")
        assert gone is not None  # it is there
        await _move(rt, store, into_id, gone)
        await events.publish(rt, store, EventType.CUSTOMER_MERGED, into_id, {"from": from_id})
        kind, actor_id = actor(by)
        await events.audit(
            rt, store_id=store.id, actor_type=kind, actor_id=actor_id, action="customer.merge",
            subject_type="customer", subject_id=into_id,
            data={"from_id": from_id, "from_email": gone.email},
        )  # fmt: skip


def _is_there(customer: Customer | None) -> bool:
    return customer is not None and not customer.merged_into and not customer.erased_at


async def _move(rt: Runtime, store: Store, into_id: str, gone: Customer) -> None:
    who: dict[str, Any] = {"store_id": store.id, "customer_id": gone.id}
    await sessions.revoke(rt, store.id, gone.id)
    await rt.db.run(queries.DROP_DEFAULTS, **who)
    for move in queries.MOVES.values():
        await rt.db.run(move, **who, into=into_id)
    await rt.db.run(queries.DROP_EMAIL_CHANGES, **who)
    await rt.db.run(queries.DROP_CHOICES, **who)
    await rt.db.run(queries.DROP_ATTEMPTS, **who, email=gone.email)
    await rt.db.run(queries.MOVE_TOMBSTONES, **who, into=into_id)
    await rt.db.run(queries.LEAVE_TOMBSTONE, **who, into=into_id, address=f"{gone.id}@{NOBODY}")


async def export(rt: Runtime, store: Store, customer_id: str, *, by: str) -> dict[str, Any]:
    """Everything that is kept about the person, as JSON values. It is noted who took it."""
    who = {"store_id": store.id, "customer_id": customer_id}
    async with rt.db.transaction(readonly=True):
        found = {name: await rt.db.all(query, **who) for name, query in queries.EXPORTS.items()}
    kind, actor_id = actor(by)
    await events.audit(
        rt, store_id=store.id, actor_type=kind, actor_id=actor_id, action="customer.export",
        subject_type="customer", subject_id=customer_id,
    )  # fmt: skip
    data: dict[str, Any] = {"store": store.name, "exported_at": rt.clock.now().isoformat()}
    return data | {name: [_plain(row) for row in rows] for name, rows in found.items()}


def _plain(row: Any) -> dict[str, Any]:
    """A record as JSON: times in ISO 8601, amounts in minor units beside their currency."""
    return {
        one.name: value.isoformat() if isinstance(value, datetime) else value
        for one in dataclasses.fields(row)
        if one.name not in _HIDDEN
        for value in (getattr(row, one.name),)
    }


async def running_subscriptions(rt: Runtime, store_id: str, customer_id: str) -> int:
    """Subscriptions that have not ended: with one of them nothing can be erased."""
    found = await rt.db.one(queries.RUNNING, store_id=store_id, customer_id=customer_id)
    return found or 0


async def erase(rt: Runtime, store: Store, customer_id: str, *, by: str) -> None:
    """Erase what is personal; orders, amounts and the country stay, as tax law asks.

    Refused while a subscription runs. Erased again, nothing happens. LookupError where there is
    no such customer.
    """
    who: dict[str, Any] = {"store_id": store.id, "customer_id": customer_id}
    async with rt.db.transaction():
        customer = await rt.db.one(queries.LOCK, **who)
        if customer is None or customer.merged_into:
            raise LookupError("there is no such customer")
        if customer.erased_at:
            return
        if await running_subscriptions(rt, store.id, customer_id):
            raise Refused(RUNNING)
        messages = await rt.db.all(queries.MESSAGE_IDS, **who, email=customer.email)
        await _empty(rt, store, customer)
        await events.publish(
            rt, store, EventType.CUSTOMER_ERASED, customer_id, {"message_ids": messages}
        )
        kind, actor_id = actor(by)
        await events.audit(
            rt, store_id=store.id, actor_type=kind, actor_id=actor_id, action="customer.erase",
            subject_type="customer", subject_id=customer_id,
        )  # fmt: skip


async def _empty(rt: Runtime, store: Store, customer: Customer) -> None:
    who: dict[str, Any] = {"store_id": store.id, "customer_id": customer.id}
    await sessions.revoke(rt, store.id, customer.id)
    await rt.db.run(queries.DROP_ATTEMPTS, **who, email=customer.email)
    await rt.db.run(queries.DROP_FINDINGS, **who, email=customer.email)
    await rt.db.run(queries.EMPTY_MAILS, **who, email=customer.email)
    for statement in (
        queries.DROP_EMAIL_CHANGES, queries.DROP_CHOICES, queries.FORGET_PROVIDERS,
        queries.EMPTY_LOG, queries.EMPTY_REASONS, queries.EMPTY_COMMENTS,
    ):  # fmt: skip
        await rt.db.run(statement, **who)
    now = rt.clock.now()
    await rt.db.run(queries.FORGET_CARDS, **who, now=now)
    country = {name: customer.billing[name] for name in ("country",) if name in customer.billing}
    await rt.db.run(
        queries.ANONYMISE, **who, now=now, billing=country, address=f"{customer.id}@{NOBODY}"
    )
