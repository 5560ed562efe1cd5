"""What customers do themselves about what is known of them: take it along, or have it erased.

Whoever sits at a browser that is signed in must not be able to erase: a link that is mailed to the
customer's address has to confirm it. It carries all it needs, so that nothing is stored.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portico.catalog import service as catalog
from portico.customers import service as customers
from portico.customers.models import Customer
from portico.emails import service as emails
from portico.emails.models import Email, EmailKind
from portico.entitlements import service as entitlements
from portico.events.models import Lane
from portico.hooks.errors import Refused
from portico.people.changes import service as changes
from portico.runtime import Runtime
from portico.sealed import seal, unseal
from portico.sessions.tokens import hash_token
from portico.stores.models import PortalSettings, Store
from portico.stores.urls import portal_url

MINUTES = 60
"""How long the link in the mail is good for."""
PATH = "settings/data/erase/confirm"
_PURPOSE = "erase own data"
_OF_THE_TEAM = ("reason", "granted_by")
"""What a seller notes about access, for the team only."""


async def export(rt: Runtime, store: Store, customer: Customer) -> dict[str, Any]:
    """Everything that is kept about the customer, and the files they may download, as JSON values.

    Without the team's own notes, and of the log only what the customer did.
    """
    data = await changes.export(rt, store, customer.id, by=f"customer:{customer.id}")
    data["access_by_hand"] = [
        {name: value for name, value in one.items() if name not in _OF_THE_TEAM}
        for one in data["access_by_hand"]
    ]
    data["log"] = [one for one in data["log"] if one["actor_type"] == "customer"]
    data["files"] = await _files(rt, store, customer.id)
    return data


async def _files(rt: Runtime, store: Store, customer_id: str) -> list[dict[str, Any]]:
    found = await entitlements.for_customer(rt, store, customer_id)
    ids = [one.product_id for one in found if one.active]
    names = {one.id: one.name for one in await catalog.products_by_ids(rt, store.id, ids)}
    return [
        {
            "product": names.get(one.product_id, one.product_id), "file": one.file_name,
            "filename": one.version.filename, "version": one.version.label or one.version.number,
            "size": one.version.size, "sha256": one.version.sha256,
            "url": portal_url(rt.settings, store, f"downloads/{one.version.id}"),
        }
        for one in await catalog.versions_for_products(rt, store.id, ids, newest_only=True)
    ]  # fmt: skip


async def ask(rt: Runtime, store: Store, customer: Customer, *, locale: str) -> None:
    """Mail the link that confirms it. Refused while a subscription runs."""
    if await changes.running_subscriptions(rt, store.id, customer.id):
        raise Refused(changes.RUNNING)
    await emails.queue(
        rt, store, EmailKind.DATA_ERASURE, customer.email, params={"minutes": MINUTES},
        locale=locale, customer_id=customer.id, lane=Lane.INTERACTIVE,
    )  # fmt: skip


async def email_secrets(rt: Runtime, store: Store | None, email: Email) -> Mapping[str, str] | None:
    """The link, made as the mail is sent; None when there is nothing to erase any more."""
    if store is None or email.customer_id is None:
        return None
    customer = await customers.by_id(rt, store.id, email.customer_id)
    if customer is None or not _is_there(customer) or customer.email != email.to_address:
        return None
    token = seal(
        rt,
        _PURPOSE,
        (store.id, customer.id, hash_token(customer.email)),
        timedelta(minutes=MINUTES),
    )
    return {"erasure.url": portal_url(rt.settings, store, f"{PATH}?token={token}")}


def _is_there(customer: Customer) -> bool:
    return not customer.merged_into and not customer.erased_at


async def customer_of(rt: Runtime, store: Store, token: str) -> Customer | None:
    """Whose data a link erases; None for one that is false, over, or of an address that changed,
    and where the store does not offer it (any more)."""
    values = unseal(rt, _PURPOSE, token)
    if not PortalSettings.of(store).data_erasure or values is None or values[0] != store.id:
        return None
    customer = await customers.by_id(rt, store.id, values[1])
    if customer is None or not _is_there(customer) or hash_token(customer.email) != values[2]:
        return None
    return customer


async def erase(rt: Runtime, store: Store, token: str) -> bool:
    """Erase for good, and end every session; False for a link that does not work (any more).

    Refused while a subscription runs: it may have begun after the mail was sent.
    """
    customer = await customer_of(rt, store, token)
    if customer is None:
        return False
    await changes.erase(rt, store, customer.id, by=f"customer:{customer.id}")
    return True
