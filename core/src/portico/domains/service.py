"""A domain of the store's own for its portal: entered by a seller, used once it is verified.

It is verified by a question that only this installation can answer: a random token, fetched from
the domain, has to come back signed together with the host that the request was for. So a proxy
that passes on another host than the one asked for does not pass, and neither does another site.
"""

import dataclasses
import re
import ssl
from collections.abc import Collection
from urllib.parse import urlsplit

import idna

from portico.actors import actor
from portico.db import ConflictError
from portico.dns import Dns, DnsError, addresses_of_host
from portico.domains import queries
from portico.domains.models import PORTAL, DomainCheck, DomainState, PortalDomain
from portico.errors import PorticoError
from portico.events import service as events
from portico.i18n import N_
from portico.net import PrivateAddress, fetch
from portico.runtime import Runtime
from portico.sessions.tokens import new_token
from portico.stores import service as stores
from portico.stores.models import Store
from portico.stores.urls import origin_at

PATH = "/.well-known/portico/"
"""Where a token is asked for, on every host."""
FETCH_SECONDS = 10.0
PASSING = frozenset({"timeout", "failure", "no_connection", "no_answer"})
"""Reasons that say nothing about the domain: one in use stays in use."""
_ADDRESSES = 4
"""How many addresses of a domain are tried."""
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidDomain(PorticoError, ValueError):
    """The domain cannot be used; the message (``N_``) says why."""


TAKEN = N_(
    "This domain is used by another portal here. It has to be removed there first; whoever runs "
    "this installation can help."
)


def normalize(text: str, base_url: str) -> str:
    """The domain in a text that a seller has typed, as it stands in the DNS. InvalidDomain."""
    host = text.strip().lower()
    host = host.partition("://")[2] or host
    host = host.rstrip("/").rstrip(".")
    try:
        host = idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        host = ""
    labels = host.split(".")
    if (
        len(labels) < 2
        or len(host) > 253
        or labels[-1].isdigit()
        or not all(map(_LABEL.fullmatch, labels))
    ):
        raise InvalidDomain(N_("Enter a domain alone, such as portal.example.com."))
    if host == _base_host(base_url):
        raise InvalidDomain(N_("This is the address of this dashboard. Enter another domain."))
    return host


def _base_host(base_url: str) -> str:
    return urlsplit(base_url).hostname or ""


async def current(rt: Runtime, store: Store) -> PortalDomain | None:
    """The domain that was entered last, as the last check has found it."""
    row = await rt.db.one(queries.CHECK, store_id=store.id, id=PORTAL)
    return None if row is None else _read(row)


def _read(row: DomainCheck) -> PortalDomain:
    kept = row.result
    return PortalDomain(
        row.domain, DomainState(kept["state"]), kept["reason"], kept["values"],
        tuple(kept["addresses"]), row.checked_at,
    )  # fmt: skip


async def claim(rt: Runtime, store: Store, text: str, *, by: str) -> PortalDomain:
    """Enter a domain. One that is in use stays in use until this one is verified.

    Raises InvalidDomain.
    """
    domain = normalize(text, rt.settings.base_url)
    known = await current(rt, store)
    if known is not None and known.domain == domain:
        return known
    owner = await rt.db.one(queries.OWNER, domain=domain)
    if owner not in (None, store.id):
        raise InvalidDomain(TAKEN)
    new = PortalDomain(domain, addresses=await _own_addresses(rt))
    async with rt.db.transaction():
        await _save(rt, store.id, new)
        await _note(rt, store.id, "domain.enter", domain, by)
    return new


async def remove(rt: Runtime, store: Store, *, by: str) -> None:
    """Forget the domain: the portal is at the base URL again, and others may use the domain."""
    async with rt.db.transaction():
        old = await stores.locked(rt, store.id)
        row = await rt.db.one(queries.CHECK, store_id=store.id, id=PORTAL)
        if row is None:
            return
        await rt.db.run(queries.FORGET, store_id=store.id, id=PORTAL)
        await rt.db.run(queries.USE, store_id=store.id, new_domain=None, verified_at=None)
        await _note(rt, store.id, "domain.remove", old.domain or row.domain, by)
    await rt.hosts.read()


async def check(rt: Runtime, store: Store, *, by: str) -> PortalDomain:
    """Ask the DNS and the domain itself, and use the domain if both lead here.

    A domain in use is given up where the answer says that it leads elsewhere; a reason of
    ``PASSING`` changes nothing for it, and is only returned. ``LookupError`` without a domain.
    """
    known = await current(rt, store)
    if known is None:
        raise LookupError("the store has no domain")
    found = dataclasses.replace(await _look(rt, known.domain), checked_at=rt.clock.now())
    try:
        kept = await _keep(rt, store, found, by)
    except ConflictError:
        found = dataclasses.replace(found, state=DomainState.FAILING, reason="taken")
        kept = await _keep(rt, store, found, by)
    await rt.hosts.read()
    return kept


async def _keep(rt: Runtime, store: Store, found: PortalDomain, by: str) -> PortalDomain:
    async with rt.db.transaction():
        old = await stores.locked(rt, store.id)
        now = await current(rt, store)
        if now is None or now.domain != found.domain:
            return now or found  # somebody has entered another one meanwhile
        verified = found.state is DomainState.VERIFIED
        used = old.domain == found.domain
        if used and not verified and found.reason in PASSING:
            return found
        await _save(rt, store.id, found)
        if verified:
            await rt.db.run(
                queries.USE, store_id=store.id, new_domain=found.domain,
                verified_at=found.checked_at,
            )  # fmt: skip
        elif used:
            await rt.db.run(queries.USE, store_id=store.id, new_domain=None, verified_at=None)
        if verified != used:
            action = "domain.use" if verified else "domain.give_up"
            await _note(rt, store.id, action, found.domain, by)
    return found


async def _look(rt: Runtime, domain: str) -> PortalDomain:
    """What the DNS and the domain's server say."""
    own = await _own_addresses(rt)
    waiting = PortalDomain(domain, DomainState.WAITING, addresses=own)
    try:
        addresses = await Dns.of(rt.settings).addresses(domain)
    except DnsError as error:
        return dataclasses.replace(waiting, reason=error.trouble.value)
    if not addresses:
        return dataclasses.replace(waiting, reason="no_address")
    reason, values = await _ask(rt, domain, addresses, own)
    if not reason:
        return PortalDomain(domain, DomainState.VERIFIED, addresses=own)
    if own and not set(own) & set(addresses) and reason != "wrong_host":
        reason = "elsewhere"
    values |= {"address": addresses[0], "expected": ", ".join(own)}
    return PortalDomain(domain, DomainState.FAILING, reason, values, own)


async def _ask(
    rt: Runtime, domain: str, addresses: list[str], own: Collection[str]
) -> tuple[str, dict[str, str]]:
    """Fetch a token from the domain; why the answer is not good, or an empty text."""
    token, reason = new_token(), ""
    url = f"{origin_at(rt.settings, domain)}{PATH}{token}"
    for address in addresses[:_ADDRESSES]:
        try:
            answer = await fetch(url, address, timeout=FETCH_SECONDS, own=own)
        except PrivateAddress:
            reason = "private"
        except ssl.SSLError:
            reason = "no_certificate"
        except TimeoutError:
            reason = "no_answer"
        except OSError:
            reason = "no_connection"
        else:
            if answer.status != 200:
                return "wrong_answer", {}
            return _judge(rt, domain, token, answer.text)
    return reason, {}


def _judge(rt: Runtime, domain: str, token: str, text: str) -> tuple[str, dict[str, str]]:
    signature, _, host = text.partition("\n")
    if not rt.keys.verify("own domain", f"{host}\n{token}".encode(), signature):
        return "wrong_answer", {}
    return ("", {}) if host == domain else ("wrong_host", {"host": host})


def answer(rt: Runtime, host: str, token: str) -> str:
    """What this installation answers to a token that was asked for at ``host``."""
    host = host.partition(":")[0].lower().rstrip(".")
    return rt.keys.sign("own domain", f"{host}\n{token}".encode()) + f"\n{host}"


async def is_known(rt: Runtime, host: str) -> bool:
    """Whether a certificate for the host is wanted: the base URL's, one in use, or one that a
    seller has entered (it needs one to be verified)."""
    host = host.lower().rstrip(".")
    if host == _base_host(rt.settings.base_url):
        return True
    return await rt.db.one(queries.IS_KNOWN, domain=host) is not None


async def _own_addresses(rt: Runtime) -> tuple[str, ...]:
    """Where the base URL leads; empty where the DNS does not say."""
    try:
        dns = Dns.of(rt.settings)
        return tuple(await addresses_of_host(dns, _base_host(rt.settings.base_url)))
    except DnsError:
        return ()


async def _save(rt: Runtime, store_id: str, found: PortalDomain) -> None:
    result = {
        "state": found.state.value, "reason": found.reason, "values": dict(found.values),
        "addresses": list(found.addresses),
    }  # fmt: skip
    await rt.db.run(
        queries.SAVE, store_id=store_id, id=PORTAL, domain=found.domain, result=result,
        checked_at=found.checked_at,
    )  # fmt: skip


async def _note(rt: Runtime, store_id: str, action: str, domain: str, by: str) -> None:
    actor_type, actor_id = actor(by)
    await events.audit(
        rt, store_id=store_id, actor_type=actor_type, actor_id=actor_id, action=action,
        subject_type="domain", subject_id=domain,
    )  # fmt: skip
