"""Customers: finding them by their address, and changing it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from portico.actors import actor
from portico.customers import queries
from portico.customers.addresses import InvalidEmail, mask_email, normalize_email
from portico.customers.models import Customer, EmailChange
from portico.db import ConflictError
from portico.emails import service as emails
from portico.emails.models import Email, EmailKind
from portico.events import service as events
from portico.events.models import EventType, Lane
from portico.ids import new_id
from portico.runtime import Runtime
from portico.sessions import service as sessions
from portico.sessions.tokens import hash_token
from portico.stores.models import Store
from portico.stores.urls import portal_url

__all__ = [
    "CHANGE_MINUTES", "EmailTaken", "InvalidEmail", "by_email", "by_id", "confirm_email_change",
    "correct_email", "email_secrets", "find_or_create", "mask_email", "normalize_email",
    "pending_email_change", "preview_email_change", "request_email_change", "set_locale",
]  # fmt: skip

CHANGE_MINUTES = 60


class EmailTaken(Exception):
    """Another customer of the store has this address."""


async def by_id(rt: Runtime, store_id: str, customer_id: str) -> Customer | None:
    """A customer of the store."""
    return await rt.db.one(queries.BY_ID, store_id=store_id, customer_id=customer_id)


async def by_email(rt: Runtime, store_id: str, email: str) -> Customer | None:
    """The customer with this address, however it is spelt; None for what is no address."""
    try:
        email = normalize_email(email)
    except InvalidEmail:
        return None
    return await rt.db.one(queries.BY_EMAIL, store_id=store_id, email=email)


async def find_or_create(
    rt: Runtime, store: Store, email: str, *, name: str = "", locale: str | None = None
) -> Customer:
    """The customer with this address, made where there is none. Raises InvalidEmail.

    Works inside a transaction and outside of one; two calls at once find the same customer.
    """
    email = normalize_email(email)
    found = await rt.db.one(queries.BY_EMAIL, store_id=store.id, email=email)
    if found is None:
        found = await rt.db.one(
            queries.INSERT,
            store_id=store.id,
            id=new_id("cus"),
            email=email,
            name=name.strip(),
            locale=locale,
            billing={},
            created_at=rt.clock.now(),
            last_seen_at=None,
            signed_in_at=None,
            merged_into=None,
            erased_at=None,
        )
    if found is None:  # somebody else was faster
        found = await rt.db.one(queries.BY_EMAIL, store_id=store.id, email=email)
    assert found is not None  # customers are never deleted
    return found


async def set_locale(rt: Runtime, store_id: str, customer_id: str, locale: str) -> None:
    """Remember the customer's language."""
    await rt.db.run(queries.SET_LOCALE, store_id=store_id, customer_id=customer_id, locale=locale)


async def pending_email_change(rt: Runtime, store_id: str, customer_id: str) -> EmailChange | None:
    """A new address that still waits for its proof."""
    return await rt.db.one(
        queries.PENDING_CHANGE, store_id=store_id, customer_id=customer_id, now=rt.clock.now()
    )


async def request_email_change(
    rt: Runtime, store: Store, customer: Customer, new_email: str, *, locale: str
) -> EmailChange:
    """Send a proof link to the new address; an earlier request lapses. Raises InvalidEmail.

    Whether somebody else has the address already shows only to who can read its mail.
    """
    now = rt.clock.now()
    change = EmailChange(
        store_id=store.id,
        id=new_id("emc"),
        customer_id=customer.id,
        new_email=normalize_email(new_email),
        token_hash=None,
        created_at=now,
        expires_at=now + timedelta(minutes=CHANGE_MINUTES),
        confirmed_at=None,
    )
    async with rt.db.transaction():
        await rt.db.run(queries.DROP_CHANGES, store_id=store.id, customer_id=customer.id)
        await rt.db.run(
            queries.INSERT_CHANGE,
            store_id=change.store_id,
            id=change.id,
            customer_id=change.customer_id,
            new_email=change.new_email,
            token_hash=None,
            created_at=change.created_at,
            expires_at=change.expires_at,
            confirmed_at=None,
        )
        await emails.queue(
            rt,
            store,
            EmailKind.EMAIL_CHANGE,
            change.new_email,
            params={"change_id": change.id, "minutes": CHANGE_MINUTES},
            locale=locale,
            customer_id=customer.id,
            lane=Lane.INTERACTIVE,
        )
    return change


async def email_secrets(rt: Runtime, store: Store | None, email: Email) -> Mapping[str, str] | None:
    """The link of a proof mail, made as the mail is sent; None when it is not wanted any more.

    The token is derived from the request's id, so that a mail that has to be sent twice carries
    the same link twice. Only its hash is stored.
    """
    if store is None:
        return None
    change_id = str(email.params["change_id"])
    token = rt.keys.sign("email-change", f"{store.id}:{change_id}".encode())
    change = await rt.db.one(
        queries.SET_CHANGE_TOKEN,
        store_id=store.id,
        change_id=change_id,
        token_hash=hash_token(token),
        now=rt.clock.now(),
    )
    if change is None:
        return None
    link = portal_url(rt.settings, store, f"settings/email/confirm?token={token}")
    return {"email_change.url": link}


async def preview_email_change(rt: Runtime, store: Store, token: str) -> EmailChange | None:
    """What a proof link is for, without using it up. None when it does not work (any more)."""
    change = await rt.db.one(
        queries.CHANGE_BY_TOKEN, store_id=store.id, token_hash=hash_token(token)
    )
    if change is None or change.confirmed_at or change.expires_at <= rt.clock.now():
        return None
    return change


async def confirm_email_change(
    rt: Runtime, store: Store, token: str, *, keep_session: str | None = None
) -> Customer | None:
    """Make the new address the customer's; the old one is told, other browsers are signed out.

    None when the link does not work (any more). Raises EmailTaken. ``keep_session`` is the id of
    the session that confirms: it stays if it is the customer's own.
    """
    try:
        async with rt.db.transaction():
            change = await rt.db.one(
                queries.CONFIRM_CHANGE,
                store_id=store.id,
                token_hash=hash_token(token),
                now=rt.clock.now(),
            )
            if change is None:
                return None
            return await _change(rt, store, change, keep_session)
    except ConflictError:
        raise EmailTaken from None


async def correct_email(
    rt: Runtime, store: Store, customer_id: str, new_email: str, *, by: str
) -> Customer:
    """A seller corrects an address: sessions end, and both addresses are told.

    Raises InvalidEmail, EmailTaken, and LookupError without such a customer (any more). With the
    address that the customer has already nothing happens.
    """
    email = normalize_email(new_email)
    try:
        async with rt.db.transaction():
            customer = await by_id(rt, store.id, customer_id)
            if customer is None or customer.merged_into or customer.erased_at:
                raise LookupError("there is no such customer")
            if customer.email == email:
                return customer
            key = {"store_id": store.id, "customer_id": customer.id}
            await rt.db.run(queries.SET_EMAIL, **key, email=email)
            await rt.db.run(queries.DROP_CHANGES, **key)
            await sessions.revoke(rt, store.id, customer.id)
            for to in (customer.email, email):
                await emails.queue(
                    rt, store, EmailKind.EMAIL_CHANGED, to,
                    params={"new_email": mask_email(email), "is_new": to == email, "by": "seller"},
                    locale=customer.locale or store.locale, customer_id=customer.id,
                )  # fmt: skip
            await events.publish(rt, store, EventType.CUSTOMER_EMAIL_CHANGED, customer.id, {})
            kind, actor_id = actor(by)
            await events.audit(
                rt, store_id=store.id, actor_type=kind, actor_id=actor_id,
                action="customer.correct_email", subject_type="customer", subject_id=customer.id,
                data={"from": customer.email, "to": email},
            )  # fmt: skip
    except ConflictError:
        raise EmailTaken from None
    return replace(customer, email=email)


async def _change(
    rt: Runtime, store: Store, change: EmailChange, keep_session: str | None
) -> Customer | None:
    customer = await by_id(rt, store.id, change.customer_id)
    assert customer is not None  # a foreign key says so
    key = {"store_id": store.id, "customer_id": customer.id}
    await rt.db.run(queries.SET_EMAIL, **key, email=change.new_email)
    await sessions.revoke(rt, store.id, customer.id, keep=keep_session)
    await emails.queue(
        rt,
        store,
        EmailKind.EMAIL_CHANGED,
        customer.email,
        params={"new_email": mask_email(change.new_email)},
        locale=customer.locale or store.locale,
        customer_id=customer.id,
    )
    await events.publish(rt, store, EventType.CUSTOMER_EMAIL_CHANGED, customer.id, {})
    await events.audit(
        rt,
        store_id=store.id,
        actor_type="customer",
        actor_id=customer.id,
        action="customer.change_email",
        subject_type="customer",
        subject_id=customer.id,
        data={"from": customer.email, "to": change.new_email},
    )
    return await by_id(rt, store.id, customer.id)
