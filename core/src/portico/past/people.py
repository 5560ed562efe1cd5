"""Customers and payment methods of before."""

from collections.abc import Sequence

from portico.customers.addresses import InvalidEmail, normalize_email
from portico.events import service as events
from portico.i18n import N_
from portico.ids import past_id
from portico.past import queries
from portico.past.models import PastCustomer, PastMethod, Taken
from portico.runtime import Runtime
from portico.stores.models import Store

_NO_ADDRESS = N_("It has no e-mail address.")
_ODD_ADDRESS = N_("Its e-mail address is not valid.")


async def add_customers(
    rt: Runtime, store: Store, provider: str, customers: Sequence[PastCustomer]
) -> Taken:
    """The person behind each; several with one address are one, by the name of the first."""
    async with rt.db.transaction():
        ids = await known(rt, store, provider, [one.ref for one in customers if one.known])
        emails: dict[str, str] = {}
        refused: dict[str, str] = {}
        for one in customers:
            if one.ref not in ids:
                try:
                    emails[one.ref] = normalize_email(one.email)
                except InvalidEmail:
                    refused[one.ref] = _ODD_ADDRESS if one.email.strip() else _NO_ADDRESS
        people = await _people(rt, store, customers, emails)
        new = {ref: people[email] for ref, email in emails.items()}
        key = {"store_id": store.id, "provider": provider}
        await rt.db.run_many(
            queries.LINK,
            [
                {**key, "provider_ref": one.ref, "customer_id": new[one.ref]}
                for one in customers
                if one.known and one.ref in new
            ],
        )
        await note(rt, store, provider, "customer.import", {"customers": len(new)})
    return Taken(ids | new, refused)


async def known(rt: Runtime, store: Store, provider: str, refs: Sequence[str]) -> dict[str, str]:
    """The people behind these customers of the provider's."""
    found = await rt.db.all(
        queries.KNOWN_CUSTOMERS, store_id=store.id, provider=provider, refs=list(refs)
    )
    return {one.name: one.id for one in found}


async def _people(
    rt: Runtime, store: Store, customers: Sequence[PastCustomer], emails: dict[str, str]
) -> dict[str, str]:
    """Ids by address, of people found or made."""
    wanted = sorted(set(emails.values()))
    found = await rt.db.all(queries.BY_EMAILS, store_id=store.id, emails=wanted)
    there = {one.name for one in found}
    rows: dict[str, dict[str, object]] = {}
    for one in sorted(customers, key=lambda one: one.created_at):
        email = emails.get(one.ref)
        if email is not None and email not in there and email not in rows:
            rows[email] = {
                "store_id": store.id, "id": past_id("cus", one.created_at), "email": email,
                "name": one.name.strip(), "locale": one.locale, "billing": {},
                "created_at": one.created_at, "last_seen_at": None, "signed_in_at": None,
                "merged_into": None, "erased_at": None,
            }  # fmt: skip
    if rows:
        await rt.db.run_many(queries.ADD_CUSTOMER, list(rows.values()))
        found = await rt.db.all(queries.BY_EMAILS, store_id=store.id, emails=wanted)
    return {one.name: one.id for one in found}


async def add_methods(
    rt: Runtime, store: Store, provider: str, methods: Sequence[PastMethod]
) -> Taken:
    """Payment methods; of each person one is the default, the one that is so already."""
    async with rt.db.transaction():
        key = {"store_id": store.id, "provider": provider}
        owners = sorted({one.customer_id for one in methods})
        await rt.db.all(queries.LOCK_BUYERS, store_id=store.id, ids=owners)
        defaults = set(await rt.db.all(queries.WITH_DEFAULT, **key, ids=owners))
        rows = []
        for one in methods:
            is_default = one.is_default and one.customer_id not in defaults
            if is_default:
                defaults.add(one.customer_id)
            rows.append({
                **key, "id": past_id("pm", one.created_at), "customer_id": one.customer_id,
                "mode": one.mode, "provider_ref": one.ref, "type": one.type, "brand": one.brand,
                "last4": one.last4, "exp_month": one.exp_month, "exp_year": one.exp_year,
                "is_default": is_default, "detached_at": None, "created_at": one.created_at,
            })  # fmt: skip
        await rt.db.run_many(queries.ADD_METHOD, rows)
        found = await rt.db.all(queries.KNOWN_METHODS, **key, refs=[one.ref for one in methods])
    return Taken({one.name: one.id for one in found})


async def note(
    rt: Runtime, store: Store, provider: str, action: str, data: dict[str, object]
) -> None:
    """One line of the audit log for many records; none for none."""
    if any(data.values()):
        await events.audit(
            rt, store_id=store.id, actor_type="plugin", actor_id=provider, action=action,
            subject_type="store", subject_id=store.id, data=data,
        )  # fmt: skip
