"""Uploads that are under way."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class IncomingUpload:
    """A file that a browser sends in parts. ``size`` and ``received`` are in bytes.

    ``file_id`` is set where it becomes a new version of a file. ``busy_until`` is set while the
    parts are put together.
    """

    store_id: str
    id: str
    product_id: str
    file_id: str | None
    filename: str
    content_type: str
    label: str
    notes: str
    size: int
    received: int
    busy_until: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class UploadPart:
    """Bytes of an upload that a storage plugin keeps for now, from ``start`` on."""

    store_id: str
    id: str
    upload_id: str
    start: int
    size: int
    sha256: str
    storage: str
    storage_key: str
