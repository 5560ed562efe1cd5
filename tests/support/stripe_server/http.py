"""A small HTTP/1.1 server on asyncio and h11: one that can also cut a connection off.

No web framework's server lets its application hang up in the middle, and a test has to.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

import h11

MAX_BODY = 1 << 20


@dataclass(frozen=True)
class Request:
    """What came in. Names of headers are in small letters."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


@dataclass
class Response:
    """What goes out; ``cut`` hangs up instead, at once or after half of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: str = ""


Handler = Callable[[Request], Awaitable[Response]]


class _Peer:
    """One client's connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler
    ) -> None:
        self._reader, self._writer, self._handler = reader, writer, handler
        self._wire = h11.Connection(h11.SERVER)

    async def run(self) -> None:
        """Answer request after request until one side has had enough."""
        while (request := await self._read()) is not None:
            response = await self._handler(request)
            if response.cut and not self._cut(response):
                return
            await self._write(request, response)
            if self._wire.our_state is h11.MUST_CLOSE:
                return
            self._wire.start_next_cycle()

    async def _read(self) -> Request | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._wire.next_event()
            if event is h11.NEED_DATA:
                self._wire.receive_data(await self._reader.read(1 << 16))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > MAX_BODY:
                    return None
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                path, _, query = head.target.decode().partition("?")
                headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
                return Request(head.method.decode(), unquote(path), query, headers, bytes(body))
            else:
                return None

    def _cut(self, response: Response) -> bool:
        """Hang up; whether there is still something to send before."""
        if response.cut == "middle":
            half = response.body[: len(response.body) // 2]
            head = f"HTTP/1.1 {response.status} OK\r\ncontent-length: {len(response.body)}\r\n\r\n"
            self._writer.write(head.encode() + half)
        else:
            self._writer.transport.abort()
        return False

    async def _write(self, request: Request, response: Response) -> None:
        headers = {"content-type": "application/json", **response.headers,
                   "content-length": str(len(response.body))}  # fmt: skip
        out = self._wire.send(
            h11.Response(status_code=response.status, headers=list(headers.items()))
        )
        if request.method != "HEAD":
            out = (out or b"") + (self._wire.send(h11.Data(data=response.body)) or b"")
        self._writer.write((out or b"") + (self._wire.send(h11.EndOfMessage()) or b""))
        await self._writer.drain()


async def serve(handler: Handler, port: int) -> asyncio.Server:
    """Listen on 127.0.0.1; ``port`` 0 takes a free one."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, h11.ProtocolError):
            await _Peer(reader, writer, handler).run()
        with contextlib.suppress(ConnectionError):
            writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", port, backlog=512)
