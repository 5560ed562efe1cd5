"""Which bytes a request gets: RFC 9110, sections 13 (conditions) and 14 (ranges)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from werkzeug.datastructures import Headers

_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Bytes:
    """Send the bytes from ``start`` to ``end`` (exclusive); ``partial`` answers 206."""

    start: int
    end: int
    partial: bool = False


@dataclass(frozen=True, slots=True)
class NotModified:
    """The client has these bytes already: 304."""


@dataclass(frozen=True, slots=True)
class NotSatisfiable:
    """The range lies behind the end: 416."""


Choice = Bytes | NotModified | NotSatisfiable


def choose(method: str, headers: Headers, *, etag: str, modified: datetime, size: int) -> Choice:
    """What to answer a GET or HEAD. ``etag`` is strong, in its quotes; ``size`` is in bytes.

    A header that cannot be read is treated as if it were not there, and several ranges at once
    are answered with the whole file, as the RFC allows.
    """
    modified = modified.astimezone(UTC).replace(microsecond=0)
    if _has_it(headers, etag, modified):
        return NotModified()
    whole = Bytes(0, size)
    wanted = headers.get("Range")
    if method != "GET" or wanted is None or not _still_the_same(headers, etag, modified):
        return whole
    return _range(wanted, size) or whole


def http_date(moment: datetime) -> str:
    """``moment`` as HTTP headers write it (RFC 9110, section 5.6.7)."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _has_it(headers: Headers, etag: str, modified: datetime) -> bool:
    known = headers.get("If-None-Match")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        return known.strip() == "*" or etag in tags
    since = _date(headers.get("If-Modified-Since"))
    return since is not None and modified <= since


def _still_the_same(headers: Headers, etag: str, modified: datetime) -> bool:
    """Whether the part that the client has is of the file as it is now."""
    condition = headers.get("If-Range")
    if condition is None:
        return True
    if '"' in condition:
        return condition.strip() == etag
    return _date(condition) == modified


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def _range(wanted: str, size: int) -> Bytes | NotSatisfiable | None:
    match = _RANGE.fullmatch(wanted.strip())
    if match is None or match[0].strip().endswith("=-"):
        return None
    first, last = match[1], match[2]
    if not first:  # the last so many bytes
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    return Bytes(start, end, partial=True) if start < min(end, size) else NotSatisfiable()
