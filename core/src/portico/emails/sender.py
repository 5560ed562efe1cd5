"""Whose name and address a store's mails come from; an address of its own only once it is
confirmed by a mailed link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from portico.emails.models import EmailKind
from portico.emails.service import queue, sender_address
from portico.runtime import Runtime
from portico.sealed import seal, unseal
from portico.stores import service as stores
from portico.stores.models import Store
from portico.stores.urls import dashboard_url

DAYS = 3
"""How long the link in the mail is good for."""
_PURPOSE = "sender address"


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
    values = (str(params["sender_store"]), str(params["sender_address"]))
    token = seal(rt, _PURPOSE, values, timedelta(days=DAYS))
    page = f"{params['sender_slug']}/settings/sender/confirm"
    return f"{dashboard_url(rt.settings, page)}?{urlencode({'token': token})}"


def address_of(rt: Runtime, store: Store, token: str) -> str | None:
    """The address that a link confirms; None for another store's, an old or a false one, and for
    one that is no longer wanted."""
    values = unseal(rt, _PURPOSE, token)
    if values is None:
        return None
    store_id, address = values
    return address if store_id == store.id and address == Sender.of(store).pending else None


async def confirm(rt: Runtime, store: Store, token: str, *, by: str) -> bool:
    """Send from the address of the link from now on; False where the link is not good."""
    address = address_of(rt, store, token)
    if address is None:
        return False
    values = {"address": address, "pending": ""}
    await stores.update_part(rt, store.id, "sender", values, by=by)
    return True
