"""The first seller of an installation, and every store that a seller opens.

A fresh installation prints a link on its console. Who has it makes the first seller and the first
store; from then on no such link works.
"""

from dataclasses import dataclass

from portico.customers.addresses import normalize_email
from portico.errors import PorticoError
from portico.events import service as events
from portico.runtime import Runtime
from portico.sellers import queries
from portico.sellers.models import Role, Seller
from portico.sellers.service import find_or_create
from portico.sessions.tokens import hash_token, new_token
from portico.stores import service as stores
from portico.stores.models import Store


class SetupIsOver(PorticoError):
    """The link is not ours, or somebody is there already."""


@dataclass(frozen=True, slots=True)
class NewStore:
    """What a store starts with; ``slug`` is its part of the portal's address."""

    name: str
    slug: str
    currency: str
    locale: str
    timezone: str = "UTC"


async def new_link_token(rt: Runtime) -> str | None:
    """A token for the set-up link, kept as its hash; None when there is a seller already."""
    if not await is_awaited(rt):
        return None
    token = new_token()
    await rt.db.run(queries.ADD_SETUP_LINK, token_hash=hash_token(token), created_at=rt.clock.now())
    return token


async def is_awaited(rt: Runtime) -> bool:
    """Whether nobody has set the installation up yet."""
    return await rt.db.one(queries.ANY) is None


async def is_open(rt: Runtime, token: str) -> bool:
    """Whether this token still sets the installation up."""
    return await rt.db.one(queries.SETUP_LINK, token_hash=hash_token(token)) is not None


async def first_seller(
    rt: Runtime, token: str, *, email: str, name: str, store: NewStore
) -> tuple[Seller, Store]:
    """Make the first seller, who owns the first store. Of several calls one succeeds.

    Raises SetupIsOver, InvalidEmail and InvalidStore; then nothing has changed.
    """
    email = normalize_email(email)
    async with rt.db.transaction():
        # All rows at once: who uses another link at the same moment waits here and finds none.
        links = await rt.db.all(queries.END_SETUP)
        if hash_token(token) not in links or await rt.db.one(queries.ANY) is not None:
            raise SetupIsOver
        seller = await find_or_create(rt, email, name, store.locale)
        made = await _add(rt, seller, store)
    return seller, await stores.switch_on_plugins(rt, made, None, by=f"seller:{seller.id}")


async def open_store(rt: Runtime, seller: Seller, store: NewStore) -> Store:
    """Another store, owned by the seller. Raises InvalidStore."""
    async with rt.db.transaction():
        made = await _add(rt, seller, store)
    return await stores.switch_on_plugins(rt, made, None, by=f"seller:{seller.id}")


async def _add(rt: Runtime, seller: Seller, new: NewStore) -> Store:
    store = await stores.add(
        rt, slug=new.slug, name=new.name, currency=new.currency, locale=new.locale,
        timezone=new.timezone, support_email=seller.email, by=f"seller:{seller.id}",
    )  # fmt: skip
    await rt.db.run(
        queries.SET_ROLE, store_id=store.id, seller_id=seller.id, role=Role.OWNER,
        created_at=rt.clock.now(),
    )  # fmt: skip
    await events.audit(
        rt, store_id=store.id, actor_type="seller", actor_id=seller.id, action="team.join",
        subject_type="seller", subject_id=seller.id, data={"role": Role.OWNER.value},
    )  # fmt: skip
    return store
