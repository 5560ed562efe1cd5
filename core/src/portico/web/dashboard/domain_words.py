"""A portal's own domain in words: how far it is, why not further, and what to set in the DNS."""

from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from portico.domains import service as domains
from portico.domains.look import proof, proof_name
from portico.domains.models import DomainState, PortalDomain
from portico.i18n import N_
from portico.stores.urls import origin_at, own_origin
from portico.web.dashboard.forms import Fields, shown
from portico.web.dashboard.here import Here

STATES = {
    DomainState.NOT_CHECKED: ("calm", "clock", N_("Not checked yet")),
    DomainState.WAITING: ("warn", "waiting", N_("Waiting for the DNS")),
    DomainState.VERIFIED: ("good", "ok", N_("Verified and in use")),
    DomainState.FAILING: ("bad", "warning", N_("Does not work yet")),
}
_SUSPENDED = ("bad", "warning", N_("Not in use now"))
_REASONS = {
    "no_name": N_(
        "The DNS does not know %(domain)s yet. A new record can take some hours until it is seen "
        "everywhere."
    ),
    "no_address": N_("%(domain)s has no address yet. Set one of the records below."),
    "timeout": N_("The DNS did not answer in time. Check again in a minute."),
    "failure": N_(
        "The DNS server says that it cannot look up %(domain)s. Check again in a minute; if it "
        "stays like this, ask whoever hosts your domain."
    ),
    "private": N_(
        "%(domain)s leads to %(address)s, which is inside a private network. Set an address that "
        "the internet reaches."
    ),
    "no_certificate": N_(
        "The server at %(address)s has no valid certificate for %(domain)s yet. Whoever runs this "
        "installation has to let the proxy in front of it get one."
    ),
    "no_answer": N_("The server at %(address)s did not answer in time. Check again in a minute."),
    "no_connection": N_("Nothing answers at %(address)s. Check again in a minute."),
    "wrong_host": N_(
        "%(domain)s leads here, but the proxy in front of Portico passes it on as %(host)s. It has "
        "to pass on the name that was asked for (the Host header)."
    ),
    "elsewhere": N_(
        "%(domain)s leads to %(address)s, and this installation is at %(expected)s. Correct the "
        "record; the old one can be remembered for some hours."
    ),
    "wrong_answer": N_(
        "Something other than Portico answers at %(domain)s. Whoever runs this installation has to "
        "let the proxy in front of it take this domain."
    ),
    "taken": domains.TAKEN,
    "no_proof": N_(
        "The TXT record is not in the DNS. A new record can take some hours until it is seen "
        "everywhere."
    ),
    "wrong_proof": N_("The TXT record has the value of another portal. Set the one below."),
}


_ONLY_PROOF = ("", "no_proof", "wrong_proof", "taken")
"""Reasons with which the domain does lead here."""


class DnsRecord(NamedTuple):
    """What to set where the domain's DNS is managed. A value that is not ``whole`` is words.

    ``found`` tells whether the last check saw it; None where that is not known.
    """

    type: str
    name: str
    value: str
    whole: bool = True
    found: bool | None = None


def reason(at: Here, found: PortalDomain) -> str:
    """Why the domain is not verified; empty where there is nothing to say."""
    words = _REASONS.get(found.reason)
    return at.say(words, domain=found.domain, **found.values) if words else ""


def wanted_proof(at: Here, domain: PortalDomain) -> DnsRecord:
    """The record that says that the domain is for this portal."""
    found = domain.proven if domain.checked_at else None
    return DnsRecord("TXT", proof_name(domain.domain), proof(at.store.id), found=found)


def needed(at: Here, found: PortalDomain) -> list[DnsRecord]:
    """The record that leads here; after it what to set instead where that one cannot be."""
    there = found.reason in _ONLY_PROOF if found.checked_at else None
    host = urlsplit(at.rt.settings.base_url).hostname or ""
    try:
        addresses = [str(ip_address(host))]
        alias = []
    except ValueError:
        addresses = [*found.addresses]
        alias = [DnsRecord("CNAME", found.domain, host, found=there)]
    kinds = {4: "A", 6: "AAAA"}
    return [
        *alias,
        *(
            DnsRecord(kinds[ip_address(one).version], found.domain, one, found=there)
            for one in addresses
        ),
    ]


async def own_domain(at: Here, form: Fields[Any] | None = None) -> dict[str, Any]:
    """What the page needs to show the domain."""
    found = await domains.current(at.rt, at.store)
    in_use = own_origin(at.rt.settings, at.store)
    suspended = at.store.domain is not None and in_use is None
    return {
        "form": form or shown({"domain": found.domain if found else ""}),
        "found": found,
        "state": _SUSPENDED if suspended else STATES[found.state] if found else None,
        "reason": reason(at, found) if found else "",
        "proof": wanted_proof(at, found) if found else None,
        "records": needed(at, found) if found else [],
        "in_use": in_use,
        "suspended": suspended,
        "other": in_use is not None
        and found is not None
        and in_use != origin_at(at.rt.settings, found.domain),
    }
