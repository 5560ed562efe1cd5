"""Connections to addresses that sellers choose: never into the installation's own network.

The check is made on the very address that is then connected to, so that a name cannot answer
with a public address first and a private one later (DNS rebinding).
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from portico.hooks.errors import Refused

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


class PrivateAddress(Refused):
    """The host is inside a network that the public cannot reach."""


async def open_socket(
    host: str, port: int, *, timeout: float, allow_private: bool = False
) -> socket.socket:
    """A connected, non-blocking TCP socket to the first address of ``host`` that answers.

    ``timeout`` is in seconds, for all of it. Raises PrivateAddress where the host has no public
    address (unless ``allow_private``), OSError (``gaierror`` for an unknown name, TimeoutError)
    where it cannot be reached.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout):
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        usable = [one for one in found if allow_private or is_public(str(one[4][0]))]
        if found and not usable:
            raise PrivateAddress(f"{host} is not a public address.")
        failure: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in usable:
            connection = socket.socket(family, kind, protocol)
            connection.setblocking(False)
            try:
                await loop.sock_connect(connection, address)
            except OSError as error:
                connection.close()
                failure = error
            except BaseException:
                connection.close()
                raise
            else:
                return connection
        raise failure


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large, an embedded IPv4 one included."""
    parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(parsed, IPv6Address):
        embedded = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in _NAT64:
            embedded = IPv4Address(int(parsed) & 0xFFFFFFFF)
        if embedded is not None:
            return is_public(str(embedded))
    return parsed.is_global and not parsed.is_multicast
