"""Questions to the DNS, with an answer or a reason in time: for pages in which sellers wait."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from portico.errors import PorticoError
from portico.settings import Settings, dns_address

if TYPE_CHECKING:  # loaded with the first question: a server that asks none does without
    from dns.asyncresolver import Resolver

ATTEMPT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
"""How long one question may take, over all servers and attempts."""


class Trouble(StrEnum):
    """Why there is no answer."""

    NO_NAME = "no_name"
    """There is no such name (NXDOMAIN)."""
    TIMEOUT = "timeout"
    FAILURE = "failure"
    """The servers say that they cannot tell (SERVFAIL, REFUSED), or there is none to ask."""


class DnsError(PorticoError):
    """A question that was not answered."""

    def __init__(self, trouble: Trouble, name: str) -> None:
        super().__init__(f"{name}: {trouble}")
        self.trouble = trouble
        self.name = name


@dataclass(frozen=True, slots=True)
class Dns:
    """Asks the servers of ``PORTICO_DNS_SERVERS``, or those of the system."""

    resolver: "Resolver"

    @classmethod
    def of(cls, settings: Settings) -> "Dns":
        """The servers as they are configured now. DnsError where there is none at all."""
        from dns.asyncresolver import Resolver  # noqa: PLC0415 - see above
        from dns.exception import DNSException  # noqa: PLC0415
        from dns.nameserver import Do53Nameserver  # noqa: PLC0415

        try:
            resolver = Resolver(configure=not settings.dns_servers)
        except DNSException:
            raise DnsError(Trouble.FAILURE, "resolv.conf") from None
        if settings.dns_servers:
            servers = map(dns_address, settings.dns_servers)
            resolver.nameservers = [Do53Nameserver(host, port) for host, port in servers]
        resolver.timeout, resolver.lifetime = ATTEMPT_SECONDS, ANSWER_SECONDS
        return cls(resolver)

    async def texts(self, name: str) -> list[str]:
        """The TXT records of a name, their strings joined (RFC 7208, 3.3); empty if it has none.

        Sorted, for the DNS gives them in any order. Raises DnsError.
        """
        records = await self._ask(name, "TXT")
        return sorted(b"".join(one.strings).decode(errors="replace") for one in records)

    async def addresses(self, name: str) -> list[str]:
        """The addresses that a name leads to in the end, IPv4 first; empty if it has none.

        Raises DnsError.
        """
        return [
            address
            for kind in ("A", "AAAA")
            for address in sorted(one.address for one in await self._ask(name, kind))
        ]

    async def mail_hosts(self, name: str) -> list[str]:
        """The hosts of a name's MX records. Raises DnsError."""
        return [one.exchange.to_text(omit_final_dot=True) for one in await self._ask(name, "MX")]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        from dns.exception import DNSException  # noqa: PLC0415 - see above
        from dns.resolver import (  # noqa: PLC0415
            NXDOMAIN,
            LifetimeTimeout,
            NoAnswer,
            NoNameservers,
        )

        try:
            return list(await self.resolver.resolve(name, kind, search=False))
        except NoAnswer:
            return []
        except NXDOMAIN:
            raise DnsError(Trouble.NO_NAME, name) from None
        except LifetimeTimeout:
            raise DnsError(Trouble.TIMEOUT, name) from None
        except NoNameservers:
            raise DnsError(Trouble.FAILURE, name) from None
        except DNSException:  # such as a chain of aliases without an end, or a label of 64 letters
            raise DnsError(Trouble.FAILURE, name) from None


async def addresses_of_host(dns: Dns, host: str) -> list[str]:
    """As ``Dns.addresses``, for a host that may be an address itself, or this very machine."""
    if host == "localhost":
        return ["127.0.0.1", "::1"]
    try:
        return [str(ip_address(host))]
    except ValueError:
        return await dns.addresses(host)
