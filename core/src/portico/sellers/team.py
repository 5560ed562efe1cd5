"""A store's team: inviting people, changing what they may do, letting them go.

An invitation holds no secret. Its mail leads to the dashboard, where the address signs in like
any other; there the invitation waits, until it is accepted, withdrawn or too old.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from portico.actors import actor
from portico.customers.addresses import normalize_email
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.errors import PorticoError
from portico.events import service as events
from portico.runtime import Runtime
from portico.sellers import queries
from portico.sellers.models import Invitation, Member, Role, Seller
from portico.sellers.service import find_or_create
from portico.stores.models import Store

INVITATION_DAYS = 7


class LastOwner(PorticoError):
    """A store keeps at least one owner."""


class AlreadyMember(PorticoError):
    """Who is invited is in the team already."""


async def members(rt: Runtime, store_id: str) -> Sequence[Member]:
    """The team, in the order in which people joined."""
    return await rt.db.all(queries.MEMBERS, store_id=store_id)


async def member(rt: Runtime, store_id: str, seller_id: str) -> Member | None:
    """One of the team."""
    return await rt.db.one(queries.MEMBER, store_id=store_id, seller_id=seller_id)


async def invited(rt: Runtime, store_id: str) -> Sequence[Member]:
    """Who has not answered an invitation yet, also where it is too old."""
    return await rt.db.all(queries.INVITED, store_id=store_id)


async def invite(rt: Runtime, store: Store, email: str, role: Role, *, by: str) -> None:
    """Ask somebody to join, for seven days; asking again replaces role and days.

    Raises InvalidEmail, and AlreadyMember.
    """
    email = normalize_email(email)
    async with rt.db.transaction():
        seller = await find_or_create(rt, email, "", store.locale)
        if await member(rt, store.id, seller.id):
            raise AlreadyMember(email)
        await _write_invitation(rt, store, seller.id, email, role, seller.locale, by)


async def invite_again(rt: Runtime, store: Store, seller_id: str, *, by: str) -> bool:
    """Send the mail once more, for another seven days; False where there is no invitation."""
    async with rt.db.transaction():
        found = await rt.db.one(queries.INVITATION, store_id=store.id, seller_id=seller_id)
        if found is None:
            return False
        seller = await rt.db.one(queries.BY_ID, seller_id=seller_id)
        locale = seller.locale if seller else store.locale
        await _write_invitation(rt, store, seller_id, found.email, found.role, locale, by)
    return True


async def _write_invitation(
    rt: Runtime, store: Store, seller_id: str, email: str, role: Role, locale: str, by: str
) -> None:
    now = rt.clock.now()
    await rt.db.run(
        queries.INVITE, store_id=store.id, seller_id=seller_id, role=role, created_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )  # fmt: skip
    await emails.queue(
        rt, None, EmailKind.SELLER_INVITATION, email,
        params={"store_name": store.name, "role": role.value}, locale=locale,
    )  # fmt: skip
    await _note(rt, store.id, by, "team.invite", seller_id, {"role": role.value})


async def revoke(rt: Runtime, store_id: str, seller_id: str, *, by: str) -> bool:
    """Withdraw an invitation; False where there is none."""
    async with rt.db.transaction():
        revoked = bool(await rt.db.run(queries.REVOKE, store_id=store_id, seller_id=seller_id))
        if revoked:
            await _note(rt, store_id, by, "team.revoke", seller_id)
    return revoked


async def invitations_of(rt: Runtime, seller_id: str) -> Sequence[Invitation]:
    """What the seller is invited to and can still accept."""
    now = rt.clock.now()
    return await rt.db.all(queries.INVITATIONS_OF_SELLER, seller_id=seller_id, now=now)


async def accept(rt: Runtime, seller: Seller, store_id: str) -> bool:
    """Join the store; False where there is no invitation (any more)."""
    now = rt.clock.now()
    who = {"store_id": store_id, "seller_id": seller.id}
    async with rt.db.transaction():
        role = await rt.db.one(queries.TAKE_INVITATION, **who, now=now)
        if role is None:
            return False
        await rt.db.run(queries.SET_ROLE, **who, role=role, created_at=now)
        await _note(
            rt, store_id, f"seller:{seller.id}", "team.join", seller.id, {"role": role.value}
        )
    return True


async def change_role(rt: Runtime, store_id: str, seller_id: str, role: Role, *, by: str) -> bool:
    """Give a member another role; False where there is no such member. Raises LastOwner."""
    async with rt.db.transaction():
        if role is not Role.OWNER:
            await _keep_an_owner(rt, store_id, seller_id)
        was = await member(rt, store_id, seller_id)
        if was is None:
            return False
        await rt.db.run(queries.CHANGE_ROLE, store_id=store_id, seller_id=seller_id, new_role=role)
        data = {"from": was.role.value, "to": role.value}
        await _note(rt, store_id, by, "team.role", seller_id, data)
    return True


async def remove(rt: Runtime, store_id: str, seller_id: str, *, by: str) -> bool:
    """Let a member go, at once; False where there is no such member. Raises LastOwner."""
    async with rt.db.transaction():
        await _keep_an_owner(rt, store_id, seller_id)
        removed = bool(await rt.db.run(queries.REMOVE, store_id=store_id, seller_id=seller_id))
        if removed:
            await _note(rt, store_id, by, "team.remove", seller_id)
    return removed


async def _keep_an_owner(rt: Runtime, store_id: str, leaving: str) -> None:
    if await rt.db.all(queries.LOCK_OWNERS, store_id=store_id) == [leaving]:
        raise LastOwner(store_id)


async def _note(
    rt: Runtime,
    store_id: str,
    by: str,
    action: str,
    seller_id: str,
    data: Mapping[str, Any] | None = None,
) -> None:
    actor_type, actor_id = actor(by)
    await events.audit(
        rt, store_id=store_id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type="seller", subject_id=seller_id, data=data,
    )  # fmt: skip
