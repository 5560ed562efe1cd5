"""A DNS server on this machine that answers, over UDP, what a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from typing_extensions import override

SILENT = "silent"
"""A name about which the server says nothing: whoever asks waits in vain."""
FAILS = "fails"
"""A name at which the server fails (SERVFAIL)."""


class DnsServer(asyncio.DatagramProtocol):
    """``records`` maps a name to its records by type, or to SILENT or FAILS; every other name
    does not exist. ``asked`` has every question, as ``("example.com", "TXT")``."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, list[str]] | str] = {}
        self.asked: list[tuple[str, str]] = []
        self.port = 0
        self._transport: Any = None

    @property
    def address(self) -> str:
        """As ``PORTICO_DNS_SERVERS`` takes it."""
        return f"127.0.0.1:{self.port}"

    def text(self, name: str, *texts: str) -> None:
        """Give a name TXT records, long ones in several strings as the DNS wants them."""
        pieces = [[text[at : at + 255] for at in range(0, len(text), 255)] for text in texts]
        known = self.records.setdefault(name, {})
        assert isinstance(known, dict)
        known["TXT"] = [" ".join(f'"{piece}"' for piece in one) for one in pieces]

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        known = self.records.get(name)
        if known == SILENT:
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if known is None:
            # A name above one that exists, exists as well.
            if not any(one.endswith(f".{name}") for one in self.records):
                answer.set_rcode(dns.rcode.NXDOMAIN)
        elif isinstance(known, str):
            answer.set_rcode(dns.rcode.SERVFAIL)
        else:
            self._fill(answer, name, known, kind)
        self._transport.sendto(answer.to_wire(), addr)

    def _fill(
        self, answer: dns.message.Message, name: str, known: dict[str, list[str]], kind: str
    ) -> None:
        for of in (kind, "CNAME"):
            if of in known:
                owner = dns.name.from_text(name)
                answer.answer.append(dns.rrset.from_text_list(owner, 60, "IN", of, known[of]))
            if of == "CNAME" and of in known and kind != of:
                target = known[of][0].rstrip(".").lower()
                further = self.records.get(target)
                if isinstance(further, dict):
                    self._fill(answer, target, further, kind)


@asynccontextmanager
async def dns_server() -> AsyncIterator[DnsServer]:
    """A running server, on a port that was free."""
    server = DnsServer()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, ("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
