"""Whether a domain may be, and is, a store's: what the DNS and the domain's own server say.

Two things have to be so. A TXT record under the domain names the store: whoever owns the domain
wants it there. And the domain leads here, which is tried with a question that only this
installation can answer: a random token, fetched from the domain, has to come back signed together
with the host that the request was for. So a proxy that passes on another host than the one asked
for does not pass, and neither does another site.
"""

import asyncio
import ssl
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from portico.dns import Dns, DnsError, Trouble, addresses_of_host
from portico.domains.models import DomainState, PortalDomain
from portico.net import PrivateAddress, fetch
from portico.runtime import Runtime
from portico.sessions.tokens import new_token
from portico.stores.urls import origin_at

PATH = "/.well-known/portico/"
"""Where a token is asked for, on every host."""
FETCH_SECONDS = 10.0
_ADDRESSES = 4
"""How many addresses of a domain are tried."""
_PROOF = "portico-verification="


class Found(NamedTuple):
    """What was found out for one store; ``proofs`` name every store that the DNS allows."""

    domain: PortalDomain
    proofs: tuple[str, ...]


def proof_name(domain: str) -> str:
    """Where the TXT record of a domain belongs; beside the domain, which may be a CNAME."""
    return f"_portico.{domain}"


def proof(store_id: str) -> str:
    """What the TXT record says for a store. No secret: only a domain's owner can put it there."""
    return f"{_PROOF}{store_id}"


async def look(rt: Runtime, store_id: str, domain: str) -> Found:
    """Ask the DNS about the domain, and the domain itself."""
    found, (proofs, trouble) = await asyncio.gather(_leads_here(rt, domain), _proofs(rt, domain))
    found = replace(found, proven=proof(store_id) in proofs)
    if found.state is DomainState.VERIFIED and not found.proven:
        reason = trouble or ("wrong_proof" if proofs else "no_proof")
        found = replace(found, state=DomainState.WAITING, reason=reason)
    return Found(found, proofs)


async def _proofs(rt: Runtime, domain: str) -> tuple[tuple[str, ...], str]:
    """The proofs in the DNS, and why it did not answer (or an empty text)."""
    try:
        texts = await Dns.of(rt.settings).texts(proof_name(domain))
    except DnsError as error:
        return (), "" if error.trouble is Trouble.NO_NAME else error.trouble.value
    return tuple(one for one in map(str.strip, texts) if one.startswith(_PROOF)), ""


async def _leads_here(rt: Runtime, domain: str) -> PortalDomain:
    """What the DNS and the domain's server say."""
    own = await own_addresses(rt)
    waiting = PortalDomain(domain, DomainState.WAITING, addresses=own)
    try:
        addresses = await Dns.of(rt.settings).addresses(domain)
    except DnsError as error:
        return replace(waiting, reason=error.trouble.value)
    if not addresses:
        return replace(waiting, reason="no_address")
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


def base_host(base_url: str) -> str:
    """The host of the base URL."""
    return urlsplit(base_url).hostname or ""


async def own_addresses(rt: Runtime) -> tuple[str, ...]:
    """Where the base URL leads; empty where the DNS does not say."""
    try:
        dns = Dns.of(rt.settings)
        return tuple(await addresses_of_host(dns, base_host(rt.settings.base_url)))
    except DnsError:
        return ()
