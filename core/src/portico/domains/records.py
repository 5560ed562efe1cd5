"""What SPF, DKIM and DMARC records say, and what is missing in them: rules about texts.

RFC 7208 (SPF), RFC 6376 and 8301 (DKIM), RFC 7489 (DMARC).
"""

import asyncio
import contextlib
from base64 import b64decode
from collections.abc import Awaitable, Sequence
from ipaddress import ip_address, ip_network

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from portico.dns import Dns, DnsError, Trouble
from portico.domains.models import RecordCheck, RecordState

SECONDS = 15.0
"""How long all questions about one record may take together."""
MOST_LOOKUPS = 10
"""RFC 7208, 4.6.4: a record that needs more is no use to anybody."""
SHORTEST_KEY = 1024
"""Bits of an RSA key, RFC 8301."""
_KEPT = 1000
"""Characters of a record that are kept to be shown."""
_FOUND, _MISSING, _WRONG = RecordState.FOUND, RecordState.MISSING, RecordState.WRONG


async def or_unknown(record: str, name: str, work: Awaitable[RecordCheck]) -> RecordCheck:
    """What ``work`` finds out, or why the DNS did not answer."""
    try:
        async with asyncio.timeout(SECONDS):
            return await work
    except DnsError as error:
        return unknown(record, name, error)
    except TimeoutError:
        return unknown(record, name, DnsError(Trouble.TIMEOUT, name))


def unknown(record: str, name: str, error: DnsError) -> RecordCheck:
    """A record about which the DNS did not answer."""
    says, values = f"dns_{error.trouble.value}", {"name": error.name}
    return RecordCheck(record, RecordState.UNKNOWN, name, says, values=values)


# SPF


async def spf(dns: Dns, domain: str, server: str, mechanism: str) -> RecordCheck:
    """Whether the domain lets the mail server (its ``mechanism``) send. Raises DnsError."""
    found = [one for one in await dns.texts(domain) if _is_spf(one)]
    values = {"server": server, "mechanism": mechanism}

    def result(state: RecordState, says: str, add: str = "", **more: str) -> RecordCheck:
        return RecordCheck("spf", state, domain, says, _kept(found), values | more, add)

    if not found:
        return result(_MISSING, "spf_missing", f"v=spf1 {mechanism} ~all")
    if len(found) > 1:
        return result(_WRONG, "spf_several", _merged(found, mechanism))
    terms = found[0].lower().split()[1:]
    rest = next((one for one in terms if one.lstrip("+-~?") == "all"), "")
    if rest in ("all", "+all"):
        return result(_WRONG, "spf_anybody", _merged(found, mechanism))
    search = _SpfSearch(dns, mechanism)
    try:
        named = await search.names(domain, found[0])
    except _TooMany:
        return result(_WRONG, "spf_too_many")
    except _Broken as error:
        return result(_WRONG, "spf_broken", name=str(error))
    if not named:
        return result(_WRONG, "spf_not_named", _merged(found, mechanism))
    return result(_FOUND, {"-all": "spf_refuses", "~all": "spf_doubts"}.get(rest, "spf_open"))


def _is_spf(text: str) -> bool:
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def _merged(records: Sequence[str], mechanism: str) -> str:
    """One record with what all of them say, the mail server, and doubt about everybody else."""
    terms: dict[str, None] = {}
    for record in records:
        terms |= dict.fromkeys(record.split()[1:])
    kept = [one for one in terms if one.lower().lstrip("+-~?") != "all"]
    ends = [one.lower() for one in terms if one.lower() in ("-all", "~all")]
    if any(one.lower().startswith("redirect=") for one in kept) and not ends:
        end: list[str] = []  # it says what becomes of everybody else
    else:
        end = ["~all" if "~all" in ends or not ends else "-all"]
    first = [] if mechanism in (one.lower() for one in kept) else [mechanism]
    return " ".join(["v=spf1", *first, *kept, *end])


class _TooMany(Exception):
    """More questions than RFC 7208 allows."""


class _Broken(Exception):
    """A record that is referred to is not there."""


class _SpfSearch:
    """Looks for a mechanism in a record and in those that it includes.

    Of ``a:host`` also the addresses are looked for: a record may name a server in any of several
    ways.
    """

    def __init__(self, dns: Dns, mechanism: str) -> None:
        self._dns = dns
        self._mechanism = mechanism.lower()
        self._lookups = 0
        self._addresses: list[str] = []

    async def names(self, domain: str, record: str) -> bool:
        """Whether the mechanism is there. Raises _TooMany, _Broken, DnsError."""
        kind, _, host = self._mechanism.partition(":")
        if kind == "a" and host:
            with contextlib.suppress(DnsError):
                self._addresses = await self._dns.addresses(host)
        elif kind in ("ip4", "ip6"):
            self._addresses = [host]
        return await self._in(domain, record)

    async def _in(self, domain: str, record: str) -> bool:
        found = False
        for term in record.lower().split()[1:]:
            if term.lstrip("+-~?") == "all":
                break  # what stands behind it does not count
            allows = term[0] not in "-~?"
            # All of it is read, also behind what was looked for: receivers count every question.
            found = (await self._matches(domain, term.lstrip("+-~?")) and allows) or found
        return found

    async def _matches(self, domain: str, term: str) -> bool:
        kind, _, value = term.replace("=", ":", 1).partition(":")
        if kind in ("include", "redirect"):
            self._count()
            inside = term == self._mechanism
            if "%" in value:  # a macro: only the receiver can tell
                return inside
            return await self._included(value) or inside
        host, _, _ = (value or domain).partition("/")
        if kind in ("a", "mx", "exists", "ptr") or kind.startswith(("a/", "mx/")):
            self._count()
        if term == self._mechanism:
            return True
        if kind in ("ip4", "ip6"):
            return _covers(value, self._addresses)
        if not self._addresses or "%" in host:
            return False
        return await self._resolves_to(kind.partition("/")[0], host)

    async def _resolves_to(self, kind: str, host: str) -> bool:
        if kind not in ("a", "mx"):
            return False
        try:
            hosts = [host] if kind == "a" else await self._dns.mail_hosts(host)
            found = [one for name in hosts[:10] for one in await self._dns.addresses(name)]
        except DnsError as error:
            if error.trouble is Trouble.NO_NAME:
                return False
            raise
        return not set(found).isdisjoint(self._addresses)

    async def _included(self, name: str) -> bool:
        try:
            records = [one for one in await self._dns.texts(name) if _is_spf(one)]
        except DnsError as error:
            if error.trouble is not Trouble.NO_NAME:
                raise
            records = []
        if len(records) != 1:
            raise _Broken(name)
        return await self._in(name, records[0])

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > MOST_LOOKUPS:
            raise _TooMany


def _covers(network: str, addresses: Sequence[str]) -> bool:
    try:
        found = ip_network(network, strict=False)
    except ValueError:
        return False
    return any(ip_address(one) in found for one in addresses)


# DKIM


async def dkim(dns: Dns, domain: str, selectors: Sequence[str]) -> RecordCheck:
    """The key at the first of these selectors that has one. Raises DnsError where one selector is
    asked for and the DNS does not answer."""
    for selector in selectors:
        name = f"{selector}._domainkey.{domain}"
        try:
            found = [one for one in await dns.texts(name) if "p=" in one.replace(" ", "")]
        except DnsError as error:
            if error.trouble is Trouble.NO_NAME:
                continue
            if len(selectors) > 1 and error.trouble is Trouble.FAILURE:
                continue  # some servers fail for names that they do not know
            raise
        if found:
            return _key(name, selector, found)
    values = {"selector": selectors[0] if len(selectors) == 1 else ""}
    says = "dkim_missing" if values["selector"] else "dkim_not_found"
    name = f"{values['selector'] or '…'}._domainkey.{domain}"
    return RecordCheck("dkim", _MISSING, name, says, values=values)


def _key(name: str, selector: str, found: list[str]) -> RecordCheck:
    values = {"selector": selector}

    def result(state: RecordState, says: str, **more: str) -> RecordCheck:
        return RecordCheck("dkim", state, name, says, _kept(found), values | more)

    if len(found) > 1:
        return result(_WRONG, "dkim_several")
    tags = _tags(found[0])
    public = "".join(tags.get("p", "").split())
    if tags.get("v", "DKIM1") != "DKIM1":
        return result(_WRONG, "dkim_broken")
    if not public:
        return result(_WRONG, "dkim_revoked")
    bits = _bits(tags.get("k", "rsa"), public)
    if bits is None:
        return result(_WRONG, "dkim_broken")
    if bits < SHORTEST_KEY:
        return result(_WRONG, "dkim_short", bits=str(bits))
    return result(_FOUND, "dkim_found")


def _bits(kind: str, public: str) -> int | None:
    """The strength of a key in bits of RSA; None for what is no key."""
    try:
        raw = b64decode(public, validate=True)
        if kind == "ed25519":
            return 3072 if len(raw) == 32 else None  # RFC 8463; as strong as that
        key = load_der_public_key(raw)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key.key_size if kind == "rsa" and isinstance(key, RSAPublicKey) else None


# DMARC


async def dmarc(dns: Dns, domain: str) -> RecordCheck:
    """The policy of the domain, or of the one above it that has one. Raises DnsError."""
    own = f"_dmarc.{domain}"
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        above = ".".join(labels[start:])
        found = [one for one in await _texts_or_none(dns, f"_dmarc.{above}") if _is_dmarc(one)]
        if found:
            return _policy(f"_dmarc.{above}", domain, above, found)
    return RecordCheck("dmarc", _MISSING, own, "dmarc_missing", add="v=DMARC1; p=none")


async def _texts_or_none(dns: Dns, name: str) -> list[str]:
    try:
        return await dns.texts(name)
    except DnsError as error:
        if error.trouble is Trouble.NO_NAME:
            return []
        raise


def _is_dmarc(text: str) -> bool:
    return text.replace(" ", "").startswith("v=DMARC1")


def _policy(name: str, domain: str, above: str, found: list[str]) -> RecordCheck:
    values = {"domain": above}
    tags = _tags(found[0])
    policy = tags.get("p", "").lower()
    if above != domain:
        policy = tags.get("sp", policy).lower()
    state, says, add = _FOUND, f"dmarc_{policy}", ""
    if len(found) > 1:
        state, says, add = _WRONG, "dmarc_several", found[0]
    elif policy not in ("none", "quarantine", "reject"):
        state, says, add = _WRONG, "dmarc_broken", "v=DMARC1; p=none"
    return RecordCheck("dmarc", state, name, says, _kept(found), values, add)


def _tags(text: str) -> dict[str, str]:
    """The ``name=value`` pairs of a DKIM or DMARC record."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def _kept(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(one[:_KEPT] for one in found[:5])
