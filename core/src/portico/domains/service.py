"""A domain of the store's own for its portal: entered by a seller, used once it is verified.

What has to be so for that, see ``portico.domains.look``. It is looked at again and again
(``portico.domains.watch``), and links lead to the domain only as long as it is so. A store that
has used a domain holds it for a while after: what still comes for it is served, and links lead
there again as soon as it is verified again.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import idna

from portico.activation import service as activation
from portico.actors import actor
from portico.db import ConflictError
from portico.domains import queries
from portico.domains.look import base_host, look, own_addresses, proof
from portico.domains.models import PORTAL, DomainCheck, DomainState, PortalDomain
from portico.errors import PorticoError
from portico.events import service as events
from portico.i18n import N_
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store

PASSING = frozenset({"timeout", "failure", "no_connection", "no_answer"})
"""Reasons that may be ours, or pass: a domain in use stays in use for ``DOUBT``."""
DOUBT = timedelta(minutes=30)
TELL = timedelta(hours=1)
"""After so long the store's Home says that its domain does not work."""
HOLD = timedelta(days=30)
"""How long a store holds a domain that does not work any more."""
FINDING = "domain_failing"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class InvalidDomain(PorticoError, ValueError):
    """The domain cannot be used; the message (``N_``) says why."""


TAKEN = N_(
    "This domain is used by another portal here, and the TXT record of that portal is still in "
    "the DNS. Remove that record, then check again."
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
    if host == base_host(base_url):
        raise InvalidDomain(N_("This is the address of this dashboard. Enter another domain."))
    return host


async def current(rt: Runtime, store: Store) -> PortalDomain | None:
    """The domain that was entered last, as the last check has found it."""
    row = await rt.db.one(queries.CHECK, store_id=store.id, id=PORTAL)
    return None if row is None else kept(row)


def kept(row: DomainCheck) -> PortalDomain:
    """What a row says."""
    known = row.result
    return PortalDomain(
        row.domain, DomainState(known["state"]), known["reason"], known["values"],
        tuple(known["addresses"]), row.checked_at, known.get("proven", False),
        datetime.fromisoformat(known["since"]) if known.get("since") else None,
    )  # fmt: skip


async def claim(rt: Runtime, store: Store, text: str, *, by: str) -> PortalDomain:
    """Enter a domain. One that is in use stays in use until this one is verified.

    Raises InvalidDomain.
    """
    domain = normalize(text, rt.settings.base_url)
    known = await current(rt, store)
    if known is not None and known.domain == domain:
        return known
    new = PortalDomain(domain, addresses=await own_addresses(rt), since=rt.clock.now())
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
        await activation.resolve_finding(rt, store, FINDING, row.domain)
        await _note(rt, store.id, "domain.remove", old.domain or row.domain, by)
    await rt.hosts.read()


async def check(rt: Runtime, store: Store, *, by: str) -> PortalDomain:
    """Ask the DNS and the domain itself, and use the domain if both say that it is the store's.

    Links lead to the base URL as soon as one of them says that it is not; a reason of ``PASSING``
    is only returned at first. ``LookupError`` without a domain.
    """
    known = await current(rt, store)
    if known is None:
        raise LookupError("the store has no domain")
    if store.domain is not None and store.domain != known.domain:
        await _check_old(rt, store, store.domain, by)
    found, proofs = await look(rt, store.id, known.domain)
    found = replace(found, checked_at=rt.clock.now())
    try:
        kept = await _keep(rt, store, found, by)
    except ConflictError:
        if not await _lost(rt, found.domain, proofs):
            found = replace(found, state=DomainState.FAILING, reason="taken")
        kept = await _keep(rt, store, found, by)
    await rt.hosts.read()
    return kept


async def _check_old(rt: Runtime, store: Store, domain: str, by: str) -> None:
    """A domain that is used until another one is verified: links lead there while it is."""
    found, _ = await look(rt, store.id, domain)
    if found.reason in PASSING:
        return
    verified_at = rt.clock.now() if found.state is DomainState.VERIFIED else None
    async with rt.db.transaction():
        old = await stores.locked(rt, store.id)
        if old.domain != domain:
            return
        await rt.db.run(queries.USE, store_id=store.id, new_domain=domain, verified_at=verified_at)
        if (old.domain_verified_at is None) != (verified_at is None):
            action = "domain.use" if verified_at else "domain.suspend"
            await _note(rt, store.id, action, domain, by)


async def _keep(rt: Runtime, store: Store, found: PortalDomain, by: str) -> PortalDomain:
    """Keep what was found, and what follows from it. ConflictError where another store has it."""
    async with rt.db.transaction():
        old = await stores.locked(rt, store.id)
        now = await current(rt, store)
        if now is None or now.domain != found.domain:
            return now or found  # somebody has entered another one meanwhile
        at = found.checked_at or rt.clock.now()
        held, linked = old.domain == found.domain, old.domain_verified_at is not None
        verified = found.state is DomainState.VERIFIED
        since = None if verified else now.since or at
        found = replace(found, since=since)
        failing_for = at - since if since else timedelta()
        if held and linked and found.reason in PASSING and failing_for < DOUBT:
            await _save(rt, store.id, replace(now, since=since, checked_at=at))
            return found
        await _save(rt, store.id, found)
        if verified:
            await _use(rt, store, found, by, news=not (held and linked))
        elif held:
            await _do_without(rt, store, found, by, linked=linked, failing_for=failing_for)
    return found


async def _use(rt: Runtime, store: Store, found: PortalDomain, by: str, *, news: bool) -> None:
    await rt.db.run(
        queries.USE, store_id=store.id, new_domain=found.domain, verified_at=found.checked_at
    )
    if news:
        await activation.resolve_finding(rt, store, FINDING, found.domain)
        await _note(rt, store.id, "domain.use", found.domain, by)


async def _do_without(
    rt: Runtime,
    store: Store,
    found: PortalDomain,
    by: str,
    *,
    linked: bool,
    failing_for: timedelta,
) -> None:
    """Links lead to the base URL; after a while the seller is told, and the domain let go."""
    let_go = failing_for >= HOLD
    held = None if let_go else found.domain
    await rt.db.run(queries.USE, store_id=store.id, new_domain=held, verified_at=None)
    if linked or let_go:
        action = "domain.give_up" if let_go else "domain.suspend"
        await _note(rt, store.id, action, found.domain, by)
    if failing_for >= TELL:
        await activation.report_finding(rt, store, "core", FINDING, found.domain, found.domain)


async def _lost(rt: Runtime, domain: str, proofs: tuple[str, ...]) -> bool:
    """Whether the store that has the domain has it no more: the DNS names another one, not it."""
    owner = await rt.db.one(queries.OWNER, domain=domain)
    store = await stores.by_id(rt, owner) if owner else None
    if store is None:
        return True
    if proof(store.id) in proofs:
        return False
    async with rt.db.transaction():
        old = await stores.locked(rt, store.id)
        if old.domain == domain:
            await rt.db.run(queries.USE, store_id=store.id, new_domain=None, verified_at=None)
            await _note(rt, store.id, "domain.give_up", domain, "system")
            await activation.report_finding(rt, store, "core", FINDING, domain, domain)
        known = await current(rt, store)
        if known is not None and known.domain == domain:
            failing = replace(
                known, state=DomainState.FAILING, reason="wrong_proof", proven=False,
                since=known.since or rt.clock.now(),
            )  # fmt: skip
            await _save(rt, store.id, failing)
    return True


async def is_known(rt: Runtime, host: str) -> bool:
    """Whether a certificate for the host is wanted: the base URL's, one in use, or one that a
    seller has entered (it needs one to be verified)."""
    host = host.lower().rstrip(".")
    if host == base_host(rt.settings.base_url):
        return True
    return await rt.db.one(queries.IS_KNOWN, domain=host) is not None


async def _save(rt: Runtime, store_id: str, found: PortalDomain) -> None:
    result: dict[str, Any] = {
        "state": found.state.value, "reason": found.reason, "values": dict(found.values),
        "addresses": list(found.addresses), "proven": found.proven,
        "since": found.since.isoformat() if found.since else None,
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
