"""Sends files: whole ones by the server itself where it can, all else in blocks.

Servers with the ASGI extension ``http.response.pathsend`` send a whole file faster than Python can
read it, but handlers have no ASGI ``send``. So ``FileSender`` wraps the application and puts a slot
into each request's scope; a handler that answers with a file writes the path there and returns the
headers alone. Neither a client nor a plugin reaches the scope, so nobody else can name a path.
(https://asgi.readthedocs.io/en/latest/extensions.html#path-send)
"""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import aiofiles
from aiofiles.threadpool.binary import AsyncFileIO
from quart import Response
from quart.wrappers.response import ResponseBody
from typing_extensions import override

from portico.hooks.files import FileStream

BLOCK = 256 * 1024
PATHSEND = "http.response.pathsend"
_SLOT = "portico.file"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(slots=True)
class _Slot:
    path: Path | None = None
    size: int = 0

    def is_answered_by(self, start: Message) -> bool:
        """Whether this is the answer the path was meant for, and not an error page instead."""
        if self.path is None or start["status"] != 200:
            return False
        return any(
            name.lower() == b"content-length" and value == str(self.size).encode()
            for name, value in start["headers"]
        )


class FileSender:
    """ASGI middleware around the application: has the server send the files handlers name."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or PATHSEND not in (scope.get("extensions") or {}):
            await self._app(scope, receive, send)
            return
        slot = _Slot()
        sending = False

        async def intercept(message: Message) -> None:
            nonlocal sending
            if sending:
                return  # the empty body that the handler returned
            await send(message)
            if message["type"] == "http.response.start" and slot.is_answered_by(message):
                sending = True
                await send({"type": PATHSEND, "path": str(slot.path)})

        await self._app({**scope, _SLOT: slot}, receive, intercept)


def send_path(scope: Scope, response: Response, path: Path, start: int, end: int) -> None:
    """Make bytes of a local file the body of ``response``, whose headers are complete but for
    Content-Length. ``end`` is exclusive."""
    slot = scope.get(_SLOT)
    if slot is not None and response.status_code == 200:
        slot.path, slot.size = path, end - start
        response.response = response.data_body_class(b"")
    else:
        response.response = FileBlocks(path, start, end)
    _has_length(response, end - start)


def send_stream(response: Response, stream: FileStream, start: int, end: int) -> None:
    """Make bytes that a plugin streams the body of ``response``. ``end`` is exclusive."""
    response.response = StreamBlocks(stream, start, end)
    _has_length(response, end - start)


def send_headers_only(response: Response, length: int) -> None:
    """Answer a HEAD request: the length without the bytes."""
    response.response = response.data_body_class(b"")
    _has_length(response, length)


def _has_length(response: Response, length: int) -> None:
    response.headers["Content-Length"] = str(length)
    response.timeout = None  # a slow client may take hours


class FileBlocks(ResponseBody):
    """Part of a local file. The file is open only while it is being sent."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._path, self._at, self._end = path, start, end
        self._file: AsyncFileIO | None = None

    @override
    async def __aenter__(self) -> "FileBlocks":
        self._file = await aiofiles.open(self._path, "rb", buffering=0)
        await self._file.seek(self._at)
        return self

    @override
    async def __aexit__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType
    ) -> None:
        if self._file is not None:
            await self._file.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._file is None:
            raise RuntimeError("the file is not open")
        while self._at < self._end:
            block = await self._file.read(min(BLOCK, self._end - self._at))
            if not block:
                # The headers are out: only a broken connection tells the client the truth.
                raise OSError(f"{self._path} ended at byte {self._at}, before {self._end}")
            self._at += len(block)
            yield block


class StreamBlocks(ResponseBody):
    """Part of a file that a plugin streams: exactly as many bytes as were announced."""

    def __init__(self, stream: FileStream, start: int, end: int) -> None:
        self._stream, self._start, self._end = stream, start, end
        self._blocks: AsyncIterator[bytes] | None = None

    @override
    async def __aenter__(self) -> "StreamBlocks":
        self._blocks = await self._stream.read(self._start, self._end)
        return self

    @override
    async def __aexit__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType
    ) -> None:
        close = getattr(self._blocks, "aclose", None)
        if close is not None:
            await close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._blocks is None:
            raise RuntimeError("the stream is not open")
        left = self._end - self._start
        async for block in self._blocks:
            yield block[:left]
            left -= len(block)
            if left <= 0:
                return
        if left:
            raise OSError(f"the stream ended {left} bytes before the end")
