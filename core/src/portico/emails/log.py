"""What became of a store's mails: the list, one mail, and sending it once more."""

from collections.abc import Sequence

from portico.actors import actor
from portico.emails import queries
from portico.emails import service as emails
from portico.emails.kinds import SECRET_KINDS
from portico.emails.models import Email, EmailState
from portico.events import service as events
from portico.events.models import Delivery
from portico.ids import new_id
from portico.runtime import Runtime
from portico.stores.models import Store


async def search(
    rt: Runtime,
    store_id: str,
    *,
    address: str = "",
    kind: str = "",
    state: EmailState | None = None,
    direction: str = "first",
    message_id: str = "",
    limit: int,
) -> Sequence[Email]:
    """The store's mails by their Message-IDs, newest first (for ``after`` oldest first).

    ``address`` is a whole address, or its beginning.
    """
    query = queries.search(bool(address), bool(kind), state is not None, direction)
    given: dict[str, object] = {"store_id": store_id, "limit": limit}
    if address:
        given["address"] = _pattern(address)
    if kind:
        given["the_kind"] = kind
    if state is not None:
        given["the_state"] = state
    if direction != "first":
        given["cursor"] = message_id
    return await rt.db.all(query, **given)


def _pattern(address: str) -> str:
    """For LIKE, with ! to escape: a whole address is itself, another text begins one."""
    text = address.lower()
    for special in "!%_":
        text = text.replace(special, f"!{special}")
    whole = "." in address.partition("@")[2]
    return text if whole else f"{text}%"


async def get(rt: Runtime, store_id: str, email_id: str) -> Email | None:
    """One of the store's mails."""
    return await rt.db.one(queries.OF_STORE, store_id=store_id, email_id=email_id)


async def delivery(rt: Runtime, email: Email) -> Delivery | None:
    """What the outbox has of a mail that waits, or was given up."""
    return await events.waiting(rt, email.store_id or "", _key(email.id))


async def dead_letters(rt: Runtime, store_id: str, limit: int) -> Sequence[Email]:
    """The mails that were given up and wait for a person, oldest first."""
    return await rt.db.all(queries.DEAD_LETTERS, store_id=store_id, limit=limit)


async def replay_all(rt: Runtime, store: Store, *, by: str) -> int:
    """Try every dead letter of the store again; returns how many there were."""
    async with rt.db.transaction():
        count = await events.replay_kind(rt, store.id, "mail")
        await rt.db.run(queries.AGAIN_OF_STORE, store_id=store.id)
        if count:
            await _note(rt, store, by, "mail.replay_all", store.id)
    return count


async def send_again(rt: Runtime, store: Store, email: Email, *, by: str) -> str:
    """Try a dead letter again; of another mail queue a copy. Returns the id of what is sent,
    or '' for one that cannot be sent again: its link was for one moment only."""
    if not repeatable(email):
        return ""
    async with rt.db.transaction():
        await _note(rt, store, by, "mail.resend", email.id)
        if await events.hurry(rt, store.id, _key(email.id)):
            await rt.db.run(queries.AGAIN, email_id=email.id)
            return email.id
        return await emails.queue(
            rt, store, email.kind, email.to_address, params=email.params, locale=email.locale,
            customer_id=email.customer_id, order_id=email.order_id,
            key=f"again:{email.id}:{new_id('x')}",
            plugin=email.kind.partition(".")[0] if "." in email.kind else None,
        )  # fmt: skip


def repeatable(email: Email) -> bool:
    """Whether the same mail can be sent once more."""
    waits = email.state in (EmailState.QUEUED, EmailState.DEFERRED)
    return email.kind not in SECRET_KINDS and not waits and not email.params.get("test")


def _key(email_id: str) -> str:
    return f"mail:{email_id}"


async def _note(rt: Runtime, store: Store, by: str, action: str, subject: str) -> None:
    actor_type, actor_id = actor(by)
    await events.audit(
        rt, store_id=store.id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type="email", subject_id=subject,
    )  # fmt: skip
