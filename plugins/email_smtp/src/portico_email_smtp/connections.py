"""Connections to mail servers, kept open for a while: a newsletter must not greet for each mail."""

import asyncio
import os
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from weakref import WeakKeyDictionary

from aiosmtplib import SMTP, SMTPException
from portico.api import open_socket

from portico_email_smtp.server import CA_VARIABLE, Security, Server

KEPT = 10
"""Idle connections per server: one for each mail that a worker sends at a time."""
IDLE_SECONDS = 20.0
FRESH_SECONDS = 1.0
"""A connection idle for longer is asked whether it still lives."""


class Connections:
    """The open connections of one event loop, by server."""

    def __init__(self) -> None:
        self._idle: dict[Server, list[tuple[float, SMTP]]] = defaultdict(list)

    @asynccontextmanager
    async def borrow(self, server: Server) -> AsyncIterator[SMTP]:
        """A connection that is signed in. It is kept unless the block fails."""
        client = await self._take(server) or await connect(server)
        try:
            yield client
        except BaseException:
            client.close()
            raise
        self._give(server, client)

    async def _take(self, server: Server) -> SMTP | None:
        idle = self._idle[server]
        while idle:
            since, client = idle.pop()
            if time.monotonic() - since > FRESH_SECONDS:
                try:
                    await client.noop()
                except (SMTPException, OSError):
                    client.close()
                    continue
            if client.is_connected:
                return client
        return None

    def _give(self, server: Server, client: SMTP) -> None:
        idle = self._idle[server]
        if not client.is_connected or len(idle) >= KEPT:
            client.close()
            return
        entry = (time.monotonic(), client)
        idle.append(entry)
        asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire, server, entry)

    def _expire(self, server: Server, entry: tuple[float, SMTP]) -> None:
        idle = self._idle[server]
        if entry in idle:
            idle.remove(entry)
            entry[1].close()
        if not idle:
            self._idle.pop(server, None)


_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, Connections] = WeakKeyDictionary()


def connections() -> Connections:
    """The connections of the running event loop."""
    loop = asyncio.get_running_loop()
    found = _loops.get(loop)
    if found is None:
        found = _loops[loop] = Connections()
    return found


async def connect(server: Server) -> SMTP:
    """Connect, encrypt and sign in. Raises SMTPException, OSError, or PrivateAddress."""
    raw = await open_socket(
        server.host, server.port, timeout=server.timeout, allow_private=server.trusted
    )
    client = SMTP(
        hostname=server.host,  # for the certificate; the connection is there already
        sock=raw,
        timeout=server.timeout,
        use_tls=server.security is Security.TLS,
        start_tls=server.security is Security.STARTTLS,
        tls_context=None if server.security is Security.NONE else _tls(),
    )
    try:
        await client.connect()
        if server.username:
            await client.login(server.username, server.password)
    except BaseException:
        with suppress(Exception):
            client.close()
        raw.close()
        raise
    return client


def _tls() -> ssl.SSLContext:
    """The system's authorities, and one more where the operator names its file."""
    context = ssl.create_default_context()
    if path := os.environ.get(CA_VARIABLE):
        context.load_verify_locations(path)
    return context
