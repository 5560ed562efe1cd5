"""Sessions: who a cookie belongs to, opening one after a sign-in, ending them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypeVar

from portico.db import Query
from portico.events import service as events
from portico.events.models import EventType
from portico.ids import new_id
from portico.runtime import Runtime
from portico.sessions import queries
from portico.sessions.browsers import browser_and_system
from portico.sessions.models import (
    AttemptState,
    Audience,
    OpenedSession,
    SellerVisit,
    Session,
    SignInAttempt,
    Visit,
)
from portico.sessions.queries import VisitWithRow
from portico.sessions.tokens import hash_token, new_token
from portico.stores.models import PortalSettings, Store

T = TypeVar("T")

SELLER_SESSION_DAYS = 14
ATTEMPT_HOURS = 24
"""How long an attempt is kept; its plugin's links and codes end long before."""

_TOUCH_EVERY = timedelta(minutes=5)
_NEW_VISIT_AFTER = timedelta(minutes=30)


async def portal_visit(rt: Runtime, slug: str, token: str | None) -> Visit | None:
    """Store, session and customer of a portal request, in one statement; None without the store.

    ``token`` is the cookie of this store. Every few minutes it notes that the session is in use.
    """
    row = await rt.db.one(queries.PORTAL_VISIT, **_asked(rt, slug, token))
    return await _noted(rt, row.visit()) if row is not None else None


async def portal_visit_with(
    rt: Runtime, query: Query[VisitWithRow[T]], slug: str, token: str
) -> tuple[Visit, T] | None:
    """``portal_visit`` and what a page shows of the customer, still in one statement."""
    row = await rt.db.one(query, **_asked(rt, slug, token))
    return (await _noted(rt, row.visit()), row.data()) if row is not None else None


def _asked(rt: Runtime, slug: str, token: str | None) -> dict[str, object]:
    session_id = hash_token(token) if token else ""
    return {"slug": slug, "session_id": session_id, "now": rt.clock.now()}


async def _noted(rt: Runtime, visit: Visit) -> Visit:
    if visit.session is None or visit.viewing:
        return visit
    if rt.clock.now() - visit.session.last_seen_at >= _TOUCH_EVERY:
        await _touch(rt, visit.session)
    return visit


async def seller_visit(rt: Runtime, token: str | None, slug: str = "") -> SellerVisit | None:
    """Session and seller of a dashboard request, and their role in the store ``slug``, in one
    statement; None while nobody is signed in."""
    if not token:
        return None
    now = rt.clock.now()
    row = await rt.db.one(queries.SELLER_VISIT, session_id=hash_token(token), slug=slug, now=now)
    if row is None:
        return None
    visit = row.visit()
    if now - visit.session.last_seen_at >= _TOUCH_EVERY:
        await _touch(rt, visit.session)
    return visit


async def _touch(rt: Runtime, session: Session) -> None:
    """Note the use; after a pause, ``customer.last_seen_at`` is the end of the visit before."""
    now = rt.clock.now()
    await rt.db.run(queries.TOUCH, session_id=session.id, now=now)
    if session.customer_id and now - session.last_seen_at >= _NEW_VISIT_AFTER:
        await rt.db.run(
            queries.LAST_VISIT,
            store_id=session.store_id,
            customer_id=session.customer_id,
            last_seen_at=session.last_seen_at,
        )


async def begin(
    rt: Runtime,
    store: Store | None,
    email: str,
    *,
    method: str,
    device: str,
    next_path: str,
    locale: str,
    ip: str,
) -> SignInAttempt:
    """Note that somebody wants to sign in: to a store's portal, or (None) to the dashboard.

    ``email`` is normalized; ``device`` is the hash of the browser's device cookie; ``method`` the
    plugin. The same single statement for an address that nobody has.
    """
    now = rt.clock.now()
    statement = queries.BEGIN_FOR_CUSTOMER if store else queries.BEGIN_FOR_SELLER
    attempt = await rt.db.one(
        statement,
        id=new_id("sia"),
        audience=Audience.CUSTOMER if store else Audience.SELLER,
        store_id=store.id if store else None,
        email=email,
        method=method,
        device=device,
        next_path=next_path,
        locale=locale,
        ip=ip,
        state=AttemptState.PENDING,
        tries=0,
        created_at=now,
        expires_at=now + timedelta(hours=ATTEMPT_HOURS),
    )
    assert attempt is not None  # an INSERT that does not raise returns its row
    return attempt


async def attempt(rt: Runtime, store_id: str | None, attempt_id: str) -> SignInAttempt | None:
    """A sign-in attempt of the store, or (None) of the dashboard."""
    return await rt.db.one(queries.ATTEMPT, attempt_id=attempt_id, store_id=store_id or "")


async def latest_attempt(
    rt: Runtime, store_id: str | None, audience: Audience, device: str
) -> SignInAttempt | None:
    """The newest attempt that the browser with this device hash has begun there."""
    return await rt.db.one(
        queries.LATEST_ATTEMPT,
        device=device,
        audience=audience,
        store_id=store_id or "",
        now=rt.clock.now(),
    )


async def open_session(
    rt: Runtime,
    store: Store | None,
    attempt_id: str,
    *,
    previous_token: str | None,
    user_agent: str,
    ip: str,
) -> OpenedSession | None:
    """Use the attempt up and open a session under a new id; None when it was used before.

    The browser's session before (``previous_token``) ends. Of any number of calls at the same
    time exactly one gets a session.
    """
    now = rt.clock.now()
    days = PortalSettings.of(store).session_days if store else SELLER_SESSION_DAYS
    token = new_token()
    async with rt.db.transaction():
        used = await rt.db.one(
            queries.USE_ATTEMPT,
            attempt_id=attempt_id,
            store_id=store.id if store else "",
            now=now,
        )
        if used is None:
            return None
        session = Session(
            id=hash_token(token),
            audience=used.audience,
            store_id=used.store_id,
            customer_id=used.subject_id if store else None,
            seller_id=None if store else used.subject_id,
            user_agent=user_agent[:400],
            ip=ip,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=days),
        )
        await _insert(rt, store, session, previous_token)
    return OpenedSession(token, session, used.next_path)


async def open_for_seller(
    rt: Runtime, seller_id: str, *, previous_token: str | None, user_agent: str, ip: str
) -> OpenedSession:
    """Sign in the seller who has just set the installation up."""
    now, token = rt.clock.now(), new_token()
    session = Session(
        id=hash_token(token), audience=Audience.SELLER, store_id=None, customer_id=None,
        seller_id=seller_id, user_agent=user_agent[:400], ip=ip, created_at=now,
        last_seen_at=now, expires_at=now + timedelta(days=SELLER_SESSION_DAYS),
    )  # fmt: skip
    async with rt.db.transaction():
        await _insert(rt, None, session, previous_token)
    return OpenedSession(token, session, "")


async def _insert(
    rt: Runtime, store: Store | None, session: Session, previous_token: str | None
) -> None:
    if store and session.customer_id:
        await rt.db.run(
            queries.SIGNED_IN, store_id=store.id, customer_id=session.customer_id,
            now=rt.clock.now(),
        )  # fmt: skip
    if previous_token:
        await rt.db.run(queries.DELETE_SESSION, session_id=hash_token(previous_token))
    await rt.db.run(
        queries.INSERT_SESSION,
        id=session.id,
        audience=session.audience,
        store_id=session.store_id,
        customer_id=session.customer_id,
        seller_id=session.seller_id,
        user_agent=session.user_agent,
        ip=session.ip,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
    )
    browser = " · ".join(filter(None, browser_and_system(session.user_agent)))
    if store and session.customer_id:
        await events.publish(rt, store, EventType.CUSTOMER_SIGNED_IN, session.customer_id, {})
        await _audit(rt, store.id, "customer", session.customer_id, "sign_in", {"browser": browser})
    elif session.seller_id:
        await _audit(rt, None, "seller", session.seller_id, "sign_in", {"browser": browser})


async def _audit(
    rt: Runtime,
    store_id: str | None,
    who: str,
    person_id: str,
    what: str,
    data: Mapping[str, str] | None = None,
) -> None:
    """A customer or seller (``who``) has done something about their own sessions."""
    await events.audit(
        rt, store_id=store_id, actor_type=who, actor_id=person_id, action=f"{who}.{what}",
        subject_type=who, subject_id=person_id, data=data,
    )  # fmt: skip


async def sign_out(rt: Runtime, token: str) -> None:
    """End the session of this cookie."""
    await rt.db.run(queries.DELETE_SESSION, session_id=hash_token(token))


async def sign_out_everywhere(rt: Runtime, store_id: str, customer_id: str) -> None:
    """End every session of the customer, and every sign-in that is under way."""
    async with rt.db.transaction():
        await revoke(rt, store_id, customer_id)
        await _audit(rt, store_id, "customer", customer_id, "sign_out_everywhere")


async def revoke(rt: Runtime, store_id: str, customer_id: str, *, keep: str | None = None) -> None:
    """End sessions and unfinished sign-ins of the customer, but for the session ``keep``.

    Belongs into a transaction.
    """
    who = {"store_id": store_id, "customer_id": customer_id}
    await rt.db.run(queries.DELETE_ALL, **who, keep=keep or "")
    await rt.db.run(queries.CLOSE_ATTEMPTS, **who)


async def sign_out_seller_everywhere(rt: Runtime, seller_id: str) -> None:
    """End every session of the seller."""
    await rt.db.run(queries.DELETE_ALL_OF_SELLER, seller_id=seller_id)


async def sign_out_device(rt: Runtime, store_id: str, customer_id: str, session_id: str) -> bool:
    """End one session of the customer; False where it is not theirs."""
    who = {"store_id": store_id, "customer_id": customer_id}
    async with rt.db.transaction():
        ended = bool(await rt.db.run(queries.DELETE_DEVICE, **who, session_id=session_id))
        if ended:
            await _audit(rt, store_id, "customer", customer_id, "sign_out_device")
    return ended


async def devices(rt: Runtime, store_id: str, customer_id: str) -> Sequence[Session]:
    """The customer's sessions, the one used last first."""
    return await rt.db.all(
        queries.DEVICES, store_id=store_id, customer_id=customer_id, now=rt.clock.now()
    )
