"""Mails: queueing one with the change that causes it. ``portico.emails.deliver`` sends them."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from portico.customers.addresses import NOBODY
from portico.emails import queries
from portico.emails.kinds import is_on
from portico.emails.models import Email
from portico.events import service as events
from portico.events.models import Lane
from portico.ids import new_id
from portico.runtime import Runtime
from portico.settings import Settings
from portico.stores.models import Store

MAX_ADDRESS = 254
"""Characters an address may have; RFC 5321, 4.5.3.1.3, less the angle brackets."""


async def queue(
    rt: Runtime,
    store: Store | None,
    kind: str,
    to: str,
    *,
    params: Mapping[str, Any],
    locale: str,
    customer_id: str | None = None,
    order_id: str | None = None,
    lane: Lane = Lane.NORMAL,
    key: str | None = None,
    plugin: str | None = None,
) -> str:
    """Queue a mail inside the transaction of the change that causes it; returns its id.

    ``kind`` is an ``EmailKind`` or a plugin's ``<plugin>.<name>``. ``params`` is what the text
    needs (ids, plain values, no secrets). A second mail with the same ``key`` is not queued, not
    even when the first was sent long ago. ``plugin`` is who queued it: it is asked for
    ``email_secrets`` at the moment of sending. Of a kind that the store has switched off nothing
    is queued, and '' is returned; neither to a customer who was erased.

    Raises ``ValueError`` for an address that could not be written into a mail's header.
    """
    if not plausible_address(to):
        raise ValueError(f"not an e-mail address: {to!r}")
    if to.endswith(f"@{NOBODY}") or (store is not None and not is_on(store, str(kind))):
        return ""
    store_id = store.id if store else None
    email_id = _id_of(store_id, key) if key else new_id("mail")
    async with rt.db.transaction():
        added = await rt.db.one(
            queries.ADD,
            id=email_id,
            store_id=store_id,
            customer_id=customer_id,
            order_id=order_id,
            kind=str(kind),
            locale=locale,
            to_address=to,
            message_id=message_id_for(rt),
            params=dict(params),
            created_at=rt.clock.now(),
        )
        if added is not None:
            await events.put(
                rt,
                "mail",
                f"mail:{email_id}",
                {"email_id": email_id, "plugin": plugin},
                store_id=store_id,
                lane=lane,
            )
    return email_id


def plausible_address(address: str) -> bool:
    """Whether an address can stand in a header: one @, no blanks, brackets or control characters.

    Whether a mailbox is behind it only its server knows.
    """
    return (
        len(address) <= MAX_ADDRESS
        and re.fullmatch(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]+",
                         address) is not None
    )  # fmt: skip


def sender_address(settings: Settings) -> str:
    """The address mails come from: ``mail_from``, or portal@ the host of the base URL."""
    return settings.mail_from or f"portal@{urlsplit(settings.base_url).hostname or 'localhost'}"


def message_id_for(rt: Runtime) -> str:
    """A new Message-ID. It begins with a sortable id, by which lists of mails are ordered."""
    return f"<{new_id('m')}@{sender_domain(rt.settings)}>"


def sender_domain(settings: Settings) -> str:
    """The domain of the sender's address; Message-IDs end in it."""
    return sender_address(settings).rpartition("@")[2]


def _id_of(store_id: str | None, key: str) -> str:
    digest = hashlib.sha256(f"{store_id or ''}\n{key}".encode()).hexdigest()
    return f"mail_{digest[:26]}"


async def by_id(rt: Runtime, email_id: str) -> Email | None:
    """A mail and what became of it."""
    return await rt.db.one(queries.BY_ID, email_id=email_id)


async def of_customer(
    rt: Runtime, store_id: str, customer_id: str, limit: int = 50
) -> Sequence[Email]:
    """The customer's mails, newest first."""
    return await rt.db.all(
        queries.OF_CUSTOMER, store_id=store_id, customer_id=customer_id, limit=limit
    )
