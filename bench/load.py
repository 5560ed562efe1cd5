"""A small HTTP/1.1 load generator: keep-alive connections, one request at a time on each."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Result:
    """What a run measured. Latencies are in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, percent: float) -> float:
        """The latency that ``percent`` of the requests did not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class _Connection(asyncio.Protocol):
    """Sends the same request again and again, until the time is over."""

    def __init__(self, request: bytes, result: Result, until: float) -> None:
        self.request, self.result, self.until = request, result, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = bytearray()
        self.sent = 0.0
        self.missing: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
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
            now = time.perf_counter()
            self.result.latencies.append(now - self.sent)
            self.buffer.clear()
            self.missing = None
            if now < self.until:
                self._send()
            else:
                self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _run(url: str, headers: Mapping[str, str], connections: int, seconds: float) -> Result:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    request = ("\r\n".join(lines) + "\r\n\r\n").encode()
    result = Result()
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    opened = [
        (await loop.create_connection(
            lambda: _Connection(request, result, start + seconds),
            parts.hostname, parts.port,
        ))[1]
        for _ in range(connections)
    ]  # fmt: skip
    await asyncio.gather(*(connection.done for connection in opened))
    result.seconds = time.perf_counter() - start
    return result


def load(
    url: str, headers: Mapping[str, str], *, connections: int = 16, seconds: float = 6.0
) -> Result:
    """Request ``url`` for ``seconds`` over ``connections`` connections; every answer is 200."""
    result = asyncio.run(_run(url, headers, connections, seconds))
    if set(result.statuses) != {200}:
        raise RuntimeError(f"{url} answered {result.statuses}, not only 200")
    return result
