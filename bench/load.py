"""A small HTTP/1.1 load generator on uvloop: keep-alive connections, one request at a time on each.

It runs on the same machine as the servers, so what it costs is taken from both sides of every
comparison alike.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

NAME = "bench/load.py (asyncio on uvloop)"


@dataclass
class Result:
    """What a run measured. Latencies are in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """The latency that ``percent`` of the requests did not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


@dataclass(frozen=True)
class Request:
    """A GET to repeat. With ``every`` seconds it is a trickle, else as fast as answers come."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    connections: int = 16
    every: float = 0.0

    def head(self) -> bytes:
        """The request as it goes over the wire."""
        parts = urlsplit(self.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class _Connection(asyncio.Protocol):
    """Sends the same request again and again, until the time is over."""

    def __init__(self, request: bytes, result: Result, until: float, every: float) -> None:
        self.request, self.result, self.until, self.every = request, result, until, every
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self.loop.create_future()
        self.buffer = bytearray()
        self.sent = 0.0
        self.missing: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class is no subclass
        self._send()

    def _send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.missing is None:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self.buffer[:end]).lower()
            status = int(head[9:12])
            self.result.statuses[status] = self.result.statuses.get(status, 0) + 1
            length = head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            self.missing = end + 4 + int(length)
        if len(self.buffer) >= self.missing:
            self._answered(time.perf_counter())

    def _answered(self, now: float) -> None:
        self.result.latencies.append(now - self.sent)
        self.buffer.clear()
        self.missing = None
        if now + self.every >= self.until:
            self.transport.close()
        elif self.every:
            self.loop.call_later(self.every, self._send)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _run(request: Request, seconds: float) -> Result:
    result, head, parts = Result(), request.head(), urlsplit(request.url)
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    opened = [
        await loop.create_connection(
            lambda: _Connection(head, result, start + seconds, request.every),
            parts.hostname or "",
            parts.port or 80,
        )
        for _ in range(request.connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in opened))
    result.seconds = time.perf_counter() - start
    if set(result.statuses) != {200}:
        raise RuntimeError(f"{request.url} answered {result.statuses}, not only 200")
    return result


async def run(*requests: Request, seconds: float = 3.0) -> list[Result]:
    """Make all these requests at the same time for ``seconds``; each answer must be 200."""
    return list(await asyncio.gather(*(_run(one, seconds) for one in requests)))
