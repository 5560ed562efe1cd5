"""Access of a customer, and sellers' decisions about it."""

from datetime import datetime

from portico.actors import actor
from portico.entitlements import queries
from portico.entitlements.decide import decide
from portico.entitlements.models import Effect, Entitlement, Grant
from portico.events import service as events
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import PortalSettings, Store

__all__ = ["decide", "decided_by", "for_customer", "for_product", "give", "revoke", "withdraw"]


async def for_customer(rt: Runtime, store: Store, customer_id: str) -> list[Entitlement]:
    """One entitlement per product the customer has or had, bundles expanded."""
    facts = await rt.db.one(queries.FACTS, store_id=store.id, customer_id=customer_id)
    if facts is None:
        return []
    return decide(
        rt.clock.now(),
        owned=facts.owned,
        subscriptions=facts.subscriptions,
        grants=facts.grants,
        bundles=facts.bundles,
        products=facts.products,
        grace_days=PortalSettings.of(store).grace_days,
        mode=store.mode,
    )


async def for_product(
    rt: Runtime, store: Store, customer_id: str, product_id: str
) -> Entitlement | None:
    """The customer's entitlement to one product; None where there never was any."""
    found = await for_customer(rt, store, customer_id)
    return next((one for one in found if one.product_id == product_id), None)


async def give(
    rt: Runtime,
    store: Store,
    customer_id: str,
    product_id: str,
    *,
    reason: str,
    by: str,
    ends_at: datetime | None = None,
) -> Grant:
    """Give a customer a product, whatever was paid. Raises ForeignKeyError for unknown ids."""
    return await _decide_by_hand(
        rt, store, Effect.GRANT, customer_id, product_id, reason, by, ends_at
    )


async def withdraw(
    rt: Runtime,
    store: Store,
    customer_id: str,
    product_id: str,
    *,
    reason: str,
    by: str,
    ends_at: datetime | None = None,
) -> Grant:
    """Take a product from a customer, whatever was paid. Raises ForeignKeyError as ``give``."""
    return await _decide_by_hand(
        rt, store, Effect.WITHDRAW, customer_id, product_id, reason, by, ends_at
    )


async def decided_by(rt: Runtime, store: Store, customer_id: str, by: str) -> list[Grant]:
    """What ``by`` has given to or taken from a customer and not taken back."""
    return await rt.db.all(queries.DECIDED_BY, store_id=store.id, customer_id=customer_id, by=by)


async def revoke(rt: Runtime, store: Store, grant_id: str, *, by: str) -> bool:
    """Take a decision back; False where there is none (any more) with this id."""
    async with rt.db.transaction():
        grant = await rt.db.one(
            queries.REVOKE_GRANT, store_id=store.id, grant_id=grant_id, now=rt.clock.now()
        )
        if grant is not None:
            await _audit(rt, store, "grant.revoke", grant, by)
    return grant is not None


async def _decide_by_hand(
    rt: Runtime,
    store: Store,
    effect: Effect,
    customer_id: str,
    product_id: str,
    reason: str,
    by: str,
    ends_at: datetime | None,
) -> Grant:
    grant = Grant(
        store_id=store.id,
        id=new_id("grt"),
        customer_id=customer_id,
        product_id=product_id,
        effect=effect,
        reason=reason,
        granted_by=by,
        created_at=rt.clock.now(),
        ends_at=ends_at,
        revoked_at=None,
    )
    async with rt.db.transaction():
        await rt.db.run(
            queries.ADD_GRANT,
            store_id=grant.store_id,
            id=grant.id,
            customer_id=customer_id,
            product_id=product_id,
            effect=effect,
            reason=reason,
            granted_by=by,
            created_at=grant.created_at,
            ends_at=ends_at,
            revoked_at=None,
        )
        await _audit(rt, store, f"grant.{effect}", grant, by)
    return grant


async def _audit(rt: Runtime, store: Store, action: str, grant: Grant, by: str) -> None:
    kind, actor_id = actor(by)
    await events.audit(
        rt,
        store_id=store.id,
        actor_type=kind,
        actor_id=actor_id,
        action=action,
        subject_type="grant",
        subject_id=grant.id,
        data={"customer_id": grant.customer_id, "product_id": grant.product_id},
        customer_id=grant.customer_id,
    )
