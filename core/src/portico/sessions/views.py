"""A seller looks at a portal as a customer: a session of its own, short, and noted."""

from datetime import timedelta

from portico.customers.models import Customer
from portico.events import service as events
from portico.runtime import Runtime
from portico.sessions import queries
from portico.sessions.models import Audience
from portico.sessions.tokens import hash_token, new_token

VIEW_MINUTES = 30


async def begin_view(
    rt: Runtime, customer: Customer, seller_id: str, *, user_agent: str, ip: str
) -> str:
    """Open the session and note it; returns the token for its cookie.

    It belongs to the seller as well as to the customer, by which everything else tells it from
    one of the customer's own.
    """
    now, token = rt.clock.now(), new_token()
    until = now + timedelta(minutes=VIEW_MINUTES)
    async with rt.db.transaction():
        await rt.db.run(
            queries.INSERT_SESSION, id=hash_token(token), audience=Audience.CUSTOMER,
            store_id=customer.store_id, customer_id=customer.id, seller_id=seller_id,
            user_agent=user_agent[:400], ip=ip, created_at=now, last_seen_at=now, expires_at=until,
        )  # fmt: skip
        await _note(rt, customer.store_id, customer.id, seller_id, "customer.view")
    return token


async def end_view(rt: Runtime, store_id: str, token: str) -> str | None:
    """End it, also when it is over already, and note that; the customer's id, or None."""
    async with rt.db.transaction():
        ended = await rt.db.one(queries.END_VIEW, store_id=store_id, session_id=hash_token(token))
        if ended is None or ended.customer_id is None or ended.seller_id is None:
            return None
        await _note(rt, store_id, ended.customer_id, ended.seller_id, "customer.view_end")
    return ended.customer_id


async def _note(rt: Runtime, store_id: str, customer_id: str, seller_id: str, action: str) -> None:
    await events.audit(
        rt, store_id=store_id, actor_type="seller", actor_id=seller_id, action=action,
        subject_type="customer", subject_id=customer_id,
    )  # fmt: skip
