"""Whose name and address a store's mails come from; an address of its own only once it is
confirmed by a mailed link."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from portico.emails.models import EmailKind
from portico.emails.service import queue, sender_address
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store
from portico.stores.urls import dashboard_url

DAYS = 3
"""How long the link in the mail is good for."""
_PURPOSE = "sender address"
_SIGNATURE = 43
"""Characters of a signature: 32 bytes in base64."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What the store has set; ``pending`` waits for its mail to be answered."""

    name: str = ""
    address: str = ""
    pending: str = ""

    @classmethod
    def of(cls, store: Store | None) -> "Sender":
        """The store's sender; empty where it has set none."""
        given = store.settings.get("sender", {}) if store else {}
        return cls(*(str(given.get(name) or "") for name in ("name", "address", "pending")))


def header_of(rt: Runtime, store: Store | None, name: str) -> tuple[str, str]:
    """Address and name for the From of a mail; ``name`` where the store has set none."""
    sender = Sender.of(store)
    return sender.address or sender_address(rt.settings), sender.name or name


async def change(
    rt: Runtime, store: Store, name: str, address: str, *, by: str, locale: str
) -> Sender:
    """Take the name at once, and another address once its mail is answered.

    Without an address the installation's is used again.
    """
    current = Sender.of(store)
    ask = address and address != current.address
    new = Sender(name, current.address if ask else address, address if ask else "")
    values = {"name": new.name, "address": new.address, "pending": new.pending}
    async with rt.db.transaction():
        await stores.update_part(rt, store.id, "sender", values, by=by)
        if ask:
            params = {
                "store_name": store.name, "sender_store": store.id, "sender_slug": store.slug,
                "sender_address": address,
            }  # fmt: skip
            await queue(rt, None, EmailKind.SENDER_CHECK, address, params=params, locale=locale)
    return new


def link(rt: Runtime, params: Mapping[str, Any]) -> str:
    """What the mail of these ``params`` leads to; made when it is sent, and never stored."""
    until = int((rt.clock.now() + timedelta(days=DAYS)).timestamp())
    data = f"{params['sender_store']}\n{until}\n{params['sender_address']}".encode()
    body = urlsafe_b64encode(data).decode().rstrip("=")
    token = rt.keys.sign(_PURPOSE, data) + body
    page = f"{params['sender_slug']}/settings/sender/confirm"
    return f"{dashboard_url(rt.settings, page)}?{urlencode({'token': token})}"


def address_of(rt: Runtime, store: Store, token: str) -> str | None:
    """The address that a link confirms; None for another store's, an old or a false one, and for
    one that is no longer wanted."""
    signature, body = token[:_SIGNATURE], token[_SIGNATURE:]
    try:
        data = urlsafe_b64decode(body + "=" * (-len(body) % 4))
        if not rt.keys.verify(_PURPOSE, data, signature):
            return None
        store_id, until, address = data.decode().split("\n")
    except ValueError:
        return None
    fresh = int(until) > rt.clock.now().timestamp()
    wanted = Sender.of(store).pending
    return address if fresh and store_id == store.id and address == wanted else None


async def confirm(rt: Runtime, store: Store, token: str, *, by: str) -> bool:
    """Send from the address of the link from now on; False where the link is not good."""
    address = address_of(rt, store, token)
    if address is None:
        return False
    values = {"address": address, "pending": ""}
    await stores.update_part(rt, store.id, "sender", values, by=by)
    return True
