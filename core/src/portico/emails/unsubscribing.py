"""What customers decline to get: one click in a mail (RFC 8058), or a box in the portal."""

from urllib.parse import urlencode

from portico.emails import queries
from portico.emails.kinds import KINDS
from portico.emails.models import Email
from portico.events import service as events
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import portal_url

PATH = "mails/unsubscribe"
_PURPOSE = "unsubscribe"


def unsubscribable(kind: str) -> bool:
    """Whether customers may decline mails of this kind."""
    found = KINDS.get(kind)
    return found is not None and found.unsubscribable


def unsubscribe_url(rt: Runtime, store: Store, email: Email) -> str | None:
    """The address that ends mails of this kind for this customer; it never expires."""
    if email.customer_id is None or not unsubscribable(email.kind):
        return None
    token = rt.keys.sign(_PURPOSE, _signed(store.id, email.customer_id, email.kind))
    query = {"customer": email.customer_id, "kind": email.kind, "token": token}
    return f"{portal_url(rt.settings, store, PATH)}?{urlencode(query)}"


def is_genuine(rt: Runtime, store: Store, customer_id: str, kind: str, token: str) -> bool:
    """Whether the address came from a mail of this store to this customer."""
    if not unsubscribable(kind):
        return False
    return rt.keys.verify(_PURPOSE, _signed(store.id, customer_id, kind), token)


def _signed(store_id: str, customer_id: str, kind: str) -> bytes:
    return f"{store_id}\n{customer_id}\n{kind}".encode(errors="replace")


async def unsubscribe(rt: Runtime, store: Store, customer_id: str, kind: str) -> None:
    """No more mails of this kind; saying it twice is the same."""
    if not unsubscribable(kind):
        return
    async with rt.db.transaction():
        await rt.db.run(
            queries.UNSUBSCRIBE, store_id=store.id, customer_id=customer_id, kind=kind,
            unsubscribed_at=rt.clock.now(),
        )  # fmt: skip
        await _note(rt, store, customer_id, "mail.unsubscribe", kind)


async def subscribe(rt: Runtime, store: Store, customer_id: str, kind: str) -> None:
    """Mails of this kind are welcome again."""
    async with rt.db.transaction():
        if await rt.db.run(
            queries.SUBSCRIBE, store_id=store.id, customer_id=customer_id, kind=kind
        ):
            await _note(rt, store, customer_id, "mail.subscribe", kind)


async def wants(rt: Runtime, store: Store, customer_id: str, kind: str) -> bool:
    """Whether the customer gets mails of this kind."""
    if not unsubscribable(kind):
        return True
    declined = await rt.db.one(
        queries.UNSUBSCRIBED, store_id=store.id, customer_id=customer_id, kind=kind
    )
    return declined is None


async def _note(rt: Runtime, store: Store, customer_id: str, action: str, kind: str) -> None:
    await events.audit(
        rt, store_id=store.id, actor_type="customer", actor_id=customer_id, action=action,
        subject_type="customer", subject_id=customer_id, data={"kind": kind},
    )  # fmt: skip
