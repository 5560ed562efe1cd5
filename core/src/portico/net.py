"""Connections to addresses that sellers choose: never into the installation's own network.

The check is made on the very address that is then connected to, so that a name cannot answer
with a public address first and a private one later (DNS rebinding).
"""

import asyncio
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a web server answered: the status, and the beginning of the body."""

    status: int
    text: str


async def fetch(
    url: str, address: str, *, timeout: float, limit: int = 4096, own: Collection[str] = ()
) -> Fetched:
    """GET ``url`` from the server at ``address``, whatever its host resolves to elsewhere.

    The certificate has to be the host's. No redirect is followed. ``timeout`` is in seconds,
    ``limit`` in bytes of the body. Raises PrivateAddress unless the address is public or one of
    ``own`` (those of this installation), TimeoutError, or OSError (``ssl.SSLError`` for a
    certificate that is not good) where nobody answers.
    """
    import httpx  # noqa: PLC0415 - 5 MB, which few processes ever need

    if address not in own and not is_public(address):
        raise PrivateAddress(f"{address} is not a public address.")
    wanted = httpx.URL(url)
    head = {"Host": wanted.netloc.decode(), "Accept-Encoding": "identity"}
    name = {"sni_hostname": wanted.host}
    try:
        async with (
            asyncio.timeout(timeout),
            httpx.AsyncClient(verify=ssl.create_default_context(), trust_env=False) as client,
            client.stream(
                "GET", wanted.copy_with(host=address), headers=head, extensions=name
            ) as answer,
        ):
            body = b""
            async for part in answer.aiter_raw():
                body += part
                if len(body) >= limit:
                    break
            return Fetched(answer.status_code, body[:limit].decode(errors="replace"))
    except httpx.TimeoutException:
        raise TimeoutError(f"{address} did not answer in time") from None
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise _tls_error(error) or OSError(str(error)) from error


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """What is wrong with the encryption, where the library has wrapped it."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__ or error.__context__
    return None
