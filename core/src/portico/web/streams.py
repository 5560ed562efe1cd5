"""Requests whose bodies are files: read as they come, and no faster than they are stored.

Their addresses lie below ``/dashboard/<store>/uploads/``. The limit for forms does not hold there;
how large a file may be is the service's to say. Nothing of such a body is read before the request
has shown that it comes from a page of ours: by a header, or by the first field of a plain form.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from quart.wrappers.request import Body
from typing_extensions import override
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from portico.hooks.errors import Refused
from portico.i18n import N_

_F = TypeVar("_F", bound=Callable[..., Any])
_MUCH = 4 * 2**20
"""Bytes that may wait to be read; more than the largest form, which is waited for as a whole."""
_LONGEST_FIELD = 64 * 1024
_MOST_PARTS = 200
_CUT_OFF = N_("The file did not arrive whole. Please upload it again.")


def is_stream(path: str) -> bool:
    """Whether bodies that are sent to this path are files."""
    parts = path.split("/", 5)
    return len(parts) > 4 and parts[1] == "dashboard" and parts[3] == "uploads"


def token_inside(view: _F) -> _F:
    """Mark a view that reads the form's token itself, from the body as it comes."""
    view.portico_token_inside = True  # type: ignore[attr-defined]  # read back by check_csrf
    return view


class SteadyBody(Body):
    """A body whose sender waits while much of it is still to be read."""

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, max_content_length)
        self._room = asyncio.Event()
        self._room.set()

    @override
    def append(self, data: bytes) -> None:
        super().append(data)
        if len(self._data) >= _MUCH:
            self._room.clear()

    @override
    async def __anext__(self) -> bytes:
        data = await super().__anext__()
        self._room.set()
        return data

    async def room(self) -> None:
        """Wait until there is room for more."""
        await self._room.wait()


@dataclass(slots=True)
class Part:
    """A field of a form with files; of a file (``filename`` is set) the bytes are still to come."""

    name: str
    filename: str | None
    content_type: str | None
    chunks: AsyncIterator[bytes]

    async def text(self) -> str:
        """The field's value. Refused if it is far too long."""
        value = bytearray()
        async for chunk in self.chunks:
            value += chunk
            if len(value) > _LONGEST_FIELD:
                raise Refused(N_("A text of this form is too long. Shorten it and try again."))
        return value.decode(errors="replace").replace("\0", "").strip()


class FormStream:
    """Reads ``multipart/form-data`` field by field. Refused where it breaks off."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get("boundary", "")
        if kind != "multipart/form-data" or not boundary:
            raise Refused(_CUT_OFF)
        self._decoder = MultipartDecoder(boundary.encode(), max_parts=_MOST_PARTS)
        self._body = body
        self._more = False  # whether bytes of the part in hand are still to come

    async def parts(self) -> AsyncGenerator[Part, None]:
        """Every part, one after the other; what nobody has read of one is skipped."""
        while True:
            while self._more:
                await self._event()
            event = await self._event()
            if isinstance(event, Epilogue):
                return
            if isinstance(event, Field | File):
                self._more = True
                filename = event.filename if isinstance(event, File) else None
                kind = event.headers.get("Content-Type")
                yield Part(event.name or "", filename, kind, self._chunks())

    async def _chunks(self) -> AsyncIterator[bytes]:
        while self._more:
            event = await self._event()
            if isinstance(event, Data) and event.data:
                yield bytes(event.data)

    async def _event(self) -> Event:
        try:
            while isinstance(event := self._decoder.next_event(), NeedData):
                self._decoder.receive_data(await anext(self._body, None))
        except ValueError:
            raise Refused(_CUT_OFF) from None
        if isinstance(event, Data) and not event.more_data:
            self._more = False
        return event
