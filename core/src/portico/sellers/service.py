"""Sellers: inviting them, and the stores they may enter."""

from collections.abc import Sequence

from portico.actors import actor
from portico.customers.addresses import normalize_email
from portico.emails import service as emails
from portico.emails.models import EmailKind
from portico.events import service as events
from portico.ids import new_id
from portico.runtime import Runtime
from portico.sellers import queries
from portico.sellers.models import Role, Seller
from portico.stores.models import Store


async def invite(
    rt: Runtime,
    store: Store | None,
    email: str,
    role: Role = Role.OWNER,
    *,
    by: str,
    name: str = "",
    locale: str | None = None,
) -> Seller:
    """Make somebody a seller, with a role in the store where one is given, and write to them.

    For operators; sellers invite through ``portico.sellers.team``, where who is asked answers.
    Inviting somebody again changes the role. The mail leads to the dashboard, where the address
    signs in like any other: an invitation holds no secret. Raises InvalidEmail.
    """
    email = normalize_email(email)
    actor_type, actor_id = actor(by)
    language = locale or (store.locale if store else "en")
    async with rt.db.transaction():
        seller = await find_or_create(rt, email, name, language)
        if store is not None:
            await rt.db.run(
                queries.SET_ROLE,
                store_id=store.id,
                seller_id=seller.id,
                role=role,
                created_at=rt.clock.now(),
            )
        params = {"store_name": store.name if store else "", "role": role.value}
        await emails.queue(
            rt, None, EmailKind.SELLER_INVITATION, email, params=params, locale=seller.locale
        )
        await events.audit(
            rt,
            store_id=store.id if store else None,
            actor_type=actor_type,
            actor_id=actor_id,
            action="seller.invite",
            subject_type="seller",
            subject_id=seller.id,
            data={"role": role.value},
        )
    return seller


async def find_or_create(rt: Runtime, email: str, name: str, locale: str) -> Seller:
    """The seller with this (normalized) address, made where there is none."""
    found = await rt.db.one(queries.BY_EMAIL, email=email)
    if found is None:
        found = await rt.db.one(
            queries.INSERT,
            id=new_id("sel"),
            email=email,
            name=name.strip(),
            locale=locale,
            created_at=rt.clock.now(),
        )
    if found is None:  # somebody else was faster
        found = await rt.db.one(queries.BY_EMAIL, email=email)
    assert found is not None  # sellers are never deleted
    return found


async def by_id(rt: Runtime, seller_id: str) -> Seller | None:
    """The seller with this id."""
    return await rt.db.one(queries.BY_ID, seller_id=seller_id)


async def by_email(rt: Runtime, email: str) -> Seller | None:
    """The seller with this address. Raises InvalidEmail."""
    return await rt.db.one(queries.BY_EMAIL, email=normalize_email(email))


async def stores_of(rt: Runtime, seller_id: str) -> Sequence[tuple[Store, Role]]:
    """The stores the seller may enter, with the role in each, by name."""
    rows = await rt.db.all(queries.STORES, seller_id=seller_id)
    return [row.store_and_role() for row in rows]


async def store_of(rt: Runtime, seller_id: str, slug: str) -> tuple[Store, Role] | None:
    """A store and the seller's role in it; None where the seller has none."""
    row = await rt.db.one(queries.STORE, seller_id=seller_id, slug=slug)
    return row.store_and_role() if row else None
